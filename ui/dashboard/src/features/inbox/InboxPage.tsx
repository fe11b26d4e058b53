import { Drawer, Kbd, Modal, Table } from "@mantine/core";
import { useDisclosure, useDocumentTitle, useMediaQuery } from "@mantine/hooks";
import { IconMessages } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useRef } from "react";
import { conversationQuery } from "@/api/conversations";
import { useMay } from "@/api/session";
import { EmptyState, ErrorState, LoadingState } from "@/components/states";
import { useFilters } from "@/hooks/useFilters";
import { Composer } from "./Composer";
import { ConversationList, useConversations } from "./ConversationList";
import { filters } from "./filters";
import { Head } from "./Head";
import classes from "./inbox.module.css";
import { keepSearch } from "./query";
import { SidePanel } from "./SidePanel";
import { Thread } from "./Thread";
import { useActions } from "./useActions";
import { inboxKeys, useInboxKeys } from "./useInboxKeys";
import { useMarkRead } from "./useMarkRead";
import { partnerName } from "./words";

const focusSearch = () => document.querySelector<HTMLInputElement>('[data-testid="search"]')?.focus();
const nothing = () => undefined;

/** The keys where no conversation is open. */
function ListKeys({ move, onHelp }: Pick<ConversationProps, "move" | "onHelp">) {
  useInboxKeys({
    move,
    search: focusSearch,
    help: onHelp,
    reply: nothing,
    close: nothing,
    star: nothing,
    assign: nothing,
    unread: nothing,
    back: nothing,
  });
  return null;
}

interface ConversationProps {
  id: string;
  isAlone: boolean;
  hasSide: boolean;
  isWide: boolean;
  onToggleSide: () => void;
  move: (step: 1 | -1) => void;
  onHelp: () => void;
}

function Conversation({ id, isAlone, hasSide, isWide, onToggleSide, move, onHelp }: ConversationProps) {
  const { data: conversation, error, refetch } = useQuery(conversationQuery(id));
  const navigate = useNavigate();
  const may = useMay();
  const [isSideOpen, side] = useDisclosure(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const actions = useActions(conversation);
  useMarkRead(conversation);
  useDocumentTitle(conversation ? `${partnerName(conversation)} · Antiphon` : "Inbox · Antiphon");
  const whenAllowed = (act: () => void) => () => may("conversations:write") && act();
  useInboxKeys({
    move,
    reply: () => field.current?.focus(),
    close: whenAllowed(actions.close),
    star: whenAllowed(actions.star),
    assign: whenAllowed(() => actions.setAssigning(true)),
    unread: whenAllowed(actions.unread),
    search: focusSearch,
    back: () => void navigate({ to: "/inbox", search: keepSearch }),
    help: onHelp,
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
        <Head conversation={conversation} actions={actions} isAlone={isAlone} onSide={isWide ? onToggleSide : side.open} />
        <Thread conversationId={id} />
        {may("conversations:send") && <Composer key={id} conversation={conversation} fieldRef={field} />}
      </section>
      {hasSide && (
        <aside className={classes.side} aria-label="About this contact">
          <SidePanel conversation={conversation} />
        </aside>
      )}
      <Drawer opened={isSideOpen && !isWide} onClose={side.close} position="right" size={340} title="About this contact">
        <SidePanel conversation={conversation} />
      </Drawer>
    </>
  );
}

const NewConversation = lazy(async () => ({ default: (await import("./NewConversation")).NewConversation }));

/** Three panels over every channel; fewer where the window is narrow. */
export function InboxPage() {
  const { id } = useParams({ strict: false }) as { id?: string };
  const { values, change } = useFilters(filters);
  const isNarrow = useMediaQuery("(max-width: 56em)", false, { getInitialValueInEffect: false });
  const isWide = useMediaQuery("(min-width: 85em)", true, { getInitialValueInEffect: false });
  const navigate = useNavigate();
  useDocumentTitle("Inbox · Antiphon");
  const [isHelpOpen, help] = useDisclosure(false);
  const { conversations } = useConversations();
  const move = (step: 1 | -1) => {
    const next = conversations[conversations.findIndex((row) => row.id === id) + step];
    if (next) void navigate({ to: "/inbox/$id", params: { id: next.id }, search: keepSearch });
  };
  const [isSideWanted, wantSide] = useDisclosure(true);
  const hasSide = isWide && isSideWanted && id !== undefined;
  const isListShown = !isNarrow || id === undefined;
  return (
    <div className={classes.frame} data-panels={isNarrow ? 1 : hasSide ? 3 : 2}>
      {isListShown && <ConversationList selectedId={id} onNew={() => change({ new: true })} />}
      {id !== undefined ? (
        <Conversation
          key={id}
          id={id}
          isAlone={isNarrow}
          hasSide={hasSide}
          isWide={isWide}
          onToggleSide={wantSide.toggle}
          move={move}
          onHelp={help.open}
        />
      ) : (
        <ListKeys move={move} onHelp={help.open} />
      )}
      {id === undefined && !isNarrow && (
        <EmptyState icon={<IconMessages size={26} />} title="Choose a conversation">
          Or move with <Kbd size="xs">J</Kbd> and <Kbd size="xs">K</Kbd>; <Kbd size="xs">?</Kbd> shows all keys.
        </EmptyState>
      )}
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
      {values.new && (
        <Suspense>
          <NewConversation
            isOpen
            onClose={() => change({ new: undefined })}
            onOpened={(opened) => void navigate({ to: "/inbox/$id", params: { id: opened } })}
          />
        </Suspense>
      )}
    </div>
  );
}
