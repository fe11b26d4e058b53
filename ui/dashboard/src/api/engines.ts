import { queryOptions } from "@tanstack/react-query";
import { accountHeaders, type Answer, call, request } from "./client";
import { keys } from "./keys";
import type { Endpoints } from "./types";

export type Engines = Answer<"GET /engines">;
export type EngineKind = keyof Engines;
export type EngineTest = Answer<"POST /engines/test">;
export type EngineChange = Endpoints["PUT /engines"]["body"];

export const enginesQuery = queryOptions({
  queryKey: keys.engines,
  queryFn: ({ signal }) => call("GET /engines", { signal }),
});

export const changeEngines = (body: EngineChange) => call("PUT /engines", { body });
export const testEngine = (kind: EngineKind) => call("POST /engines/test", { body: { kind } });

/** The sentence that recognition is tried with, spoken; null where nothing can speak. */
export async function testSentence(): Promise<Blob | null> {
  const answer = await fetch("/api/engines/test/sentence", { headers: accountHeaders(), credentials: "same-origin" });
  return answer.ok ? await answer.blob() : null;
}

export const testRecording = (sound: Blob) =>
  request<EngineTest>("POST", "/engines/test/recording", { body: sound, headers: { "Content-Type": sound.type || "audio/wav" } });

export const mailTest = () => call("POST /me/test-mail");
