import { Paper, SimpleGrid, Skeleton } from "@mantine/core";
import type { OverviewReport } from "@/api/reports";
import { BarChart, type Series } from "@/components/BarChart";
import { Section } from "@/components/Page";
import { ErrorState } from "@/components/states";
import { StatCard } from "@/components/StatCard";
import { useFormats } from "@/hooks/useFormats";
import { DAYS, waitText } from "./spans";

const series: Series[] = [
  { key: "voicegrams", label: "Voicegrams", color: "iris.5" },
  { key: "calls", label: "Calls", color: "teal.5" },
  { key: "messages", label: "Messages", color: "orange.5" },
];

interface FiguresProps {
  report: OverviewReport | undefined;
  timeZone: string;
  error: Error | null;
  retry: () => void;
}

/** What came and went on each day, by channel. */
export function ActivityChart({ report, timeZone, error, retry }: FiguresProps) {
  const { locale } = useFormats();
  const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone });
  return (
    <Section title={`Last ${DAYS} days`} lead="Voicegrams, calls and messages, in and out">
      <Paper withBorder radius="lg" p="md">
        {error && !report && <ErrorState error={error} retry={retry} isSmall />}
        {!report && !error && <Skeleton height={252} radius="md" />}
        {report && (
          <BarChart
            title={`Voicegrams, calls and messages of the last ${DAYS} days`}
            series={series}
            height={224}
            bars={report.series.map((bucket) => ({
              label: day.format(new Date(bucket.start)),
              values: {
                voicegrams: bucket.voicegrams,
                calls: bucket.calls,
                messages: bucket.messages_in + bucket.messages_out,
              },
            }))}
          />
        )}
      </Paper>
    </Section>
  );
}

/** How fast people were answered. */
export function AnswerTimes({ report }: Pick<FiguresProps, "report">) {
  const { percent, number } = useFormats();
  const now = report?.totals;
  const before = report?.previous;
  const wait = (seconds: number | null | undefined) => (seconds === null || seconds === undefined ? "–" : waitText(seconds));
  const rate = (fraction: number | null | undefined) => (fraction === null || fraction === undefined ? "–" : percent(fraction));
  const hint = (seconds: number | null | undefined) =>
    seconds === null || seconds === undefined ? undefined : `${waitText(seconds)} in the ${DAYS} days before`;
  return (
    <Section title="Answers">
      <SimpleGrid cols={{ base: 1, xs: 3 }}>
        <StatCard
          label="Time to reply"
          value={now && wait(now.avg_reply_seconds)}
          hint={hint(before?.avg_reply_seconds)}
        />
        <StatCard
          label="Calls answered"
          value={now && rate(now.answer_rate)}
          hint={now && `${number(now.answered)} of ${number(now.calls)}`}
          to="/calls"
          search={{ status: "completed" }}
        />
        <StatCard
          label="Time to pick up"
          value={now && wait(now.avg_answer_seconds)}
          hint={hint(before?.avg_answer_seconds)}
        />
      </SimpleGrid>
    </Section>
  );
}
