import { Button, Group, Modal, TextInput } from "@mantine/core";
import { useState } from "react";
import { useFormats } from "@/hooks/useFormats";
import { momentOf, wallTime } from "./when";

const HOUR_MS = 3_600_000;
const LONGEST_MS = 365 * 24 * HOUR_MS;

interface WhenDialogProps {
  title: string;
  verb: string;
  isOpen: boolean;
  onClose: () => void;
  onChosen: (at: Date) => void;
}

/** Asks for a day and a time within a year. */
export function WhenDialog({ isOpen, onClose, title, ...form }: WhenDialogProps) {
  return (
    <Modal opened={isOpen} onClose={onClose} title={title} centered size="sm">
      <Form {...form} onClose={onClose} />
    </Modal>
  );
}

function Form({ verb, onClose, onChosen }: Omit<WhenDialogProps, "isOpen" | "title">) {
  const { timeZone } = useFormats();
  const [now] = useState(Date.now);
  const [wall, setWall] = useState(() => wallTime(new Date(now + HOUR_MS), timeZone));
  const at = wall ? momentOf(wall, timeZone) : null;
  const isAhead = at !== null && at.getTime() > now && at.getTime() < now + LONGEST_MS;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!at || !isAhead) return;
        onChosen(at);
        onClose();
      }}
    >
      <TextInput
        type="datetime-local"
        label="Day and time"
        description={timeZone}
        data-autofocus
        value={wall}
        onChange={(event) => setWall(event.currentTarget.value)}
        error={!isAhead && "Choose a time within the next year"}
      />
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" disabled={!isAhead}>
          {verb}
        </Button>
      </Group>
    </form>
  );
}
