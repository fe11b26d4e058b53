import { ActionIcon, Button, Loader, Menu, Text } from "@mantine/core";
import { IconArrowsSort, IconCheck, IconInbox, IconPencilPlus, IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { type Conversation, conversationsQuery } from "@/api/conversations";
import { rowsOf, totalOf } from "@/api/list";
import { useMay, useMe } from "@/api/session";
import { EmptyState, ErrorState, LoadingState } from "@/components/states";
import { useFilters } from "@/hooks/useFilters";
import { ConversationRow, rowHeight } from "./ConversationRow";
import { filters } from "./filters";
import classes from "./inbox.module.css";
import { InboxFilters } from "./InboxFilters";
import { conversationFilters } from "./query";

const MORE_FROM_END = 10;

const SORTS = [
  { value: undefined, label: "Newest first" },
  { value: "oldest", label: "Longest waiting first" },
  { value: "manual", label: "By our last answer" },
  { value: "all", label: "Newest first, closed ones too" },
] as const;

/** Pixels of a rem; who enlarges their text has more. */
const readRem = () => Number.parseFloat(getComputedStyle(document.documentElement).fontSize);

/** The conversations that the address asks for. */
export function useConversations() {
  const { values } = useFilters(filters);
  const list = useInfiniteQuery(conversationsQuery(conversationFilters(values)));
  return { list, conversations: rowsOf(list.data) };
}

/** The arrow keys walk through the rows; Enter opens one. */
function moveFocus(event: KeyboardEvent<HTMLElement>) {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  const row = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-index]") : null;
  if (!step || !row) return;
  event.preventDefault();
  const next = Number(row.dataset.index) + step;
  event.currentTarget.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus();
}

interface ConversationListProps {
  selectedId: string | undefined;
  onNew: () => void;
}

export function ConversationList({ selectedId, onNew }: ConversationListProps) {
  const { values, change, clear } = useFilters(filters);
  const { list, conversations } = useConversations();
  // Not of the filters before, whose rows stay until the new ones are there.
  const total = list.isPlaceholderData || !list.data ? undefined : totalOf(list.data);
  const [rem] = useState(readRem);
  const scroller = useRef<HTMLDivElement>(null);
  const me = useMe();
  const canWrite = useMay()("conversations:write");
  const { new: _dialog, sort, ...asked } = values;
  const sorted = SORTS.find(({ value }) => value === sort) ?? SORTS[0];
  const isFiltered = Object.values(asked).some((value) => value !== undefined);
  const virtualizer = useVirtualizer({
    count: conversations.length,
    estimateSize: (index) => rem * (conversations[index] ? rowHeight(conversations[index]) : 0),
    initialRect: { width: 0, height: window.innerHeight },
    getScrollElement: () => scroller.current,
    getItemKey: (index) => conversations[index]?.id ?? index,
    overscan: 8,
  });
  const items = virtualizer.getVirtualItems();
  const end = items.at(-1)?.index ?? -1;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && end >= conversations.length - MORE_FROM_END) void fetchNextPage();
  }, [end, conversations.length, hasNextPage, isFetchingNextPage, fetchNextPage]);
  const selectedIndex = conversations.findIndex(({ id }) => id === selectedId);
  useEffect(() => {
    if (selectedIndex >= 0) virtualizer.scrollToIndex(selectedIndex, { align: "auto" });
  }, [selectedIndex, virtualizer]);

  return (
    <section className={classes.list} aria-label="Conversations">
      <div className={classes.listHead}>
        <div style={{ display: "flex", alignItems: "center", gap: 8 }}>
          <Text component="h1" fw={700} size="lg" style={{ flex: 1, letterSpacing: "-0.01em" }} m={0}>
            Inbox
          </Text>
          <Menu position="bottom-end" withinPortal>
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Order: ${sorted.label}`} title={sorted.label}>
                <IconArrowsSort size={17} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {SORTS.map(({ value, label }) => (
                <Menu.Item
                  key={label}
                  role="menuitemradio"
                  aria-checked={sorted.label === label}
                  rightSection={sorted.label === label && <IconCheck size={15} aria-hidden />}
                  onClick={() => change({ sort: value })}
                >
                  {label}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
          {canWrite && (
            <Button
              size="compact-sm"
              leftSection={<IconPencilPlus size={15} aria-hidden />}
              onClick={onNew}
              data-testid="new-conversation"
            >
              New
            </Button>
          )}
        </div>
        <InboxFilters values={values} change={change} clear={clear} total={total} />
      </div>
      <div className={classes.rows} ref={scroller} onKeyDown={moveFocus} data-testid="conversations">
        {list.isPending && <LoadingState rows={7} height={52} />}
        {list.error && conversations.length === 0 && <ErrorState error={list.error} retry={() => void list.refetch()} isSmall />}
        {list.data && conversations.length === 0 && <Nothing isFiltered={isFiltered} clear={clear} />}
        <div style={{ height: virtualizer.getTotalSize(), position: "relative" }}>
          {items.map(({ index, start, key }) => {
            const conversation: Conversation | undefined = conversations[index];
            return (
              conversation && (
                <ConversationRow
                  key={key}
                  index={index}
                  start={start}
                  conversation={conversation}
                  isSelected={conversation.id === selectedId}
                  ownId={me.user.id}
                />
              )
            );
          })}
        </div>
        {isFetchingNextPage && <Loader size="sm" mx="auto" my="md" display="block" aria-label="Loading more" />}
      </div>
    </section>
  );
}

function Nothing({ isFiltered, clear }: { isFiltered: boolean; clear: () => void }) {
  return isFiltered ? (
    <EmptyState
      isSmall
      icon={<IconSearch size={20} />}
      title="Nothing matches"
      action={
        <Button variant="default" size="xs" onClick={clear}>
          Show all
        </Button>
      }
    >
      No conversation fits these filters.
    </EmptyState>
  ) : (
    <EmptyState isSmall icon={<IconInbox size={20} />} title="All clear" color="iris">
      Messages, calls and voice messages of every channel come together here.
    </EmptyState>
  );
}
