import { ActionIcon, Button, Group, Menu, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconDots, IconPencil, IconRefresh, IconTrash } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type ApiKey, changeKey, revokeKey, rotateKey } from "@/api/apiKeys";
import { keys } from "@/api/keys";
import { ConfirmDialog } from "@/components/ConfirmButton";
import { Problem } from "@/components/Problem";
import { doneToast } from "@/components/toasts";
import { useSubmit } from "@/hooks/useSubmit";

const graces = [
  { value: "0", label: "at once" },
  { value: "1", label: "in an hour" },
  { value: "24", label: "in a day" },
  { value: "72", label: "in three days" },
];

type Open = "rename" | "rotate" | "revoke" | null;

function Rename({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState(apiKey.name);
  const { run, isBusy, problem } = useSubmit();
  const save = async () => {
    const isDone = await run(async () => {
      await changeKey(apiKey.id, { name: name.trim() });
      await client.invalidateQueries({ queryKey: keys.apiKeys });
    });
    if (isDone) onClose();
  };
  return (
    <Modal opened onClose={onClose} title="Rename the key" centered>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Stack>
          <Problem text={problem} />
          <TextInput label="Name" data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={isBusy} disabled={!name.trim()}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function Rotate({ apiKey, onClose, onMade }: { apiKey: ApiKey; onClose: () => void; onMade: (key: string) => void }) {
  const [hours, setHours] = useState("24");
  const { run, isBusy, problem } = useSubmit();
  const rotate = () =>
    run(async () => {
      const { key } = await rotateKey(apiKey.id, Number(hours));
      onClose();
      onMade(key);
    });
  return (
    <Modal opened onClose={onClose} title={`Replace “${apiKey.name}”`} centered>
      <Stack>
        <Text size="sm">You get a new key. The old one goes on working for a while, so that nothing stands still.</Text>
        <Problem text={problem} />
        <Select label="The old key ends" data={graces} allowDeselect={false} value={hours} onChange={(value) => setHours(value ?? "0")} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button loading={isBusy} onClick={() => void rotate()}>
            Replace
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

export function KeyMenu({ apiKey, onMade }: { apiKey: ApiKey; onMade: (key: string) => void }) {
  const client = useQueryClient();
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  return (
    <>
      <Menu position="bottom-end" width={180}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${apiKey.name}`} style={{ position: "relative", zIndex: 1 }}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => setOpen("rename")}>
            Rename
          </Menu.Item>
          <Menu.Item leftSection={<IconRefresh size={16} />} onClick={() => setOpen("rotate")}>
            Replace
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => setOpen("revoke")}>
            Revoke
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {open === "rename" && <Rename apiKey={apiKey} onClose={close} />}
      {open === "rotate" && <Rotate apiKey={apiKey} onClose={close} onMade={onMade} />}
      <ConfirmDialog
        title={`Revoke “${apiKey.name}”?`}
        verb="Revoke"
        isOpen={open === "revoke"}
        onClose={close}
        onConfirm={async () => {
          await revokeKey(apiKey.id);
          await client.invalidateQueries({ queryKey: keys.apiKeys });
          doneToast(`${apiKey.name} is revoked.`);
        }}
      >
        What uses it is refused from now on. This cannot be taken back.
      </ConfirmDialog>
    </>
  );
}
