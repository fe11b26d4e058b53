import { ActionIcon, Badge, Button, Group, Menu, Paper, Skeleton, Stack, Text, Textarea, Title } from "@mantine/core";
import { IconDots, IconPencil, IconPin, IconPinnedOff, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/keys";
import { addNote, changeNote, deleteNote, type Note, notesQuery } from "@/api/leads";
import { useMay, useMe } from "@/api/session";
import { ConfirmDialog } from "@/components/ConfirmButton";
import { ErrorState } from "@/components/states";
import { TimeText } from "@/components/texts";
import { problemToast } from "@/components/toasts";
import { useDraft } from "@/hooks/useDraft";
import classes from "./contacts.module.css";

const MAX_CHARS = 20_000;

function NoteItem({ note, refresh }: { note: Note; refresh: () => Promise<unknown> }) {
  const [draft, setDraft] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);
  const may = useMay();
  const { user } = useMe();
  const isMine = note.author.id === user.id || may("contacts:manage");
  const change = useMutation({
    mutationFn: (body: { content?: string; pinned?: boolean }) => changeNote(note.id, body),
    onSuccess: async () => {
      setDraft(null);
      await refresh();
    },
    onError: (error) => problemToast("Could not change the note", error),
  });
  return (
    <Paper component="li" bg="var(--mantine-color-default-hover)" radius="md" p="sm">
      <Group justify="space-between" wrap="nowrap" align="flex-start" gap="xs">
        <Text size="xs" c="dimmed">
          {note.author.name ?? "Somebody"} · <TimeText iso={note.created_at} />
          {note.pinned && (
            <Badge ms={8} size="xs" variant="light" tt="none" leftSection={<IconPin size={10} aria-hidden />}>
              Pinned
            </Badge>
          )}
        </Text>
        {isMine && (
          <Menu position="bottom-end" withinPortal>
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" size="sm" aria-label="More for this note">
                <IconDots size={14} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconPencil size={14} />} onClick={() => setDraft(note.content)}>
                Edit
              </Menu.Item>
              <Menu.Item
                leftSection={note.pinned ? <IconPinnedOff size={14} /> : <IconPin size={14} />}
                onClick={() => change.mutate({ pinned: !note.pinned })}
              >
                {note.pinned ? "Unpin" : "Pin to the top"}
              </Menu.Item>
              <Menu.Item color="red" leftSection={<IconTrash size={14} />} onClick={() => setAsking(true)}>
                Delete
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
      </Group>
      {draft === null ? (
        <Text size="sm" mt={4} className={classes.note}>
          {note.content}
        </Text>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            change.mutate({ content: draft });
          }}
        >
          <Textarea
            mt={6}
            aria-label="The note"
            autosize
            minRows={2}
            maxLength={MAX_CHARS}
            value={draft}
            onChange={(event) => setDraft(event.currentTarget.value)}
            data-autofocus
          />
          <Group justify="flex-end" gap="xs" mt="xs">
            <Button size="xs" variant="default" onClick={() => setDraft(null)}>
              Cancel
            </Button>
            <Button size="xs" type="submit" loading={change.isPending} disabled={!draft.trim()}>
              Save
            </Button>
          </Group>
        </form>
      )}
      <ConfirmDialog
        title="Delete this note?"
        verb="Delete"
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={async () => {
          await deleteNote(note.id);
          await refresh();
        }}
      >
        It is gone for everyone in the account.
      </ConfirmDialog>
    </Paper>
  );
}

export function NotesCard({ leadId }: { leadId: string }) {
  const notes = useQuery(notesQuery(leadId));
  const client = useQueryClient();
  const canWrite = useMay()("contacts:write");
  const [text, setText, discard] = useDraft(`note.${leadId}`, "");
  const refresh = () => client.invalidateQueries({ queryKey: keys.leads });
  const add = useMutation({
    mutationFn: (content: string) => addNote(leadId, content),
    onSuccess: async () => {
      discard();
      await refresh();
    },
    onError: (error) => problemToast("Could not add the note", error),
  });
  const sorted = [...(notes.data?.notes ?? [])].sort((one, other) => Number(other.pinned) - Number(one.pinned));
  return (
    <Paper withBorder radius="lg" p="md" component="section" aria-label="Notes" data-testid="notes">
      <Title order={2} size="h6" mb="sm">
        Notes
      </Title>
      {canWrite && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            add.mutate(text.trim());
          }}
        >
          <Textarea
            aria-label="A new note"
            placeholder="What the next person should know"
            autosize
            minRows={2}
            maxRows={12}
            maxLength={MAX_CHARS}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Group justify="flex-end" mt="xs">
            <Button size="xs" type="submit" disabled={!text.trim()} loading={add.isPending} data-testid="add-note">
              Add note
            </Button>
          </Group>
        </form>
      )}
      {notes.isPending && <Skeleton height={64} radius="md" mt="sm" />}
      {notes.error && <ErrorState error={notes.error} retry={() => void notes.refetch()} isSmall />}
      {notes.data && (
        <Stack component="ul" gap="xs" mt="sm" p={0} mb={0} style={{ listStyle: "none" }}>
          {sorted.map((note) => (
            <NoteItem key={note.id} note={note} refresh={refresh} />
          ))}
        </Stack>
      )}
      {notes.data?.total === 0 && !canWrite && (
        <Text size="sm" c="dimmed">
          No notes.
        </Text>
      )}
    </Paper>
  );
}
