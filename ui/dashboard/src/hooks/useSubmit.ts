import { useState } from "react";
import { ApiError } from "@/api/client";

interface ErrorsTarget {
  setErrors: (errors: Record<string, string>) => void;
  getValues: () => object;
}

/** Whether a form has the field that the server names: "retention.recordings_days" too. */
export function hasField(values: object, name: string): boolean {
  let current: unknown = values;
  for (const part of name.split(".")) {
    if (typeof current !== "object" || current === null || !(part in current)) return false;
    current = (current as Record<string, unknown>)[part];
  }
  return true;
}

/** Puts the server's messages beside the fields; answers what belongs to none of them. */
export function showFaults(form: ErrorsTarget | null, error: unknown): string | null {
  if (!(error instanceof ApiError)) return "Please try again.";
  const values = form?.getValues() ?? {};
  // A fault of one item of a list belongs to the list's field.
  const named = Object.entries(error.fields).map(([name, text]) => [hasField(values, name) ? name : name.replace(/\.\d+$/, ""), text] as const);
  const own = named.filter(([name]) => hasField(values, name));
  form?.setErrors(Object.fromEntries(own));
  if (own.length > 0 && own.length === named.length) return null;
  const others = named.filter(([name]) => !hasField(values, name)).map(([, text]) => text);
  return others.join(" ") || error.message;
}

/** Runs a request for a form: busy while it runs, faults beside the fields, the rest in `problem`. */
export function useSubmit(form: ErrorsTarget | null = null) {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const run = async (act: () => Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    setProblem(null);
    try {
      await act();
      return true;
    } catch (error) {
      setProblem(showFaults(form, error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { run, isBusy, problem, setProblem };
}
