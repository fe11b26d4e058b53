/** The shapes of the native API, made from its OpenAPI document by scripts/ui_types.py. */
export type * from "../../generated/votel";
