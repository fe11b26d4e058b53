/** One fetch for the native API (contracts/votel.md 0.1 to 0.6): session cookie, CSRF header, error envelope. */
import { accountHeader, takeEarly } from "@/early";
import { connection } from "./connection";
import type { Endpoints } from "./types";

export interface FieldFault {
  field: string;
  message: string;
  code: string;
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly faults: FieldFault[] = [],
    readonly retryAfterSeconds = 0,
  ) {
    super(message);
  }

  /** Messages by field name, as forms take them. */
  get fields(): Record<string, string> {
    return Object.fromEntries(this.faults.filter(({ field }) => field).map(({ field, message }) => [field, message]));
  }

  /** The refusal's word (contracts/votel.md 0.4), for example `limit_reached`. */
  get code(): string {
    return this.faults[0]?.code ?? "";
  }
}

let csrfToken = "";
let actingFor: string | null = null;

export function setCsrfToken(token: string): void {
  csrfToken = token;
}

/** The account that requests act in; null is the session's own (contracts/votel.md 0.2). */
export function setActingFor(accountId: string | null): void {
  actingFor = accountId;
}

/** Headers every request carries, for the few that do not go through `request`. */
export function accountHeaders(): Record<string, string> {
  return accountHeader(actingFor);
}

type Query = Record<string, string | number | boolean | null | undefined>;

interface RequestOptions {
  body?: unknown;
  query?: Query;
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

export function queryString(query: Query): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") params.set(name, String(value));
  }
  const text = params.toString();
  return text && `?${text}`;
}

async function errorOf(response: Response): Promise<ApiError> {
  const retryAfter = Number(response.headers.get("Retry-After")) || 0;
  try {
    const body = (await response.json()) as { detail?: string; errors?: FieldFault[] };
    return new ApiError(response.status, body.detail ?? response.statusText, body.errors, retryAfter);
  } catch {
    return new ApiError(response.status, "The server did not answer as expected.", [], retryAfter);
  }
}

const MAX_WAITS = 2;
const LONGEST_WAIT_SECONDS = 10;

const pause = (seconds: number, signal: AbortSignal | undefined) =>
  new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });

async function send(method: string, path: string, options: RequestOptions): Promise<Response> {
  const { body } = options;
  const isRaw = body instanceof FormData || body instanceof Blob;
  const headers: Record<string, string> = { Accept: "application/json", ...accountHeaders(), ...options.headers };
  if (method !== "GET") headers["X-CSRF-Token"] = csrfToken;
  if (body !== undefined && !isRaw) headers["Content-Type"] = "application/json";
  const address = `/api${path}${queryString(options.query ?? {})}`;
  const early = method === "GET" && (await takeEarly(address));
  if (early) return early;
  try {
    return await fetch(address, {
      method,
      headers,
      credentials: "same-origin",
      ...(body !== undefined && { body: isRaw ? body : JSON.stringify(body) }),
      ...(options.signal && { signal: options.signal }),
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    connection.lost();
    throw new ApiError(0, navigator.onLine === false ? "You are offline." : "No connection to the server.");
  }
}

/** A refused (429) request has done nothing, so it is sent again when the wait is short. */
async function answered(method: string, path: string, options: RequestOptions): Promise<Response> {
  for (let waits = 0; ; waits += 1) {
    const response = await send(method, path, options);
    connection.answered(response.status);
    if (response.ok) return response;
    const error = await errorOf(response);
    if (error.status === 401 && !path.startsWith("/session")) connection.ended();
    const wait = Math.max(1, error.retryAfterSeconds);
    if (error.status !== 429 || path.startsWith("/session") || waits >= MAX_WAITS || wait > LONGEST_WAIT_SECONDS) {
      throw error;
    }
    await pause(wait, options.signal);
  }
}

export async function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
  const response = await answered(method, path, options);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** Saves an answer as a file on the person's machine. */
export async function download(path: string, query: Query, name: string): Promise<void> {
  const response = await answered("GET", path, { query });
  const address = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser reads the address after this turn.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

// Not spread over unions: while the endpoint is being inferred, all of them at once would be too many types.
type PathOf<E> = [E] extends [{ path: infer P }] ? { path: P } : { path?: never };
type QueryOf<E> = [E] extends [{ query: infer Q }] ? { query?: Q } : { query?: never };
type BodyOf<E> = [E] extends [{ body: infer B }] ? { body: B } : { body?: never };
export type CallOptions<K extends keyof Endpoints> = PathOf<Endpoints[K]> &
  QueryOf<Endpoints[K]> &
  BodyOf<Endpoints[K]> & { signal?: AbortSignal | undefined; idempotencyKey?: string };
export type Answer<K extends keyof Endpoints> = Endpoints[K]["answer"];

interface LooseOptions {
  path?: Record<string, string>;
  query?: Query;
  body?: unknown;
  signal?: AbortSignal;
  idempotencyKey?: string;
}

type Optional<T> = Record<never, never> extends T ? [options?: T] : [options: T];

/** A typed request: `call("GET /voicegrams/{id}", { path: { id }, signal })`; names and shapes come from the document. */
export function call<K extends keyof Endpoints & string>(
  endpoint: K,
  ...options: Optional<CallOptions<K>>
): Promise<Answer<K>> {
  const { path: names, query, body, signal, idempotencyKey } = (options as [LooseOptions?])[0] ?? {};
  const [method = "GET", template = ""] = endpoint.split(" ");
  const path = template.replace(/{(\w+)}/g, (_, name: string) => encodeURIComponent(names?.[name] ?? ""));
  const hasBody = body !== undefined || method === "POST";
  return request<Answer<K>>(method, path, {
    ...(query && { query }),
    ...(hasBody && { body: body ?? {} }),
    ...(signal && { signal }),
    ...(idempotencyKey && { headers: { "Idempotency-Key": idempotencyKey } }),
  });
}

/** For routes that the document does not describe yet. */
export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) =>
    request<T>("GET", path, { ...(query && { query }), ...(signal && { signal }) }),
  post: <T>(path: string, body?: unknown) => request<T>("POST", path, { body: body ?? {} }),
  put: <T>(path: string, body: unknown) => request<T>("PUT", path, { body }),
  patch: <T>(path: string, body: unknown) => request<T>("PATCH", path, { body }),
  delete: (path: string) => request<void>("DELETE", path),
};

/** Whether trying again later may help; used by loaders of things that may not exist on this server yet. */
export const isMissing = (error: unknown) => error instanceof ApiError && (error.status === 404 || error.status === 403);
