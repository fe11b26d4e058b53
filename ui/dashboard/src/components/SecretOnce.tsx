import { Alert, Button, Group, Modal, Stack } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { CopyField } from "./CopyField";

interface SecretOnceProps {
  title: string;
  label: string;
  /** Null: closed. */
  secret: string | null;
  onClose: () => void;
  children?: ReactNode;
}

/** A secret the server tells only now: it closes by its button alone. */
export function SecretOnce({ title, label, secret, onClose, children }: SecretOnceProps) {
  return (
    <Modal
      opened={secret !== null}
      onClose={onClose}
      title={title}
      centered
      size="lg"
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
    >
      <Stack>
        <Alert color="yellow" icon={<IconKey size={18} />}>
          Copy it now and keep it safe. It is not shown again.
        </Alert>
        <CopyField label={label} value={secret ?? ""} testId="secret" />
        {children}
        <Group justify="flex-end">
          <Button onClick={onClose} data-autofocus>
            I have copied it
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
