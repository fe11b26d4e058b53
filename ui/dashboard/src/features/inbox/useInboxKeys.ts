import { useHotkeys } from "@mantine/hooks";

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

export function useInboxKeys(keys: InboxKeys): void {
  useHotkeys([
    ["J", () => keys.move(1)],
    ["K", () => keys.move(-1)],
    ["R", keys.reply],
    ["E", keys.close],
    ["S", keys.star],
    ["A", keys.assign],
    ["U", keys.unread],
    ["/", keys.search],
    ["Escape", keys.back],
    ["shift+?", keys.help],
  ]);
}
