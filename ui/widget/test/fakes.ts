import type { Channel, RecordingApi, UploadRequest } from "../src/api";
import { RecorderController, type Dependencies } from "../src/controller";
import type { Capture } from "../src/media";
import type { Draft, Sender } from "../src/storage";

export const channel: Channel = {
  channel_id: "0198c0de-0000-7000-8000-000000000001",
  name: "Acme support",
  greeting: null,
  max_seconds: 300,
  is_active: true,
};

export class FakeApi implements RecordingApi {
  channel: Channel = channel;
  failures: Partial<Record<"fetchChannel" | "requestCode" | "verifyCode" | "upload", unknown[]>> = {};
  calls: [string, ...unknown[]][] = [];
  uploads: UploadRequest[] = [];

  private failed(name: keyof FakeApi["failures"]): void {
    const error = this.failures[name]?.shift();
    if (error) throw error;
  }

  async fetchChannel(address: unknown): Promise<Channel> {
    this.calls.push(["fetchChannel", address]);
    this.failed("fetchChannel");
    return this.channel;
  }

  async requestCode(channelId: string, email: string): Promise<void> {
    this.calls.push(["requestCode", channelId, email]);
    this.failed("requestCode");
  }

  async verifyCode(channelId: string, email: string, code: string): Promise<{ sender_token: string }> {
    this.calls.push(["verifyCode", channelId, email, code]);
    this.failed("verifyCode");
    return { sender_token: "token-1" };
  }

  async upload(request: UploadRequest, onProgress: (fraction: number) => void): Promise<{ id: string; status: string }> {
    this.uploads.push(request);
    onProgress(0.5);
    this.failed("upload");
    onProgress(1);
    return { id: "vg_1", status: "processing" };
  }
}

export interface World {
  controller: RecorderController;
  api: FakeApi;
  deps: Dependencies;
  clock: { now: number };
  stored: { sender: Sender | null; draft: Draft | null };
  captures: { sound: Blob; cancelled: number; level: number };
}

export function world(options: { sender?: Sender; draft?: Draft; overrides?: Partial<Dependencies> } = {}): World {
  const api = new FakeApi();
  const clock = { now: 1_000_000 };
  const stored = { sender: options.sender ?? null, draft: options.draft ?? null };
  const captures = { sound: new Blob(["opus"], { type: "audio/webm;codecs=opus" }), cancelled: 0, level: 0.5 };
  let ids = 0;
  const capture: Capture = {
    hasMeter: true,
    level: () => captures.level,
    stop: async () => captures.sound,
    cancel: () => {
      captures.cancelled += 1;
    },
  };
  const deps: Dependencies = {
    api,
    microphone: { obstacle: () => null, start: async () => capture },
    senders: () => ({
      load: () => stored.sender,
      save: (sender) => {
        stored.sender = sender;
      },
      clear: () => {
        stored.sender = null;
      },
    }),
    drafts: () => ({
      load: async () => stored.draft,
      save: async (draft) => {
        stored.draft = draft;
      },
      clear: async () => {
        stored.draft = null;
      },
    }),
    measure: async () => 4000,
    clientId: () => `client-${++ids}`,
    now: () => clock.now,
    pageUrl: () => "https://example.org/contact",
    ...options.overrides,
  };
  const controller = new RecorderController({ channelId: channel.channel_id }, deps);
  return { controller, api, deps, clock, stored, captures };
}
