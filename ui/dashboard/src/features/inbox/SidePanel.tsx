import { Anchor, Button, Divider, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type Conversation } from "@/api/conversations";
import { leadQuery } from "@/api/leads";
import { Avatar, PhoneText, Tags, TimeText } from "@/components/texts";
import { partnerName } from "./words";

function Line({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text size="sm" component="div" style={{ overflowWrap: "anywhere" }}>
        {children}
      </Text>
    </div>
  );
}

/** Who one talks to. */
export function SidePanel({ conversation }: { conversation: Conversation }) {
  const name = partnerName(conversation);
  const { data: lead, isPending } = useQuery(leadQuery(conversation.lead_id));
  return (
    <Stack p="md" gap="md">
      <Stack gap={6} align="center" ta="center" pt="sm">
        <Avatar name={name} size={64} />
        <Text fw={650} style={{ overflowWrap: "anywhere" }}>
          {name}
        </Text>
        {lead?.company && lead.company !== name && (
          <Text size="sm" c="dimmed">
            {lead.company}
          </Text>
        )}
        <Button
          size="compact-sm"
          variant="default"
          mt={4}
          renderRoot={(props) => <Link to="/contacts/$id" params={{ id: conversation.lead_id }} {...props} />}
        >
          Open profile
        </Button>
      </Stack>
      <Divider />
      {isPending && <Skeleton height={120} radius="md" />}
      {lead && (
        <Stack gap="sm">
          {lead.phones.length > 0 && (
            <Line label="Phone">
              {lead.phones.map(({ value }) => (
                <div key={value}>
                  <PhoneText phone={value} isLink />
                </div>
              ))}
            </Line>
          )}
          {lead.emails.length > 0 && (
            <Line label="Email">
              {lead.emails.map(({ value }) => (
                <div key={value}>
                  <Anchor href={`mailto:${value}`} inherit>
                    {value}
                  </Anchor>
                </div>
              ))}
            </Line>
          )}
          {lead.tags.length > 0 && (
            <Line label="Tags">
              <Tags tags={lead.tags} />
            </Line>
          )}
          {lead.owner_name && <Line label="Owner">{lead.owner_name}</Line>}
          {lead.timezone && <Line label="Local time">{localTime(lead.timezone)}</Line>}
          <Line label="Contact since">
            <TimeText iso={lead.created_at} look="day" />
          </Line>
        </Stack>
      )}
    </Stack>
  );
}

function localTime(zone: string): string {
  try {
    return `${new Intl.DateTimeFormat(undefined, { timeZone: zone, hour: "2-digit", minute: "2-digit" }).format(new Date())} (${zone})`;
  } catch {
    return zone;
  }
}
