import { ActionIcon, Badge, Button, Group, Modal, Select, Stack, Text, TextInput, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconLinkOff, IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "@/api/client";
import { createListenLink, linksQuery, type ListenLink, revokeListenLink } from "@/api/voicegrams";
import { ConfirmDialog } from "@/components/ConfirmButton";
import { SecretOnce } from "@/components/SecretOnce";
import { SideCard } from "@/components/SideCard";
import { doneToast } from "@/components/toasts";
import { useFormats, useNow } from "@/hooks/useFormats";

const SPANS = [
  { value: "1", label: "1 day" },
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "", label: "As long as the plan allows" },
];

const kinds: Record<string, string> = {
  subscription: "Webhook",
  key: "API key",
  mailbox: "Notification mail",
  manual: "Made by hand",
};

interface NewLinkProps {
  voicegramId: string;
  isOpen: boolean;
  onClose: () => void;
  onMade: (url: string) => void;
}

function NewLink({ voicegramId, isOpen, onClose, onMade }: NewLinkProps) {
  const client = useQueryClient();
  const [recipient, setRecipient] = useState("");
  const [days, setDays] = useState<string | null>("7");
  const make = useMutation({
    mutationFn: () => createListenLink(voicegramId, { recipient: recipient.trim(), expires_in_days: days ? Number(days) : null }),
    onSuccess: async ({ url }) => {
      setRecipient("");
      onMade(url);
      await client.invalidateQueries({ queryKey: linksQuery(voicegramId).queryKey });
    },
  });
  const fields = make.error instanceof ApiError ? make.error.fields : {};
  return (
    <Modal opened={isOpen} onClose={onClose} title="Share this recording" centered>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <Stack>
          <Text size="sm" c="dimmed">
            Whoever has the link can listen without signing in, until it expires or you revoke it.
          </Text>
          <TextInput
            label="For whom"
            description="A mail address or a name, so that you know the link again"
            required
            maxLength={320}
            value={recipient}
            onChange={(event) => setRecipient(event.currentTarget.value)}
            error={fields.recipient}
            data-autofocus
          />
          <Select
            label="Works for"
            data={SPANS}
            value={days}
            onChange={setDays}
            allowDeselect={false}
            error={fields.expires_in_days}
            comboboxProps={{ withinPortal: true }}
          />
          {make.error && Object.keys(fields).length === 0 && (
            <Text size="sm" c="red" role="alert">
              {make.error.message}
            </Text>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={make.isPending} disabled={!recipient.trim()}>
              Create the link
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function LinkLine({ link, onRevoke }: { link: ListenLink; onRevoke: () => void }) {
  const { short, full } = useFormats();
  const now = useNow();
  const isOver = link.revoked_at !== null || (link.expires_at !== null && Date.parse(link.expires_at) <= now);
  const isNamed = link.kind === "manual" || link.kind === "mailbox";
  const kind = kinds[link.kind] ?? link.kind;
  const end = link.revoked_at
    ? `Revoked ${short(link.revoked_at)}`
    : link.expires_at
      ? `${isOver ? "Expired" : "Until"} ${full(link.expires_at)}`
      : "Until revoked";
  return (
    <Group justify="space-between" wrap="nowrap" gap="xs" data-testid="link">
      <div style={{ minWidth: 0 }}>
        <Text size="sm" truncate title={link.recipient} c={isOver ? "dimmed" : undefined} td={link.revoked_at ? "line-through" : undefined}>
          {isNamed ? link.recipient : kind}
        </Text>
        <Text size="xs" c="dimmed">
          {[...(isNamed ? [kind] : []), end, link.last_used_at ? `heard ${short(link.last_used_at)}` : "never used"].join(" · ")}
        </Text>
      </div>
      {isOver ? (
        <Badge size="sm" variant="light" color="gray" tt="none" style={{ flex: "none" }}>
          Over
        </Badge>
      ) : (
        <Tooltip label="Revoke" withArrow>
          <ActionIcon variant="subtle" color="gray" onClick={onRevoke} aria-label={`Revoke the link of ${isNamed ? link.recipient : kind}`}>
            <IconLinkOff size={16} />
          </ActionIcon>
        </Tooltip>
      )}
    </Group>
  );
}

/** Who can listen without an account, and until when. */
export function LinksCard({ voicegramId }: { voicegramId: string }) {
  const client = useQueryClient();
  const { data, error } = useQuery(linksQuery(voicegramId));
  const [isMaking, { open, close }] = useDisclosure();
  const [secret, setSecret] = useState<string | null>(null);
  const [revoking, setRevoking] = useState<ListenLink | null>(null);
  const links = data?.links ?? [];
  return (
    <SideCard
      title="Listen links"
      testId="links"
      action={
        <Button size="compact-xs" variant="subtle" leftSection={<IconPlus size={13} aria-hidden />} onClick={open}>
          New link
        </Button>
      }
    >
      {error && (
        <Text size="sm" c="red" role="alert">
          {error.message}
        </Text>
      )}
      {data && links.length === 0 && (
        <Text size="sm" c="dimmed">
          Nobody outside can listen.
        </Text>
      )}
      <Stack gap={10}>
        {links.map((link) => (
          <LinkLine key={link.id} link={link} onRevoke={() => setRevoking(link)} />
        ))}
      </Stack>
      <NewLink
        voicegramId={voicegramId}
        isOpen={isMaking}
        onClose={close}
        onMade={(url) => {
          close();
          setSecret(url);
        }}
      />
      <SecretOnce title="The link is ready" label="Listen link" secret={secret} onClose={() => setSecret(null)} />
      <ConfirmDialog
        title="Revoke this link?"
        verb="Revoke"
        isOpen={revoking !== null}
        onClose={() => setRevoking(null)}
        onConfirm={async () => {
          if (!revoking) return;
          await revokeListenLink(voicegramId, revoking.id);
          await client.invalidateQueries({ queryKey: linksQuery(voicegramId).queryKey });
          doneToast("The link works no more.");
        }}
      >
        {revoking?.kind === "manual"
          ? `${revoking.recipient} can listen no more, at once.`
          : "This receiver gets links to every voicegram: all of them stop working at once."}
      </ConfirmDialog>
    </SideCard>
  );
}
