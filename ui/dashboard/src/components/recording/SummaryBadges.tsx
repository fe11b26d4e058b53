import { IconPhoneCall } from "@tabler/icons-react";
import type { Summary } from "@/api/voicegrams";
import { sentenceCase } from "@/format";
import { Mark, Marks } from "../Mark";

const urgencyColors: Record<string, string> = { high: "red", medium: "orange", low: "gray" };
const sentimentColors: Record<string, string> = { positive: "teal", neutral: "gray", negative: "pink" };

/** In lists only what stands out: neither a neutral tone nor a low urgency. */
export function SummaryBadges({ summary, isBrief = false }: { summary: Summary | null; isBrief?: boolean }) {
  if (!summary) return null;
  const { urgency, sentiment, intent, callback_required: callback } = summary;
  if (!urgency && !sentiment && !intent && !callback) return null;
  return (
    <Marks testId="summary-badges">
      {callback && (
        <Mark isFilled color="iris" icon={<IconPhoneCall size={12} />}>
          Call back
        </Mark>
      )}
      {urgency && !(isBrief && urgency === "low") && (
        <Mark color={urgencyColors[urgency] ?? "gray"}>{sentenceCase(urgency)} urgency</Mark>
      )}
      {intent && <Mark color="iris">{sentenceCase(intent)}</Mark>}
      {sentiment && !(isBrief && sentiment === "neutral") && (
        <Mark color={sentimentColors[sentiment] ?? "gray"}>{sentenceCase(sentiment)}</Mark>
      )}
    </Marks>
  );
}
