import { useWindowEvent } from "@mantine/hooks";

interface InboxKeys {
  move: (step: 1 | -1) => void;
  reply: () => void;
  close: () => void;
  star: () => void;
  assign: () => void;
  unread: () => void;
  search: () => void;
  back: () => void;
  help: () => void;
}

/** What each key does; shown by `?`. None of them acts while one types. */
export const inboxKeys: readonly [keys: string, does: string][] = [
  ["J", "Next conversation"],
  ["K", "Previous conversation"],
  ["R", "Write a reply"],
  ["E", "Close or open again"],
  ["S", "Star"],
  ["A", "Assign"],
  ["U", "Mark unread"],
  ["/", "Search"],
  ["Esc", "Back to the list"],
  ["?", "These keys"],
];

const TYPING = "input, textarea, select, audio, [contenteditable=true]";
const OVERLAY = "[role=dialog], [role=menu]";

/** Compares what a key writes, so that `/` and `?` work on every keyboard. */
export function useInboxKeys(keys: InboxKeys): void {
  const byKey: Record<string, () => void> = {
    j: () => keys.move(1),
    k: () => keys.move(-1),
    r: keys.reply,
    e: keys.close,
    s: keys.star,
    a: keys.assign,
    u: keys.unread,
    "/": keys.search,
    escape: keys.back,
    "?": keys.help,
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const act = byKey[event.key.toLowerCase()];
    if (!act || document.querySelector(OVERLAY)) return;
    if (event.target instanceof Element && event.target.closest(TYPING)) return;
    event.preventDefault();
    act();
  };
  // Before everybody else: an overlay that Escape closes still stands then.
  useWindowEvent("keydown", onKey, true);
}
