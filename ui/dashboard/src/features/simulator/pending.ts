/** What has been asked for and has not arrived yet. */
export interface Pending {
  /** A call's `call_sid`, a voicegram's id. */
  id: string;
  kind: "call" | "voicegram";
  who: string;
  at: number;
}
