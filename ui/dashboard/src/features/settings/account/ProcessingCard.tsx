import { Switch } from "@mantine/core";
import type { Account } from "@/api/account";
import { FormCard } from "@/components/FormCard";
import { useAccountForm } from "./useAccountForm";

const switches = [
  { name: "recording_enabled", label: "Record calls", about: "Tell callers where the law asks for it." },
  { name: "transcription_enabled", label: "Write down what was said", about: "Calls get a transcript that can be searched." },
  { name: "summary_enabled", label: "Summaries", about: "What it was about and what is to be done." },
  { name: "sentiment_enabled", label: "Mood", about: "Whether the caller was content." },
] as const;

export function ProcessingCard({ account }: { account: Account }) {
  const { form, card } = useAccountForm(
    account,
    ({ recording_enabled, transcription_enabled, summary_enabled, sentiment_enabled }) => ({
      recording_enabled,
      transcription_enabled,
      summary_enabled,
      sentiment_enabled,
    }),
    (values) => values,
  );
  return (
    <FormCard title="Calls" {...card}>
      {switches.map(({ name, label, about }) => (
        <Switch key={name} label={label} description={about} {...form.getInputProps(name, { type: "checkbox" })} />
      ))}
    </FormCard>
  );
}
