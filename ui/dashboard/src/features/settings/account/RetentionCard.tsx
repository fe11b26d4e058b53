import { NumberInput, SimpleGrid } from "@mantine/core";
import type { Account } from "@/api/account";
import { FormCard } from "@/components/FormCard";
import { useAccountForm } from "./useAccountForm";

const MOST_DAYS = 3650;
const days = (value: number | string): number | null => (value === "" ? null : Number(value));
type Days = number | "";

export function RetentionCard({ account }: { account: Account }) {
  const { form, card } = useAccountForm(
    account,
    ({ retention }) => ({
      retention: {
        recordings_days: retention.recordings_days as Days,
        transcripts_days: (retention.transcripts_days ?? "") as Days,
        messages_days: (retention.messages_days ?? "") as Days,
      },
    }),
    ({ retention }) => ({
      retention: {
        recordings_days: days(retention.recordings_days),
        transcripts_days: days(retention.transcripts_days),
        messages_days: days(retention.messages_days),
      },
    }),
  );
  const limits = { min: 1, max: MOST_DAYS, allowDecimal: false, suffix: " days" } as const;
  return (
    <FormCard title="Keeping" lead="What is older is deleted every night and cannot be brought back." {...card}>
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        <NumberInput label="Recordings" {...limits} {...form.getInputProps("retention.recordings_days")} />
        <NumberInput label="Transcripts" placeholder="For ever" {...limits} {...form.getInputProps("retention.transcripts_days")} />
        <NumberInput label="Messages" placeholder="For ever" {...limits} {...form.getInputProps("retention.messages_days")} />
      </SimpleGrid>
    </FormCard>
  );
}
