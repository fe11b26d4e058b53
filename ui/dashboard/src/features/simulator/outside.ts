/** The outside world: made-up numbers, and what they do by their last two digits (contracts/votel.md 11.5). */

export const BEHAVIOURS = [
  { ending: "", label: "Answers", text: "The call is taken and what is said is recorded." },
  { ending: "01", label: "Busy", text: "The line is busy; nothing is recorded." },
  { ending: "02", label: "No answer", text: "It rings for 25 seconds, then gives up." },
  { ending: "03", label: "Voicemail", text: "A mailbox takes what the caller says." },
  { ending: "04", label: "Fails", text: "The carrier cannot reach the number; messages to it fail." },
  { ending: "05", label: "Opted out", text: "Messages to this number are refused." },
] as const;

export type Behaviour = (typeof BEHAVIOURS)[number];

const ANSWERS = BEHAVIOURS[0];
const FIRST_PLAIN = 6;
const NUMBERS = 100;

export const behaviourOf = (phone: string): Behaviour =>
  BEHAVIOURS.find(({ ending }) => ending && phone.trim().endsWith(ending)) ?? ANSWERS;

/** A number kept free for such uses that answers; `random` is from 0 to below 1. */
export function madeUpPhone(random = Math.random()): string {
  const last = FIRST_PLAIN + Math.floor(random * (NUMBERS - FIRST_PLAIN));
  return `+131255501${String(last).padStart(2, "0")}`;
}

/** The same number with another end. */
export function withBehaviour(phone: string, ending: Behaviour["ending"], random = Math.random()): string {
  const digits = phone.trim();
  if (digits.replace(/\D/g, "").length < 7) return ending ? `+131255501${ending}` : madeUpPhone(random);
  const end = ending || madeUpPhone(random).slice(-2);
  return digits.slice(0, -2) + end;
}
