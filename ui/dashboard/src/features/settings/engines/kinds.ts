import type { EngineKind } from "@/api/engines";

export const engineKinds: readonly { kind: EngineKind; name: string; about: string }[] = [
  { kind: "stt", name: "Recognition", about: "Writes down voicegrams and calls." },
  { kind: "llm", name: "Understanding", about: "Summaries, urgency, mood, what is to be done." },
  { kind: "tts", name: "Voice", about: "Speaks greetings and examples." },
  { kind: "embedding", name: "Meaning", about: "Finds texts by what they are about." },
];

export const CUSTOM = "openai_compatible";

const profileNames: Record<string, string> = {
  default: "As the operator has set",
  rules: "Rules, built in",
  pocketsphinx: "PocketSphinx, built in",
  "espeak-ng": "eSpeak NG, built in",
  flite: "Flite, built in",
  [CUSTOM]: "A service of your own choice",
};

export const profileName = (profile: string) => profileNames[profile] ?? profile;
