import { ActionIcon, Menu } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDots, IconLink, IconTrash } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { type CallDetail, callQuery, deleteCallRecording } from "@/api/calls";
import { useMay } from "@/api/session";
import { ConfirmDialog } from "@/components/ConfirmButton";
import { doneToast, problemToast } from "@/components/toasts";

export function CallActions({ call }: { call: CallDetail }) {
  const client = useQueryClient();
  const may = useMay();
  const [isAsking, { open: ask, close }] = useDisclosure();
  const copy = () =>
    navigator.clipboard.writeText(window.location.href).then(
      () => doneToast("Link copied. Opening it needs a sign-in."),
      (error) => problemToast("The link was not copied", error),
    );
  const erase = async () => {
    await deleteCallRecording(call.id);
    await client.invalidateQueries({ queryKey: callQuery(call.id).queryKey });
    doneToast("The recording was deleted.");
  };
  return (
    <>
      <Menu position="bottom-end" width={220}>
        <Menu.Target>
          <ActionIcon variant="default" size="lg" aria-label="Actions" data-testid="actions">
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconLink size={16} />} onClick={() => void copy()}>
            Copy link
          </Menu.Item>
          {call.has_recording && may("activity:manage") && (
            <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={ask}>
              Delete the recording
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <ConfirmDialog
        title="Delete the recording of this call?"
        verb="Delete"
        onConfirm={erase}
        isOpen={isAsking}
        onClose={close}
      >
        The audio is erased for good, everywhere it is offered. Transcript and summary stay.
      </ConfirmDialog>
    </>
  );
}
