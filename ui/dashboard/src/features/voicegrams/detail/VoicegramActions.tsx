import { ActionIcon, Button, Group, Menu, Modal, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { IconDots, IconLink, IconRefresh, IconSparkles, IconTrash } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { deleteVoicegram, reprocessVoicegram, type VoicegramDetail, voicegramQuery } from "@/api/voicegrams";

export function VoicegramActions({ voicegram }: { voicegram: VoicegramDetail }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [isAsking, { open: ask, close }] = useDisclosure();
  const failed = (error: Error) => notifications.show({ color: "red", message: error.message });
  const erase = useMutation({
    mutationFn: () => deleteVoicegram(voicegram.id),
    onError: failed,
    onSuccess: async () => {
      client.removeQueries({ queryKey: voicegramQuery(voicegram.id).queryKey });
      await client.invalidateQueries({ queryKey: ["voicegrams"] });
      await navigate({ to: "/voicegrams" });
    },
  });
  const redo = useMutation({
    mutationFn: (steps: ("transcribe" | "insight")[]) => reprocessVoicegram(voicegram.id, steps),
    onError: failed,
    onSuccess: async () => {
      notifications.show({ message: "The message is being processed again." });
      await client.invalidateQueries({ queryKey: voicegramQuery(voicegram.id).queryKey });
    },
  });
  const copyLink = () =>
    navigator.clipboard
      .writeText(window.location.href)
      .then(() => notifications.show({ message: "Link copied. Opening it needs a sign-in." }), failed);
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
          <Menu.Divider />
          <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={ask}>
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={isAsking} onClose={close} title="Delete this message?" centered>
        <Text size="sm">The recording, its transcript and its summary are erased for good.</Text>
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={close} data-autofocus>
            Keep
          </Button>
          <Button color="red" loading={erase.isPending} onClick={() => erase.mutate()}>
            Delete
          </Button>
        </Group>
      </Modal>
    </>
  );
}
