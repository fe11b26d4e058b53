import { ActionIcon, Alert, Button, Group, Menu, Modal, Select, Stack, Text } from "@mantine/core";
import { IconDots, IconPencil, IconRefresh, IconSend, IconTrash } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { keys } from "@/api/keys";
import { type Contract, deleteWebhook, eventTypesQuery, rotateWebhookSecret, testWebhook, type Webhook } from "@/api/webhooks";
import { ConfirmDialog } from "@/components/ConfirmButton";
import { Problem } from "@/components/Problem";
import { doneToast } from "@/components/toasts";
import { useSubmit } from "@/hooks/useSubmit";
import { nameOfWebhook } from "./contracts";

const graces = [
  { value: "0", label: "at once" },
  { value: "1", label: "in an hour" },
  { value: "24", label: "in a day" },
];

function Try({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const client = useQueryClient();
  const { data } = useQuery(eventTypesQuery(webhook.contract as Contract));
  const [event, setEvent] = useState<string | null>(null);
  const [result, setResult] = useState<Awaited<ReturnType<typeof testWebhook>> | null>(null);
  const { run, isBusy, problem } = useSubmit();
  const send = () =>
    run(async () => {
      setResult(null);
      setResult(await testWebhook(webhook.id, event));
      await client.invalidateQueries({ queryKey: keys.webhooks });
    });
  return (
    <Modal opened onClose={onClose} title="Send a sample" centered>
      <Stack>
        <Text size="sm">A signed sample is sent once. Its ids begin with “test_”.</Text>
        <Problem text={problem} />
        <Select
          label="Event"
          placeholder="The first one"
          data={data?.event_types.map(({ type }) => type) ?? []}
          searchable
          value={event}
          onChange={setEvent}
        />
        {result && (
          <Alert color={result.success ? "teal" : "red"} role="status" data-testid="test-result">
            {result.success ? `Delivered. The receiver answered ${result.status_code ?? ""}.` : `Not delivered: ${result.error ?? `status ${result.status_code ?? "unknown"}`}`}
          </Alert>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Close
          </Button>
          <Button loading={isBusy} onClick={() => void send()}>
            Send
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function Rotate({ webhook, onClose, onSecret }: { webhook: Webhook; onClose: () => void; onSecret: (secret: string) => void }) {
  const [hours, setHours] = useState("24");
  const { run, isBusy, problem } = useSubmit();
  const rotate = () =>
    run(async () => {
      const { secret } = await rotateWebhookSecret(webhook.id, Number(hours));
      onClose();
      onSecret(secret);
    });
  return (
    <Modal opened onClose={onClose} title="A new signing secret" centered>
      <Stack>
        <Text size="sm">For a while requests are signed with both, so that you can change it in your program.</Text>
        <Problem text={problem} />
        <Select label="The old secret ends" data={graces} allowDeselect={false} value={hours} onChange={(value) => setHours(value ?? "0")} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button loading={isBusy} onClick={() => void rotate()}>
            Make it
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

interface WebhookActionsProps {
  webhook: Webhook;
  onEdit: () => void;
  onSecret: (secret: string) => void;
}

export function WebhookActions({ webhook, onEdit, onSecret }: WebhookActionsProps) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [open, setOpen] = useState<"try" | "rotate" | "delete" | null>(null);
  const close = () => setOpen(null);
  return (
    <>
      <Button variant="default" leftSection={<IconSend size={16} />} onClick={() => setOpen("try")}>
        Test
      </Button>
      <Menu position="bottom-end" width={200}>
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label="More actions">
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={16} />} onClick={onEdit}>
            Change
          </Menu.Item>
          <Menu.Item leftSection={<IconRefresh size={16} />} onClick={() => setOpen("rotate")}>
            New secret
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => setOpen("delete")}>
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {open === "try" && <Try webhook={webhook} onClose={close} />}
      {open === "rotate" && <Rotate webhook={webhook} onClose={close} onSecret={onSecret} />}
      <ConfirmDialog
        title="Delete this webhook?"
        verb="Delete"
        isOpen={open === "delete"}
        onClose={close}
        onConfirm={async () => {
          await deleteWebhook(webhook.id);
          doneToast(`${nameOfWebhook(webhook)} is deleted.`);
          await navigate({ to: "/settings/webhooks" });
          await client.invalidateQueries({ queryKey: [...keys.webhooks, "list"] });
        }}
      >
        Its receiver gets nothing more; what waits to be delivered is dropped.
      </ConfirmDialog>
    </>
  );
}
