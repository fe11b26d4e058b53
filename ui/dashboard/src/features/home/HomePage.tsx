import { Grid, SimpleGrid, Stack } from "@mantine/core";
import { IconBolt, IconInbox, IconPhoneCall, IconPhoneX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { overviewQuery } from "@/api/reports";
import { useMay } from "@/api/session";
import type { Voicegram } from "@/api/voicegrams";
import { Page } from "@/components/Page";
import { ErrorState } from "@/components/states";
import { StatCard } from "@/components/StatCard";
import { phoneText } from "@/format";
import { useFormats, useNow } from "@/hooks/useFormats";
import { ActivityChart, AnswerTimes } from "./Figures";
import { FirstSteps } from "./FirstSteps";
import { anythingQuery, callbacksQuery, missedQuery, unansweredQuery, urgentQuery } from "./queries";
import { DAYS, dateBefore, MISSED_DAYS } from "./spans";
import { orderWaiting, type Waiting, WaitingList } from "./Waiting";

const ofVoicegram = ({ id, sender, summary, transcript, created_at: at }: Voicegram): Waiting => ({
  id,
  to: "/voicegrams/$id",
  params: { id },
  kind: "voicegram",
  name: sender.email ?? (sender.phone ? phoneText(sender.phone) : "Unknown sender"),
  text: summary?.text || transcript.text,
  at,
  isUrgent: summary?.urgency === "high",
});

/** What waits, of every kind; undefined until all have answered. */
function useWaiting(missedFrom: string) {
  const may = useMay();
  const canRead = may("conversations:read");
  const callbacks = useQuery({ ...callbacksQuery, enabled: canRead });
  const urgent = useQuery({ ...urgentQuery, enabled: canRead });
  const unanswered = useQuery({ ...unansweredQuery, enabled: canRead });
  const missed = useQuery({ ...missedQuery(missedFrom), enabled: may("activity:read") });
  const all = [callbacks, urgent, unanswered, missed];
  const items: Waiting[] = [
    ...[...(urgent.data?.voicegrams ?? []), ...(callbacks.data?.voicegrams ?? [])].map(ofVoicegram),
    ...(unanswered.data?.conversations ?? [])
      // A voicegram stands above for itself.
      .filter(({ last_message: last }) => last && last.channel !== "voicegram" && last.channel !== "call")
      .map(({ id, lead, last_message: last, updated_at: updated }) => ({
        id,
        to: "/inbox/$id",
        params: { id },
        kind: "conversation" as const,
        name: lead?.name ?? lead?.email ?? (lead?.phone ? phoneText(lead.phone) : "Unknown contact"),
        text: last?.snippet ?? "",
        at: last?.created_at ?? updated,
        isUrgent: false,
      })),
    ...(missed.data?.calls ?? []).map((call) => ({
      id: call.id,
      to: "/calls/$id",
      params: { id: call.id },
      kind: "call" as const,
      name: call.lead_name ?? (call.from_number ? phoneText(call.from_number) : "Unknown number"),
      text: "Missed call",
      at: call.started_at,
      isUrgent: false,
    })),
  ];
  const isLoading = all.some((query) => query.isLoading);
  return {
    callbacks: callbacks.data?.total,
    urgent: urgent.data?.total,
    unanswered: unanswered.data?.total,
    missed: missed.data?.total,
    items: isLoading ? undefined : orderWaiting(items),
    error: all.every((query) => query.error && !query.data) ? callbacks.error : null,
    retry: () => void Promise.all(all.map((query) => query.refetch())),
  };
}

export function HomePage() {
  const may = useMay();
  const formats = useFormats();
  const now = new Date(useNow());
  const timeZone = formats.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const missedFrom = dateBefore(MISSED_DAYS - 1, timeZone, now);
  const waiting = useWaiting(missedFrom);
  const span = { from: dateBefore(DAYS - 1, timeZone, now), timezone: timeZone, compare: "previous" as const };
  const report = useQuery({ ...overviewQuery(span), enabled: may("activity:read") });
  const anything = useQuery({ ...anythingQuery, enabled: may("conversations:read") });
  const { number } = formats;
  const shown = (count: number | undefined) => (count === undefined ? undefined : number(count));
  const isEmpty = anything.data === false && report.data?.totals.calls === 0 && report.data.totals.voicegrams === 0;
  return (
    <Page
      title="Home"
      width={1600}
      lead={<time dateTime={now.toISOString()}>{formats.day(now.toISOString())}</time>}
    >
      {waiting.error ? (
        <ErrorState error={waiting.error} retry={waiting.retry} />
      ) : (
        <Stack gap="xl">
          {isEmpty && <FirstSteps />}
          {!isEmpty && (
            <SimpleGrid cols={{ base: 2, md: 4 }} spacing={{ base: "xs", sm: "md" }}>
              <StatCard
                label="Call back"
                value={shown(waiting.callbacks)}
                hint="asked for in a voicegram"
                icon={<IconPhoneCall size={18} />}
                to="/voicegrams"
                search={{ callback_required: true, unread: true }}
              />
              <StatCard
                label="Urgent"
                value={shown(waiting.urgent)}
                hint="voicegrams nobody has opened"
                icon={<IconBolt size={18} />}
                to="/voicegrams"
                search={{ urgency: "high", unread: true }}
              />
              <StatCard
                label="Unanswered"
                value={shown(waiting.unanswered)}
                hint="conversations with news"
                icon={<IconInbox size={18} />}
                to="/inbox"
                search={{ unread: true }}
              />
              <StatCard
                label="Missed calls"
                value={shown(waiting.missed)}
                hint={`in the last ${MISSED_DAYS} days`}
                icon={<IconPhoneX size={18} />}
                to="/calls"
                search={{ direction: "inbound", status: "no_answer", from: missedFrom }}
              />
            </SimpleGrid>
          )}
          <Grid gap="xl">
            <Grid.Col span={{ base: 12, lg: 7 }} order={{ base: 2, lg: 1 }}>
              <Stack gap="xl">
                <ActivityChart report={report.data} timeZone={timeZone} error={report.error} retry={() => void report.refetch()} />
                <AnswerTimes report={report.data} />
              </Stack>
            </Grid.Col>
            <Grid.Col span={{ base: 12, lg: 5 }} order={{ base: 1, lg: 2 }}>
              <WaitingList items={waiting.items} />
            </Grid.Col>
          </Grid>
        </Stack>
      )}
    </Page>
  );
}
