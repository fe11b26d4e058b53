import { Badge, Group } from "@mantine/core";
import { IconPhoneCall } from "@tabler/icons-react";
import type { Summary } from "@/api/voicegrams";
import { sentenceCase } from "@/format";

const urgencyColors: Record<string, string> = { high: "red", medium: "orange", low: "gray" };
const sentimentColors: Record<string, string> = { positive: "teal", neutral: "gray", negative: "pink" };

/** In lists only what stands out: neither a neutral tone nor a low urgency. */
export function SummaryBadges({ summary, isBrief = false }: { summary: Summary | null; isBrief?: boolean }) {
  if (!summary) return null;
  const { urgency, sentiment, intent, callback_required: callback } = summary;
  if (!urgency && !sentiment && !intent && !callback) return null;
  const look = { variant: "light", tt: "none", fw: 550, size: "md" } as const;
  return (
    <Group gap={6} data-testid="summary-badges">
      {callback && (
        <Badge {...look} variant="filled" color="iris" leftSection={<IconPhoneCall size={12} />}>
          Call back
        </Badge>
      )}
      {urgency && !(isBrief && urgency === "low") && (
        <Badge {...look} color={urgencyColors[urgency] ?? "gray"}>
          {sentenceCase(urgency)} urgency
        </Badge>
      )}
      {intent && (
        <Badge {...look} color="iris">
          {sentenceCase(intent)}
        </Badge>
      )}
      {sentiment && !(isBrief && sentiment === "neutral") && (
        <Badge {...look} color={sentimentColors[sentiment] ?? "gray"}>
          {sentenceCase(sentiment)}
        </Badge>
      )}
    </Group>
  );
}
