/** Filters of a list as they stand in the address: one definition reads them and types them. */

type Kind = "text" | "flag" | readonly string[];
type Definition = Record<string, Kind>;

export type FilterValues<D extends Definition> = {
  [Name in keyof D]?: D[Name] extends "flag" ? true : D[Name] extends readonly (infer Value)[] ? Value : string;
};

export interface Filters<D extends Definition> {
  names: (keyof D & string)[];
  /** What is unknown or malformed in the address is dropped. */
  read: (search: Record<string, unknown>) => FilterValues<D>;
}

function readOne(kind: Kind, value: unknown): unknown {
  if (kind === "flag") return value === true || value === "true" ? true : undefined;
  // The router reads `?search=555` as a number.
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || text === "") return undefined;
  return kind === "text" || kind.includes(text) ? text : undefined;
}

/** `defineFilters({ search: "text", status: ["open", "closed"], unread: "flag" })` */
export function defineFilters<const D extends Definition>(definition: D): Filters<D> {
  return {
    names: Object.keys(definition),
    read: (search) => {
      const values: Record<string, unknown> = {};
      for (const [name, kind] of Object.entries(definition)) {
        const value = readOne(kind, search[name]);
        if (value !== undefined) values[name] = value;
      }
      return values as FilterValues<D>;
    },
  };
}
