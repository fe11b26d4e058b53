import { Input, type MantineColorScheme, SegmentedControl, Select, Text, useMantineColorScheme } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useId } from "react";
import { changePreferences } from "@/api/people";
import { type Preferences, preferencesQuery } from "@/api/session";
import { localeChoices, zoneChoices } from "@/choices";
import { FormCard } from "@/components/FormCard";
import { doneToast } from "@/components/toasts";
import { formatsFor } from "@/format";
import { useNow } from "@/hooks/useFormats";
import { useSubmit } from "@/hooks/useSubmit";

const schemes = [
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
  { value: "auto", label: "As this device" },
];

/** How times and numbers are written, and the colours of this browser. */
export function AppearanceCard({ preferences }: { preferences: Preferences }) {
  const client = useQueryClient();
  const labelId = useId();
  const now = useNow();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const form = useForm({ initialValues: { timezone: preferences.timezone, locale: preferences.locale } });
  const { run, ...state } = useSubmit(form);
  const save = form.onSubmit((values) =>
    run(async () => {
      client.setQueryData(preferencesQuery.queryKey, await changePreferences(values));
      form.resetDirty();
      doneToast("Saved.");
    }),
  );
  const { timezone, locale } = form.values;
  return (
    <FormCard title="Language and time" onSubmit={save} isDirty={form.isDirty()} {...state}>
      <Input.Wrapper label="Colours" labelElement="div" labelProps={{ id: labelId }} description="On this device; counts at once.">
        <SegmentedControl
          mt={6}
          data={schemes}
          value={colorScheme}
          onChange={(value) => setColorScheme(value as MantineColorScheme)}
          aria-labelledby={labelId}
        />
      </Input.Wrapper>
      <Select
        label="Time zone"
        placeholder="As this device"
        data={zoneChoices(timezone)}
        searchable
        clearable
        clearButtonProps={{ "aria-label": "As this device" }}
        nothingFoundMessage="Nothing found"
        {...form.getInputProps("timezone")}
      />
      <Select
        label="Dates and numbers as in"
        placeholder="As this browser"
        data={localeChoices(locale)}
        searchable
        clearable
        clearButtonProps={{ "aria-label": "As this browser" }}
        nothingFoundMessage="Nothing found"
        {...form.getInputProps("locale")}
      />
      <Text size="sm" c="dimmed">
        It is {formatsFor(locale, timezone).full(new Date(now).toISOString())}.
      </Text>
    </FormCard>
  );
}
