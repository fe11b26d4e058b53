import { Button, type ButtonProps, Group, Modal, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { type ReactNode, useState } from "react";
import { problemToast } from "./toasts";

interface ConfirmProps {
  title: string;
  children: ReactNode;
  /** What the button that does it says. */
  verb: string;
  onConfirm: () => Promise<unknown>;
  /** A word the person types first; for what cannot be taken back. */
  typed?: string;
  isOpen: boolean;
  onClose: () => void;
}

/** The question alone, for menus. */
export function ConfirmDialog({ title, children, verb, onConfirm, typed, isOpen, onClose }: ConfirmProps) {
  const [text, setText] = useState("");
  const [isBusy, setBusy] = useState(false);
  const close = () => {
    setText("");
    onClose();
  };
  const run = async () => {
    setBusy(true);
    try {
      await onConfirm();
      close();
    } catch (error) {
      problemToast("That did not work", error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened={isOpen} onClose={close} title={title} centered>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <Text size="sm" component="div">
          {children}
        </Text>
        {typed && (
          <TextInput
            mt="md"
            label={`Type “${typed}” to go on`}
            autoComplete="off"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        )}
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={close} data-autofocus={!typed}>
            Cancel
          </Button>
          <Button type="submit" color="red" loading={isBusy} disabled={typed !== undefined && text !== typed}>
            {verb}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

type ConfirmButtonProps = Omit<ConfirmProps, "isOpen" | "onClose" | "children"> &
  ButtonProps & { label: string; question: ReactNode; "aria-label"?: string };

/** A button that asks before it acts. */
export function ConfirmButton({ title, question, verb, onConfirm, typed, label, ...button }: ConfirmButtonProps) {
  const [isOpen, { open, close }] = useDisclosure();
  return (
    <>
      <Button variant="default" {...button} onClick={open}>
        {label}
      </Button>
      <ConfirmDialog
        title={title}
        verb={verb}
        onConfirm={onConfirm}
        isOpen={isOpen}
        onClose={close}
        {...(typed !== undefined && { typed })}
      >
        {question}
      </ConfirmDialog>
    </>
  );
}
