import { Badge, Button, Group, Paper, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { keys } from "@/api/keys";
import { type Invitation, invitationsQuery, resendInvitation, withdrawInvitation } from "@/api/people";
import { ConfirmButton } from "@/components/ConfirmButton";
import { Section } from "@/components/Page";
import { TimeText } from "@/components/texts";
import { doneToast, problemToast } from "@/components/toasts";
import { roleNames } from "./roles";

function Row({ invitation }: { invitation: Invitation }) {
  const client = useQueryClient();
  const { id, email, name, role, status, expires_at: end } = invitation;
  const refresh = () =>
    Promise.all([client.invalidateQueries({ queryKey: keys.users }), client.invalidateQueries({ queryKey: keys.invitations })]);
  const resend = async () => {
    try {
      await resendInvitation(id);
      await refresh();
      doneToast(`A new link is on its way to ${email}. The old one has ended.`);
    } catch (error) {
      problemToast("Could not send it", error);
    }
  };
  return (
    <Group justify="space-between" gap="sm" data-testid="invitation">
      <div style={{ minWidth: 0, flex: "1 1 220px", overflowWrap: "anywhere" }}>
        <Text size="sm" fw={550}>
          {email}
        </Text>
        <Text size="sm" c="dimmed">
          {name && name !== email.split("@")[0] ? `${name}, ` : ""}
          {roleNames[role]}.{" "}
          {status === "expired" ? (
            <Badge size="sm" variant="light" color="orange" tt="none">
              Expired
            </Badge>
          ) : (
            <>
              Works until <TimeText iso={end} look="day" />.
            </>
          )}
        </Text>
      </div>
      <Group gap="xs">
        <Button size="xs" variant="default" onClick={() => void resend()}>
          Send again
        </Button>
        <ConfirmButton
          size="xs"
          label="Withdraw"
          title="Withdraw the invitation?"
          question={`The link that ${email} got ends.`}
          verb="Withdraw"
          onConfirm={async () => {
            await withdrawInvitation(id);
            await refresh();
          }}
        />
      </Group>
    </Group>
  );
}

/** Who was asked and has not come yet; nothing when nobody was. */
export function Invitations() {
  const { data } = useQuery(invitationsQuery);
  if (!data || data.invitations.length === 0) return null;
  return (
    <Section title="Invited">
      <Paper withBorder radius="lg" p="md">
        <Stack gap="md">
          {data.invitations.map((invitation) => (
            <Row key={invitation.id} invitation={invitation} />
          ))}
        </Stack>
      </Paper>
    </Section>
  );
}
