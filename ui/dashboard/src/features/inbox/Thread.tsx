import { ActionIcon, Button, Skeleton, Stack, Text } from "@mantine/core";
import { IconArrowDown, IconMessages } from "@tabler/icons-react";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Fragment, type UIEvent, useEffect, useRef, useState } from "react";
import { type Message, threadQuery } from "@/api/conversations";
import { EmptyState, ErrorState } from "@/components/states";
import { TimeText } from "@/components/texts";
import { useFormats, useNow } from "@/hooks/useFormats";
import classes from "./inbox.module.css";
import { MessageItem } from "./MessageItem";
import { notYetIn, usePending } from "./useSend";

const DAY_MS = 86_400_000;
const KEPT_PAGES = 2;
const FAR_UP_PX = 500;
const NEAR_END_PX = 40;

/** All messages of a conversation; the newest at the bottom, older ones come as one scrolls up. */
export function Thread({ conversationId }: { conversationId: string }) {
  const thread = useInfiniteQuery(threadQuery(conversationId));
  const { isSameDay } = useFormats();
  const pending = usePending(conversationId);
  const client = useQueryClient();
  const scroller = useRef<HTMLDivElement>(null);
  const [isUp, setUp] = useState(false);
  const older = useRef<HTMLDivElement>(null);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = thread;
  useEffect(() => {
    const mark = older.current;
    if (!mark || !hasNextPage || isFetchingNextPage) return undefined;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && void fetchNextPage(), {
      rootMargin: "400px",
    });
    observer.observe(mark);
    return () => observer.disconnect();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);

  if (thread.isPending) return <Waiting />;
  if (!thread.data) {
    return (
      <div className={classes.messages}>
        <ErrorState error={thread.error} retry={() => void thread.refetch()} isSmall />
      </div>
    );
  }
  const known = uniqueMessages(thread.data.pages.flatMap((page) => page.messages));
  const messages = [...notYetIn(known, pending), ...known];
  if (messages.length === 0) {
    return (
      <div className={classes.messages} style={{ justifyContent: "center" }}>
        <EmptyState isSmall icon={<IconMessages size={20} />} title="No messages yet">
          Write the first one below.
        </EmptyState>
      </div>
    );
  }
  const onScroll = ({ currentTarget: { scrollTop } }: UIEvent<HTMLElement>) => {
    const above = -scrollTop;
    setUp(above > FAR_UP_PX);
    // Back at the newest, what was read of the past is let go: each live event would read all of it again.
    if (above < NEAR_END_PX && thread.data.pages.length > KEPT_PAGES && !isFetchingNextPage) {
      client.setQueryData(threadQuery(conversationId).queryKey, {
        pages: thread.data.pages.slice(0, KEPT_PAGES),
        pageParams: thread.data.pageParams.slice(0, KEPT_PAGES),
      });
    }
  };
  return (
    <div className={classes.log}>
      {/* The column is reversed: the browser keeps the place while older messages come in above. */}
      <div
        ref={scroller}
        className={classes.messages}
        role="log"
        aria-label="Messages"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached by key
        tabIndex={0}
        onScroll={onScroll}
        data-testid="thread"
      >
        {messages.map((message, index) => {
          const before = messages[index + 1];
          return (
            <Fragment key={message.id}>
              <MessageItem message={message} />
              {(!before || !isSameDay(before.created_at, message.created_at)) && (
                <Text className={classes.day} component="p" m={0}>
                  <Day iso={message.created_at} />
                </Text>
              )}
            </Fragment>
          );
        })}
        {hasNextPage && (
          <div ref={older} style={{ alignSelf: "center" }}>
            <Button size="compact-sm" variant="subtle" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              Older messages
            </Button>
          </div>
        )}
      </div>
      {isUp && (
        <ActionIcon
          className={classes.down}
          variant="default"
          radius="xl"
          size="lg"
          aria-label="To the newest message"
          onClick={() => scroller.current?.scrollTo({ top: 0 })}
        >
          <IconArrowDown size={18} />
        </ActionIcon>
      )}
    </div>
  );
}

function Day({ iso }: { iso: string }) {
  const { isSameDay } = useFormats();
  const now = useNow();
  if (isSameDay(iso, new Date(now))) return "Today";
  if (isSameDay(iso, new Date(now - DAY_MS))) return "Yesterday";
  return <TimeText iso={iso} look="day" />;
}

/** A message that came in between two pages stands in both. */
function uniqueMessages(messages: Message[]): Message[] {
  return [...new Map(messages.map((message) => [message.id, message])).values()];
}

function Waiting() {
  return (
    <Stack className={classes.messages} role="status" aria-label="Loading the messages">
      {[220, 320, 180, 260].map((width, index) => (
        <Skeleton key={width} height={44} width={width} radius="lg" style={{ alignSelf: index % 2 ? "flex-start" : "flex-end" }} />
      ))}
    </Stack>
  );
}
