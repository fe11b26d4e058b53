import { Badge, Button, Group, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { IconBook, IconFileCode, IconWebhook } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useMay } from "@/api/session";
import { Page, Section } from "@/components/Page";
import { useFilters } from "@/hooks/useFilters";
import { CONTRACTS } from "./contracts";
import classes from "./developers.module.css";
import { EventTail } from "./EventTail";
import { filters } from "./filters";

export function DevelopersPage() {
  const { values, change } = useFilters(filters);
  const may = useMay();
  return (
    <Page
      title="Developers"
      width={2000}
      lead="Four contracts, one server: read, write and be told."
      actions={
        <>
          <Button variant="default" component="a" href="/guide" target="_blank" rel="noopener" leftSection={<IconBook size={16} aria-hidden />}>
            Guide
          </Button>
          <Button variant="default" component="a" href="/docs" target="_blank" rel="noopener" leftSection={<IconFileCode size={16} aria-hidden />}>
            API reference
          </Button>
          {may("settings:read") && (
            <Button
              variant="default"
              leftSection={<IconWebhook size={16} aria-hidden />}
              renderRoot={(props) => <Link to="/settings/webhooks" {...props} />}
            >
              Webhooks
            </Button>
          )}
        </>
      }
    >
      <Stack gap="xl">
        <SimpleGrid cols={{ base: 1, sm: 2, xl: 4 }}>
          {CONTRACTS.map((contract) => (
            <Paper
              key={contract.name}
              withBorder
              radius="lg"
              p="md"
              className={classes.contract}
              data-testid="contract"
              renderRoot={(props) => <Link to="/developers/$contract" params={{ contract: contract.name }} {...props} />}
            >
              <Group justify="space-between">
                <Title order={2} size="h5">
                  {contract.title}
                </Title>
                <Badge variant="light" color="gray" tt="none" fw={550} ff="monospace">
                  {contract.base}
                </Badge>
              </Group>
              <Text size="sm" c="dimmed">
                {contract.text}
              </Text>
              <Text size="sm" c="var(--mantine-color-anchor)" mt="auto">
                First calls
              </Text>
            </Paper>
          ))}
        </SimpleGrid>
        <Section title="Events, live" lead="What happens in this account, with the payload that webhooks and the stream carry.">
          <EventTail group={values.events} onGroup={(events) => change({ events })} />
        </Section>
      </Stack>
    </Page>
  );
}
