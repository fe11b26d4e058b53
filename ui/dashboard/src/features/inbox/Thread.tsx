import { Button, Skeleton, Stack, Text } from "@mantine/core";
import { IconMessages } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Fragment, useEffect, useRef } from "react";
import { type Message, threadQuery } from "@/api/conversations";
import { EmptyState, ErrorState } from "@/components/states";
import { TimeText } from "@/components/texts";
import { useFormats } from "@/hooks/useFormats";
import classes from "./inbox.module.css";
import { MessageItem } from "./MessageItem";

/** All messages of a conversation; the newest at the bottom, older ones come as one scrolls up. */
export function Thread({ conversationId }: { conversationId: string }) {
  const thread = useInfiniteQuery(threadQuery(conversationId));
  const { isSameDay } = useFormats();
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
  const messages = uniqueMessages(thread.data.pages.flatMap((page) => page.messages));
  if (messages.length === 0) {
    return (
      <div className={classes.messages} style={{ justifyContent: "center" }}>
        <EmptyState isSmall icon={<IconMessages size={20} />} title="No messages yet">
          Write the first one below.
        </EmptyState>
      </div>
    );
  }
  return (
    // The column is reversed: the browser keeps the place while older messages come in above.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached by key
    <div className={classes.messages} role="log" aria-label="Messages" tabIndex={0} data-testid="thread">
      {messages.map((message, index) => {
        const before = messages[index + 1];
        return (
          <Fragment key={message.id}>
            <MessageItem message={message} />
            {(!before || !isSameDay(before.created_at, message.created_at)) && (
              <Text className={classes.day} component="p" m={0}>
                <TimeText iso={message.created_at} look="day" />
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
  );
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
