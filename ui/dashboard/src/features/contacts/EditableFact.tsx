import { ActionIcon, Group, Select, Text, TextInput, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { IconCheck, IconX } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { ApiError } from "@/api/client";
import classes from "./contacts.module.css";

interface EditableFactProps {
  label: string;
  value: string | null;
  /** How the value looks while it is not edited; the value itself unless given. */
  shown?: ReactNode;
  canEdit: boolean;
  /** What stands in an empty field that may be edited. */
  unset?: string;
  type?: "text" | "email" | "tel" | "url" | "date";
  choices?: readonly { value: string; label: string }[];
  /** Rejects with what the server says; null empties the field. */
  onSave: (value: string | null) => Promise<unknown>;
}

/** One line of a profile that is edited where it stands: Enter saves, Escape leaves it as it was. */
export function EditableFact({ label, value, shown, canEdit, unset = "Add", type = "text", choices, onSave }: EditableFactProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const [fault, setFault] = useState("");
  const [isBusy, setBusy] = useState(false);

  const leave = () => {
    setDraft(null);
    setFault("");
  };
  const save = async (next: string | null) => {
    if ((next ?? "") === (value ?? "")) return leave();
    setBusy(true);
    try {
      await onSave(next === "" ? null : next);
      leave();
    } catch (error) {
      setFault(error instanceof ApiError ? (error.faults[0]?.message ?? error.message) : "That did not work.");
    } finally {
      setBusy(false);
    }
  };

  if (draft === null) {
    const text = value === null || value === "" ? <span className={classes.unset}>{canEdit ? unset : "–"}</span> : (shown ?? value);
    return (
      <div className={classes.fact}>
        <Text size="sm" c="dimmed" className={classes.factLabel}>
          {label}
        </Text>
        {canEdit ? (
          <UnstyledButton
            className={classes.factValue}
            onClick={() => setDraft(value ?? "")}
          >
            <VisuallyHidden>Change {(label || type).toLowerCase()}: </VisuallyHidden>
            {text}
          </UnstyledButton>
        ) : (
          <Text size="sm" className={classes.factValue} component="div">
            {text}
          </Text>
        )}
      </div>
    );
  }
  return (
    <form
      className={classes.fact}
      onSubmit={(event) => {
        event.preventDefault();
        void save(draft.trim());
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") leave();
      }}
    >
      <Group gap={6} wrap="nowrap" align="flex-start" w="100%">
        {choices ? (
          <Select
            size="xs"
            flex={1}
            searchable={choices.length > 8}
            aria-label={label}
            data={choices}
            value={draft || null}
            clearable
            defaultDropdownOpened
            error={fault}
            disabled={isBusy}
            onChange={(next) => void save(next)}
          />
        ) : (
          <TextInput
            size="xs"
            flex={1}
            type={type}
            aria-label={label}
            placeholder={label}
            data-autofocus
            autoFocus
            value={draft}
            error={fault}
            disabled={isBusy}
            onChange={(event) => setDraft(event.currentTarget.value)}
          />
        )}
        {!choices && (
          <ActionIcon type="submit" size={30} variant="light" loading={isBusy} aria-label={`Save ${label.toLowerCase()}`}>
            <IconCheck size={16} />
          </ActionIcon>
        )}
        <ActionIcon size={30} variant="subtle" color="gray" aria-label="Cancel" onClick={leave}>
          <IconX size={16} />
        </ActionIcon>
      </Group>
    </form>
  );
}
