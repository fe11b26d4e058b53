import { Button, Stack } from "@mantine/core";
import { IconAntennaBars5, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { integrationsQuery, numbersQuery } from "@/api/numbers";
import { simulatorQuery, useMay } from "@/api/session";
import { IntegrationCard } from "@/components/integrations/IntegrationCard";
import { Page, Section } from "@/components/Page";
import { EmptyState, ErrorState, LoadingState } from "@/components/states";
import { useFilters } from "@/hooks/useFilters";
import { filters } from "./filters";
import { ImportNumber } from "./ImportNumber";
import { NumberRow } from "./NumberRow";

const about: Record<string, string> = {
  twilio: "Calls, SMS and MMS with numbers that you have there.",
  meta_whatsapp: "WhatsApp messages from your own business number.",
};

export function NumbersPage() {
  const may = useMay();
  const { values, change } = useFilters(filters);
  const numbers = useQuery(numbersQuery);
  const integrations = useQuery(integrationsQuery);
  const { data: hasSimulator = false } = useQuery({ ...simulatorQuery, enabled: may("settings:write") });
  const error = numbers.error ?? integrations.error;
  const carriers = (integrations.data?.integrations ?? []).filter(({ category }) => category === "carrier");
  const add = may("phone:write") && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => change({ new: true })}>
      Bring in a number
    </Button>
  );
  return (
    <Page title="Numbers and carriers" lead="Where calls and messages come from, and who gets them." actions={!error && add} width={1100}>
      {error && (
        <ErrorState
          error={error}
          retry={() => {
            void numbers.refetch();
            void integrations.refetch();
          }}
        />
      )}
      {!error && (!numbers.data || !integrations.data) && <LoadingState rows={3} height={76} />}
      {numbers.data && integrations.data && (
        <Stack gap="xl">
          <Section title="Numbers">
            {numbers.data.phone_numbers.length === 0 && (
              <EmptyState icon={<IconAntennaBars5 size={24} />} title="No numbers yet" isSmall action={add}>
                Connect a carrier below and bring in a number that you have there
                {hasSimulator ? ", or take a simulated one" : ""}.
              </EmptyState>
            )}
            {numbers.data.phone_numbers.map((number) => (
              <NumberRow key={number.id} number={number} />
            ))}
          </Section>
          <Section title="Carriers">
            {carriers.map((integration) => (
              <IntegrationCard key={integration.key} integration={integration} about={about[integration.key] ?? ""} />
            ))}
          </Section>
        </Stack>
      )}
      {values.new && integrations.data && (
        <ImportNumber carriers={carriers} hasSimulator={hasSimulator} onClose={() => change({ new: undefined })} />
      )}
    </Page>
  );
}
