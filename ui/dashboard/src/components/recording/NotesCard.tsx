import { Button, Group, Text, Textarea } from "@mantine/core";
import { useState } from "react";
import { SideCard } from "@/components/SideCard";
import { problemToast } from "@/components/toasts";
import { useDraft } from "@/hooks/useDraft";

interface NotesCardProps {
  /** Where this browser keeps what is typed and not saved. */
  draft: string;
  notes: string;
  /** Absent: the person may only read. */
  onSave?: ((notes: string) => Promise<unknown>) | undefined;
}

const MAX_CHARS = 20_000;

/** Notes for the people of the account; nothing typed is lost until it is saved or taken back. */
export function NotesCard({ draft, notes, onSave }: NotesCardProps) {
  const [typed, setTyped, discard] = useDraft<string | null>(draft, null);
  const [isBusy, setBusy] = useState(false);
  const text = typed ?? notes;
  const isChanged = typed !== null && typed !== notes;
  if (!onSave) {
    return notes ? (
      <SideCard title="Notes">
        <Text size="sm" dir="auto" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
          {notes}
        </Text>
      </SideCard>
    ) : null;
  }
  const save = async () => {
    setBusy(true);
    try {
      await onSave(text);
      discard();
    } catch (error) {
      problemToast("The notes were not saved", error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <SideCard title="Notes" testId="notes">
      <Textarea
        aria-label="Notes"
        placeholder="Only people of your account see these"
        autosize
        minRows={2}
        maxRows={14}
        maxLength={MAX_CHARS}
        dir="auto"
        value={text}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && isChanged) void save();
        }}
      />
      {isChanged && (
        <Group justify="flex-end" gap="xs" mt="xs">
          <Button size="compact-sm" variant="subtle" color="gray" onClick={discard} disabled={isBusy}>
            Discard
          </Button>
          <Button size="compact-sm" onClick={() => void save()} loading={isBusy}>
            Save
          </Button>
        </Group>
      )}
    </SideCard>
  );
}
