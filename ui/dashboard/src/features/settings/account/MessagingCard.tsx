import { Checkbox, Group, SimpleGrid, Switch, TagsInput, Textarea, TextInput } from "@mantine/core";
import type { Account } from "@/api/account";
import { FormCard } from "@/components/FormCard";
import { useAccountForm } from "./useAccountForm";

const channels = [
  { value: "sms", label: "SMS" },
  { value: "whatsapp", label: "WhatsApp" },
  { value: "email", label: "Email" },
  { value: "call", label: "Calls" },
];

export function MessagingCard({ account }: { account: Account }) {
  const { form, card } = useAccountForm(
    account,
    ({ quiet_hours: quiet, help_text, stop_words, require_consent }) => ({
      is_quiet: quiet !== null,
      quiet_hours: { from: quiet?.from ?? "21:00", to: quiet?.to ?? "08:00" },
      help_text,
      stop_words,
      require_consent: require_consent as string[],
    }),
    ({ is_quiet: isQuiet, quiet_hours, ...values }) => ({ ...values, quiet_hours: isQuiet ? quiet_hours : null }),
  );
  return (
    <FormCard title="Messages" {...card}>
      <Switch
        label="Quiet hours"
        description="Bulk messages wait until they are over. What a person sends goes out at once."
        {...form.getInputProps("is_quiet", { type: "checkbox" })}
      />
      {form.values.is_quiet && (
        <SimpleGrid cols={2} maw={320}>
          <TextInput type="time" label="From" {...form.getInputProps("quiet_hours.from")} />
          <TextInput type="time" label="To" {...form.getInputProps("quiet_hours.to")} />
        </SimpleGrid>
      )}
      <Checkbox.Group
        label="Needs consent"
        description="Nothing for marketing goes out here before the contact agreed."
        {...form.getInputProps("require_consent")}
      >
        <Group mt={8}>
          {channels.map((channel) => (
            <Checkbox key={channel.value} {...channel} />
          ))}
        </Group>
      </Checkbox.Group>
      <TagsInput
        label="More stop words"
        description="Besides STOP and its like: whoever sends one gets no more messages."
        splitChars={[",", ";"]}
        acceptValueOnBlur
        {...form.getInputProps("stop_words")}
      />
      <Textarea
        label="Answer to HELP"
        description="Empty: a short standard text."
        autosize
        minRows={2}
        maxRows={6}
        {...form.getInputProps("help_text")}
      />
    </FormCard>
  );
}
