import { Button, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useFormats } from "@/hooks/useFormats";
import { ChoiceFilter } from "./ChoiceFilter";
import { DatesFilter } from "./DatesFilter";
import classes from "./filters.module.css";
import { SearchField } from "./SearchField";

export interface Choice {
  value: string;
  label: string;
}

export type FilterField =
  | { kind: "choice"; name: string; label: string; choices: readonly Choice[]; isSearched?: boolean }
  | { kind: "flag"; name: string; label: string; icon?: ReactNode }
  | { kind: "dates"; from: string; to: string; label: string };

type Values = Record<string, string | true | undefined>;

interface FilterBarProps<V extends object> {
  /** From `useFilters`. */
  values: V;
  change: (values: V) => void;
  clear: () => void;
  fields: readonly FilterField[];
  /** The placeholder of the text search (the filter named `search`); none: no search. */
  search?: string;
  /** How many rows there are, said under the bar when a filter is set. */
  total?: number | undefined;
  /** What stands at the bar's end. */
  children?: ReactNode;
}

/** Search and filters of a list; all of it lives in the address. */
export function FilterBar<V extends object>({ values, change, clear, fields, search, total, children }: FilterBarProps<V>) {
  const { number } = useFormats();
  const current = values as Values;
  const set = (next: Values) => change(next as V);
  const names = fields.flatMap((field) => (field.kind === "dates" ? [field.from, field.to] : [field.name]));
  const isFiltered = [...names, "search"].some((name) => current[name] !== undefined);
  return (
    <div className={classes.bar} role="search">
      {search && (
        <SearchField
          placeholder={search}
          value={String(current.search ?? "")}
          onChange={(text) => set({ search: text || undefined })}
        />
      )}
      <div className={classes.filters}>
        {fields.map((field) => {
          if (field.kind === "flag") {
            const isOn = current[field.name] === true;
            return (
              <Button
                key={field.name}
                size="compact-md"
                radius="xl"
                fw={500}
                fz="sm"
                variant={isOn ? "light" : "default"}
                leftSection={field.icon}
                aria-pressed={isOn}
                onClick={() => set({ [field.name]: isOn ? undefined : true })}
              >
                {field.label}
              </Button>
            );
          }
          if (field.kind === "dates") {
            return (
              <DatesFilter
                key={field.from}
                label={field.label}
                from={current[field.from] as string | undefined}
                to={current[field.to] as string | undefined}
                onChange={(from, to) => set({ [field.from]: from, [field.to]: to })}
              />
            );
          }
          return (
            <ChoiceFilter
              key={field.name}
              label={field.label}
              choices={field.choices}
              isSearched={field.isSearched ?? false}
              value={current[field.name] as string | undefined}
              onChange={(value) => set({ [field.name]: value })}
            />
          );
        })}
        {isFiltered && (
          <Button size="compact-md" variant="subtle" color="gray" fw={500} fz="sm" onClick={clear}>
            Clear
          </Button>
        )}
        {children}
      </div>
      {isFiltered && total !== undefined && (
        <Text size="sm" c="dimmed" role="status" className={classes.total}>
          {number(total)} found
        </Text>
      )}
    </div>
  );
}
