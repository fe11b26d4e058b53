import { Select, SimpleGrid } from "@mantine/core";
import type { Account } from "@/api/account";
import { countryChoices, currencyChoices, localeChoices, zoneChoices } from "@/choices";
import { FormCard } from "@/components/FormCard";
import { useAccountForm } from "./useAccountForm";

const weekStarts = [
  { value: "monday", label: "Monday" },
  { value: "saturday", label: "Saturday" },
  { value: "sunday", label: "Sunday" },
];
const choice = { allowDeselect: false, nothingFoundMessage: "Nothing found" } as const;

export function FormatsCard({ account }: { account: Account }) {
  const { form, card } = useAccountForm(
    account,
    ({ timezone, country, language, locale, currency, week_start }) => ({ timezone, country, language, locale, currency, week_start: week_start as string }),
    (values) => values,
  );
  return (
    <FormCard title="Place and language" lead="People can choose their own zone and formats in their profile." {...card}>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Select label="Country" description="For phone numbers without a code" data={countryChoices()} searchable {...choice} {...form.getInputProps("country")} />
        <Select label="Time zone" description="Days in reports begin at its midnight" data={zoneChoices(account.timezone)} searchable {...choice} {...form.getInputProps("timezone")} />
        <Select label="Spoken language" description="What callers and visitors speak" data={localeChoices(account.language)} searchable {...choice} {...form.getInputProps("language")} />
        <Select label="Dates and numbers as in" description="Unless a person chose their own" data={localeChoices(account.locale)} searchable {...choice} {...form.getInputProps("locale")} />
        <Select label="Currency" data={currencyChoices(account.currency)} searchable {...choice} {...form.getInputProps("currency")} />
        <Select label="Week begins on" data={weekStarts} {...choice} {...form.getInputProps("week_start")} />
      </SimpleGrid>
    </FormCard>
  );
}
