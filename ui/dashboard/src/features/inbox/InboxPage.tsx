import { Drawer, Kbd, Modal, Table } from "@mantine/core";
import { useDisclosure, useDocumentTitle, useMediaQuery } from "@mantine/hooks";
import { IconMessages } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { conversationQuery, markRead } from "@/api/conversations";
import { keys } from "@/api/keys";
import { useMay } from "@/api/session";
import { EmptyState, ErrorState, LoadingState } from "@/components/states";
import { useFilters } from "@/hooks/useFilters";
import { Composer } from "./Composer";
import { ConversationList, useConversations } from "./ConversationList";
import { filters } from "./filters";
import { Head } from "./Head";
import classes from "./inbox.module.css";
import { NewConversation } from "./NewConversation";
import { SidePanel } from "./SidePanel";
import { Thread } from "./Thread";
import { useActions } from "./useActions";
import { inboxKeys, useInboxKeys } from "./useInboxKeys";
import { partnerName } from "./words";

/** Seeing a conversation reads it; coming back to the page does too. */
function useMarkRead(id: string, isUnread: boolean | undefined) {
  const client = useQueryClient();
  const canWrite = useMay()("conversations:write");
  const seen = useRef("");
  useEffect(() => {
    const key = `${id}.${isUnread}`;
    if (!canWrite || !isUnread || document.hidden || seen.current === key) return;
    seen.current = key;
    markRead(id).then(
      () => client.invalidateQueries({ queryKey: keys.conversations }),
      () => undefined, // It is read at the next visit.
    );
  }, [canWrite, client, id, isUnread]);
}

function Conversation({ id, isAlone, hasSide }: { id: string; isAlone: boolean; hasSide: boolean }) {
  const { data: conversation, error, refetch } = useQuery(conversationQuery(id));
  const { conversations } = useConversations();
  const navigate = useNavigate();
  const may = useMay();
  const [isSideOpen, side] = useDisclosure(false);
  const [isHelpOpen, help] = useDisclosure(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const actions = useActions(conversation);
  useMarkRead(id, conversation?.is_unread);
  useDocumentTitle(conversation ? `${partnerName(conversation)} · Antiphon` : "Inbox · Antiphon");
  const canWrite = may("conversations:write");
  const open = (next: string) =>
    void navigate({ to: "/inbox/$id", params: { id: next }, search: ((previous: object) => previous) as never });
  const whenAllowed = (act: () => void) => () => canWrite && act();
  useInboxKeys({
    move: (step) => {
      const at = conversations.findIndex((row) => row.id === id);
      const next = conversations[at + step];
      if (next) open(next.id);
    },
    reply: () => field.current?.focus(),
    close: whenAllowed(actions.close),
    star: whenAllowed(actions.star),
    assign: whenAllowed(() => actions.setAssigning(true)),
    unread: whenAllowed(actions.unread),
    search: () => document.querySelector<HTMLInputElement>('[data-testid="search"]')?.focus(),
    back: () => void navigate({ to: "/inbox", search: ((previous: object) => previous) as never }),
    help: help.open,
  });

  if (!conversation) {
    return (
      <section className={classes.thread} aria-label="Conversation">
        {error ? <ErrorState error={error} retry={() => void refetch()} /> : <LoadingState rows={5} />}
      </section>
    );
  }
  return (
    <>
      <section className={classes.thread} aria-label={`Conversation with ${partnerName(conversation)}`}>
        <Head conversation={conversation} actions={actions} isAlone={isAlone} onSide={side.toggle} />
        <Thread conversationId={id} />
        {may("conversations:send") && <Composer key={id} conversation={conversation} fieldRef={field} />}
      </section>
      {hasSide && (
        <aside className={classes.side} aria-label="About this contact">
          <SidePanel conversation={conversation} />
        </aside>
      )}
      <Drawer opened={isSideOpen && !hasSide} onClose={side.close} position="right" size={340} title="About this contact">
        <SidePanel conversation={conversation} />
      </Drawer>
      <Modal opened={isHelpOpen} onClose={help.close} title="Keys" centered size="sm">
        <Table>
          <Table.Tbody>
            {inboxKeys.map(([key, does]) => (
              <Table.Tr key={key}>
                <Table.Td w={80}>
                  <Kbd>{key}</Kbd>
                </Table.Td>
                <Table.Td>{does}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Modal>
    </>
  );
}

/** Three panels over every channel; fewer where the window is narrow. */
export function InboxPage() {
  const { id } = useParams({ strict: false }) as { id?: string };
  const { values, change } = useFilters(filters);
  const isNarrow = useMediaQuery("(max-width: 56em)", false, { getInitialValueInEffect: false });
  const isWide = useMediaQuery("(min-width: 85em)", true, { getInitialValueInEffect: false });
  const navigate = useNavigate();
  useDocumentTitle("Inbox · Antiphon");
  const hasSide = isWide && id !== undefined;
  const isListShown = !isNarrow || id === undefined;
  return (
    <div className={classes.frame} data-panels={isNarrow ? 1 : hasSide ? 3 : 2}>
      {isListShown && <ConversationList selectedId={id} onNew={() => change({ new: true })} />}
      {id !== undefined && <Conversation key={id} id={id} isAlone={isNarrow} hasSide={hasSide} />}
      {id === undefined && !isNarrow && (
        <EmptyState icon={<IconMessages size={26} />} title="Choose a conversation">
          Or move with <Kbd size="xs">J</Kbd> and <Kbd size="xs">K</Kbd> once one is open.
        </EmptyState>
      )}
      <NewConversation
        isOpen={values.new === true}
        onClose={() => change({ new: undefined })}
        onOpened={(opened) => void navigate({ to: "/inbox/$id", params: { id: opened } })}
      />
    </div>
  );
}
