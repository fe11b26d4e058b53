import { Button, Loader, Menu, Text } from "@mantine/core";
import { IconArrowsSort, IconInbox, IconPencilPlus, IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import { type Conversation, conversationsQuery } from "@/api/conversations";
import { rowsOf, totalOf } from "@/api/list";
import { useMay } from "@/api/session";
import { FilterBar, type FilterField } from "@/components/filters/FilterBar";
import { EmptyState, ErrorState, LoadingState } from "@/components/states";
import { useFilters } from "@/hooks/useFilters";
import { ConversationRow } from "./ConversationRow";
import { filters } from "./filters";
import classes from "./inbox.module.css";
import { conversationFilters } from "./query";
import { channelNames } from "./words";

const ROW_HEIGHT = 76;
const MORE_FROM_END = 10;

const fields: FilterField[] = [
  {
    kind: "choice",
    name: "view",
    label: "Whose",
    choices: [
      { value: "mine", label: "Mine" },
      { value: "unassigned", label: "Nobody's" },
    ],
  },
  { kind: "flag", name: "unread", label: "Unread" },
  { kind: "flag", name: "starred", label: "Starred" },
  {
    kind: "choice",
    name: "channel",
    label: "Channel",
    choices: (["sms", "whatsapp", "email", "call", "voicegram"] as const).map((value) => ({ value, label: channelNames[value] })),
  },
  {
    kind: "choice",
    name: "status",
    label: "Status",
    choices: [
      { value: "open", label: "Open" },
      { value: "snoozed", label: "Snoozed" },
      { value: "closed", label: "Closed" },
    ],
  },
];

const SORTS = [
  { value: undefined, label: "Newest first" },
  { value: "oldest", label: "Longest waiting first" },
  { value: "manual", label: "By our last answer" },
] as const;

/** The conversations that the address asks for. */
export function useConversations() {
  const { values } = useFilters(filters);
  const list = useInfiniteQuery(conversationsQuery(conversationFilters(values)));
  return { list, conversations: rowsOf(list.data) };
}

interface ConversationListProps {
  selectedId: string | undefined;
  onNew: () => void;
}

export function ConversationList({ selectedId, onNew }: ConversationListProps) {
  const { values, change, clear } = useFilters(filters);
  const { list, conversations } = useConversations();
  const scroller = useRef<HTMLDivElement>(null);
  const canWrite = useMay()("conversations:write");
  const { new: _dialog, sort, ...asked } = values;
  const isFiltered = Object.values(asked).some((value) => value !== undefined);
  const virtualizer = useVirtualizer({
    count: conversations.length,
    estimateSize: () => ROW_HEIGHT,
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
        <div style={{ display: "flex", alignItems: "center", gap: 8, marginBottom: 10 }}>
          <Text component="h1" fw={700} size="lg" style={{ flex: 1, letterSpacing: "-0.01em" }} m={0}>
            Inbox
          </Text>
          <Menu position="bottom-end" withinPortal>
            <Menu.Target>
              <Button size="compact-sm" variant="subtle" color="gray" leftSection={<IconArrowsSort size={15} aria-hidden />}>
                {SORTS.find(({ value }) => value === sort)?.label ?? SORTS[0].label}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {SORTS.map(({ value, label }) => (
                <Menu.Item key={label} onClick={() => change({ sort: value })}>
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
        <FilterBar
          values={asked}
          change={change}
          clear={clear}
          fields={fields}
          search="Search names, companies, phones"
          total={list.data && totalOf(list.data)}
        />
      </div>
      <div className={classes.rows} ref={scroller} data-testid="conversations">
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
                  ref={virtualizer.measureElement}
                  index={index}
                  start={start}
                  conversation={conversation}
                  isSelected={conversation.id === selectedId}
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
