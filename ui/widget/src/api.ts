/** The public recording routes of contracts/votel.md section 18. */

export interface Channel {
  channel_id: string;
  name: string;
  greeting: string | null;
  max_seconds: number;
  is_active: boolean;
}

export type ChannelAddress = { channelId: string } | { workspace: string; slug: string };

export type ApiErrorKind = "network" | "server" | "busy" | "not_found" | "forbidden" | "invalid" | "aborted";

/** A refused or failed request; `code` is `errors[0].code` of the contract's envelope. */
export class ApiError extends Error {
  constructor(
    readonly kind: ApiErrorKind,
    readonly code = "",
    readonly detail: Record<string, unknown> = {},
    readonly retryAfterSeconds = 0,
  ) {
    super(code || kind);
  }
}

export interface UploadRequest {
  channelId: string;
  senderToken: string;
  pageUrl: string;
  clientId: string;
  audio: Blob;
  fileName: string;
}

export interface RecordingApi {
  fetchChannel(address: ChannelAddress): Promise<Channel>;
  requestCode(channelId: string, email: string): Promise<void>;
  verifyCode(channelId: string, email: string, code: string): Promise<{ sender_token: string }>;
  upload(
    request: UploadRequest,
    onProgress: (fraction: number) => void,
    signal: AbortSignal,
  ): Promise<{ id: string; status: string }>;
}

function kindOf(status: number): ApiErrorKind {
  if (status === 0) return "network";
  if (status === 403 || status === 401) return "forbidden";
  if (status === 404) return "not_found";
  if (status === 429) return "busy";
  return status >= 500 ? "server" : "invalid";
}

export function errorFrom(status: number, body: string, retryAfter: string | null): ApiError {
  let detail: Record<string, unknown> = {};
  try {
    const envelope = JSON.parse(body) as { errors?: Record<string, unknown>[] };
    detail = envelope.errors?.[0] ?? {};
  } catch {
    // Proxies answer in HTML; the status says enough.
  }
  const code = typeof detail.code === "string" ? detail.code : status === 413 ? "too_large" : "";
  return new ApiError(kindOf(status), code, detail, Number(retryAfter) || 0);
}

/** Nothing moved for this long: the connection is taken as lost. */
const STALL_MILLISECONDS = 60_000;

export class HttpRecordingApi implements RecordingApi {
  constructor(private readonly origin: string) {}

  async fetchChannel(address: ChannelAddress): Promise<Channel> {
    const path =
      "channelId" in address
        ? `channels/${encodeURIComponent(address.channelId)}`
        : `${encodeURIComponent(address.workspace)}/${encodeURIComponent(address.slug)}`;
    return (await (await this.call(path)).json()) as Channel;
  }

  async requestCode(channelId: string, email: string): Promise<void> {
    await this.call("codes", { channel_id: channelId, email });
  }

  async verifyCode(channelId: string, email: string, code: string): Promise<{ sender_token: string }> {
    const response = await this.call("codes/verify", { channel_id: channelId, email, code });
    return (await response.json()) as { sender_token: string };
  }

  /** XMLHttpRequest, because fetch reports no upload progress. */
  upload(
    request: UploadRequest,
    onProgress: (fraction: number) => void,
    signal: AbortSignal,
  ): Promise<{ id: string; status: string }> {
    const form = new FormData();
    form.append("channel_id", request.channelId);
    form.append("sender_token", request.senderToken);
    form.append("page_url", request.pageUrl);
    form.append("client_id", request.clientId);
    form.append("audio", request.audio, request.fileName);
    return new Promise((resolve, reject) => {
      const xhr = new XMLHttpRequest();
      let stall = 0;
      const watch = () => {
        clearTimeout(stall);
        stall = window.setTimeout(() => {
          reject(new ApiError("network"));
          xhr.abort();
        }, STALL_MILLISECONDS);
      };
      const settle = () => clearTimeout(stall);
      xhr.open("POST", this.url("voicegrams"));
      xhr.upload.onprogress = (event) => {
        watch();
        if (event.lengthComputable) onProgress(event.loaded / event.total);
      };
      xhr.onload = () => {
        settle();
        if (xhr.status < 200 || xhr.status >= 300) {
          reject(errorFrom(xhr.status, xhr.responseText, xhr.getResponseHeader("Retry-After")));
          return;
        }
        try {
          resolve(JSON.parse(xhr.responseText) as { id: string; status: string });
        } catch {
          reject(new ApiError("server"));
        }
      };
      xhr.onerror = () => {
        settle();
        reject(new ApiError("network"));
      };
      signal.addEventListener("abort", () => {
        settle();
        reject(new ApiError("aborted"));
        xhr.abort();
      });
      watch();
      xhr.send(form);
    });
  }

  private url(path: string): string {
    return `${this.origin}/api/public/recording/${path}`;
  }

  private async call(path: string, body?: Record<string, string>): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(this.url(path), {
        method: body ? "POST" : "GET",
        credentials: "omit",
        ...(body && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
      });
    } catch {
      throw new ApiError("network");
    }
    if (!response.ok) {
      throw errorFrom(response.status, await response.text(), response.headers.get("Retry-After"));
    }
    return response;
  }
}
