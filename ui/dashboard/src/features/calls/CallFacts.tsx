import { Button, Group, Text, ThemeIcon } from "@mantine/core";
import { IconMessage, IconPhone, IconUser } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { CallDetail } from "@/api/calls";
import { Fact, SideCard } from "@/components/SideCard";
import { Avatar, Duration, PhoneText, TimeText } from "@/components/texts";
import { millisecondsBetween, sentenceCase, spanText } from "@/format";
import { useFormats } from "@/hooks/useFormats";
import { directionWord, outsideNumber, partyName, reasonText } from "./words";

const MICROS = 1_000_000;

/** Who one spoke with, and the ways on. */
export function PartyCard({ call }: { call: CallDetail }) {
  const number = outsideNumber(call);
  const name = partyName(call);
  return (
    <SideCard title="Contact" testId="party">
      <Group gap="sm" wrap="nowrap" mb="sm">
        {call.lead_name ? (
          <Avatar name={name} size={40} />
        ) : (
          <ThemeIcon size={40} radius="xl" variant="light" color="gray" aria-hidden>
            <IconUser size={20} />
          </ThemeIcon>
        )}
        <div style={{ minWidth: 0 }}>
          <Text size="sm" fw={600} dir="auto" style={{ overflowWrap: "anywhere" }}>
            {name}
          </Text>
          {call.lead_name && number && (
            <Text size="xs" c="dimmed">
              <PhoneText phone={number} />
            </Text>
          )}
        </div>
      </Group>
      <Group gap={6}>
        {call.lead_id && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconUser size={14} aria-hidden />}
            renderRoot={(props) => <Link to="/contacts/$id" params={{ id: call.lead_id ?? "" }} {...props} />}
          >
            Profile
          </Button>
        )}
        {call.conversation_id && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconMessage size={14} aria-hidden />}
            renderRoot={(props) => <Link to="/inbox/$id" params={{ id: call.conversation_id ?? "" }} {...props} />}
          >
            Write
          </Button>
        )}
        {number && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconPhone size={14} aria-hidden />}
            component="a"
            href={`tel:${number}`}
          >
            Call
          </Button>
        )}
      </Group>
    </SideCard>
  );
}

export function FactsCard({ call }: { call: CallDetail }) {
  const { number, locale } = useFormats();
  const rang = millisecondsBetween(call.started_at, call.answered_at);
  const cost = new Intl.NumberFormat(locale, { style: "currency", currency: "USD", maximumFractionDigits: 4 });
  return (
    <SideCard title="Details" testId="facts">
      <Fact label="Direction">{directionWord(call)}</Fact>
      {call.from_number && (
        <Fact label="From">
          <PhoneText phone={call.from_number} />
        </Fact>
      )}
      {call.to_number && (
        <Fact label="To">
          <PhoneText phone={call.to_number} />
        </Fact>
      )}
      <Fact label="Started">
        <TimeText iso={call.started_at} look="full" />
      </Fact>
      {rang !== null && <Fact label="Answered">{rang < 1000 ? "At once" : `After ${spanText(rang)}`}</Fact>}
      {call.duration_seconds > 0 && (
        <Fact label="Length">
          <Duration seconds={call.duration_seconds} />
        </Fact>
      )}
      {call.ended_reason && <Fact label="Ended">{reasonText(call.ended_reason)}</Fact>}
      <Fact label="Carrier">{sentenceCase(call.provider)}</Fact>
      <Fact label="Cost">{call.cost_micros > 0 ? cost.format(call.cost_micros / MICROS) : "None"}</Fact>
      {call.sentiment?.score !== null && call.sentiment?.score !== undefined && (
        <Fact label="Sentiment">
          {sentenceCase(call.sentiment.label)} ({number(call.sentiment.score)})
        </Fact>
      )}
    </SideCard>
  );
}
