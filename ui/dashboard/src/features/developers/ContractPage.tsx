import { Button, SegmentedControl, SimpleGrid, Stack } from "@mantine/core";
import { IconBook, IconFileCode, IconMapPinOff } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { CopyField } from "@/components/CopyField";
import { Page, Section } from "@/components/Page";
import { EmptyState } from "@/components/states";
import { LANGUAGES, type Language } from "./code";
import { type Contract, contractNamed } from "./contracts";
import { KeyCard } from "./KeyCard";
import { SampleCard } from "./SampleCard";

const route = getRouteApi("/app/developers/$contract");
const BACK = { to: "/developers", label: "Developers" };

function FirstCalls({ contract }: { contract: Contract }) {
  const [language, setLanguage] = useState<Language>("curl");
  const [key, setKey] = useState<string | null>(null);
  return (
    <Page
      title={contract.title}
      back={BACK}
      lead={contract.text}
      actions={
        <>
          <Button
            variant="default"
            component="a"
            href={contract.guide}
            target="_blank"
            rel="noopener"
            leftSection={<IconBook size={16} aria-hidden />}
          >
            Guide
          </Button>
          <Button
            component="a"
            href={`/docs/${contract.name}`}
            target="_blank"
            rel="noopener"
            leftSection={<IconFileCode size={16} aria-hidden />}
          >
            Every call
          </Button>
        </>
      }
    >
      <Stack gap="lg">
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <CopyField label="Base address" value={window.location.origin + contract.base} testId="base-address" />
          <CopyField label="The key goes into the header" value={contract.headerText} />
        </SimpleGrid>
        <KeyCard contract={contract} made={key} onMade={setKey} />
        <Section
          title="First calls"
          actions={
            <SegmentedControl
              size="xs"
              aria-label="Language"
              value={language}
              onChange={(value) => setLanguage(value as Language)}
              data={[...LANGUAGES]}
            />
          }
        >
          {contract.samples.map((sample) => (
            <SampleCard key={sample.title} contract={contract} sample={sample} language={language} apiKey={key} />
          ))}
        </Section>
      </Stack>
    </Page>
  );
}

export function ContractPage() {
  const contract = contractNamed(route.useParams().contract);
  if (contract) return <FirstCalls key={contract.name} contract={contract} />;
  return (
    <Page title="No such contract" back={BACK}>
      <EmptyState icon={<IconMapPinOff size={26} />} title="Not found">
        This server speaks Antiphon, Voicegram, Vocatech and Voicory.
      </EmptyState>
    </Page>
  );
}
