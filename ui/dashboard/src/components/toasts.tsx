import { Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconArrowBackUp } from "@tabler/icons-react";

const UNDO_MS = 8_000;

export const doneToast = (message: string) => notifications.show({ message });

/** Something was refused or went back to how it was. */
export const problemToast = (title: string, error: unknown) =>
  notifications.show({
    color: "red",
    title,
    message: error instanceof Error ? error.message : "Please try again.",
    autoClose: 8_000,
    role: "alert",
  });

export function undoToast(message: string, undo: () => void): void {
  const id = notifications.show({
    autoClose: UNDO_MS,
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">{message}</Text>
        <Button
          size="compact-sm"
          variant="subtle"
          leftSection={<IconArrowBackUp size={14} />}
          onClick={() => {
            notifications.hide(id);
            undo();
          }}
        >
          Undo
        </Button>
      </Group>
    ),
  });
}
