import { ActionIcon, Menu } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDots, IconLink, IconRefresh, IconSparkles, IconTrash } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { keys } from "@/api/keys";
import { useMay } from "@/api/session";
import { deleteVoicegram, reprocessVoicegram, type VoicegramDetail, voicegramQuery } from "@/api/voicegrams";
import { ConfirmDialog } from "@/components/ConfirmButton";
import { doneToast, problemToast } from "@/components/toasts";

export function VoicegramActions({ voicegram }: { voicegram: VoicegramDetail }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [isAsking, { open: ask, close }] = useDisclosure();
  const may = useMay();
  const erase = async () => {
    await deleteVoicegram(voicegram.id);
    client.removeQueries({ queryKey: voicegramQuery(voicegram.id).queryKey });
    await navigate({ to: "/voicegrams" });
    await client.invalidateQueries({ queryKey: keys.voicegrams });
  };
  const redo = useMutation({
    mutationFn: (steps: ("transcribe" | "insight")[]) => reprocessVoicegram(voicegram.id, steps),
    onError: (error) => problemToast("Could not process it again", error),
    onSuccess: async () => {
      doneToast("The message is being processed again.");
      await client.invalidateQueries({ queryKey: voicegramQuery(voicegram.id).queryKey });
    },
  });
  const copyLink = () =>
    navigator.clipboard
      .writeText(window.location.href)
      .then(
        () => doneToast("Link copied. Opening it needs a sign-in."),
        (error: unknown) => problemToast("Could not copy the link", error),
      );
  const canRedo = voicegram.status !== "processing" && !voicegram.audio?.deleted_at;
  return (
    <>
      <Menu position="bottom-end" width={220}>
        <Menu.Target>
          <ActionIcon variant="default" size="lg" aria-label="Actions" data-testid="actions">
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconLink size={16} />} onClick={() => void copyLink()}>
            Copy link
          </Menu.Item>
          {may("conversations:write") && (
            <>
              <Menu.Item
                leftSection={<IconRefresh size={16} />}
                disabled={!canRedo}
                onClick={() => redo.mutate(["transcribe", "insight"])}
              >
                Transcribe again
              </Menu.Item>
              <Menu.Item
                leftSection={<IconSparkles size={16} />}
                disabled={!canRedo || !voicegram.transcript.text}
                onClick={() => redo.mutate(["insight"])}
              >
                Summarise again
              </Menu.Item>
            </>
          )}
          {may("conversations:manage") && (
            <>
              <Menu.Divider />
              <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={ask}>
                Delete
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <ConfirmDialog title="Delete this message?" verb="Delete" isOpen={isAsking} onClose={close} onConfirm={erase}>
        The recording, its transcript and its summary are erased for good.
      </ConfirmDialog>
    </>
  );
}
