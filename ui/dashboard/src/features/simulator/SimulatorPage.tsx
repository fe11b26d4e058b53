import { Alert, Anchor, Button, Paper, Stack, Tabs } from "@mantine/core";
import { IconInbox, IconMessage, IconPhone, IconRecordMail, IconTestPipeOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useMay, useMe } from "@/api/session";
import { outboxQuery, simulatedNumbersQuery } from "@/api/simulator";
import { Page, Section } from "@/components/Page";
import { EmptyState } from "@/components/states";
import { doneToast } from "@/components/toasts";
import { useFilters } from "@/hooks/useFilters";
import { CallForm } from "./CallForm";
import { Feed } from "./Feed";
import { filters } from "./filters";
import { MessageForm } from "./MessageForm";
import { OutboxList } from "./Outbox";
import type { Pending } from "./pending";
import classes from "./simulator.module.css";
import { VoicegramForm } from "./VoicegramForm";

const LEAD = "A phone network of your own, free of charge: what you do here arrives as if the world had done it.";

export function SimulatorPage() {
  const { features } = useMe();
  const isOn = useMay()("simulator:send") && features.simulator;
  if (isOn) return <Simulator />;
  return (
    <Page title="Simulator">
      <EmptyState icon={<IconTestPipeOff size={26} />} title="The simulator is off">
        {features.simulator
          ? "Your role does not include it. Ask an admin of the account."
          : "The operator of this server has switched it off."}
      </EmptyState>
    </Page>
  );
}

function Simulator() {
  const { values, change } = useFilters(filters);
  const numbers = useQuery(simulatedNumbersQuery);
  const outbox = useQuery(outboxQuery);
  const [typed, setOwn] = useState("");
  const [pending, setPending] = useState<readonly Pending[]>([]);
  const own = typed || numbers.data?.[0]?.phone_number || outbox.data?.outbox[0]?.from || "";
  const expect = (item: Pending) => setPending((before) => [item, ...before]);
  return (
    <Page
      title="Simulator"
      width={2400}
      lead={LEAD}
      actions={
        <Button
          variant="default"
          leftSection={<IconInbox size={16} aria-hidden />}
          renderRoot={(props) => <Link to="/inbox" target="_blank" {...props} />}
        >
          Open the inbox beside it
        </Button>
      }
    >
      <div className={classes.grid}>
        <Paper withBorder radius="lg" p="md" className={classes.play} component="section" aria-label="Play the outside world">
          {numbers.data?.length === 0 && (
            <Alert color="gray" mb="md">
              Calls and messages need a number of yours on the simulated network.{" "}
              <Anchor inherit underline="always" renderRoot={(props) => <Link to="/settings/numbers" {...props} />}>
                See your numbers
              </Anchor>
            </Alert>
          )}
          <Tabs
            value={values.play ?? "call"}
            onChange={(play) => change({ play: play === "call" ? undefined : (play as NonNullable<typeof values.play>) })}
            keepMounted={false}
          >
            <Tabs.List grow mb="md" className={classes.tabs}>
              <Tabs.Tab value="call" leftSection={<IconPhone size={16} aria-hidden />}>
                Call
              </Tabs.Tab>
              <Tabs.Tab value="message" leftSection={<IconMessage size={16} aria-hidden />}>
                Message
              </Tabs.Tab>
              <Tabs.Tab value="voicegram" leftSection={<IconRecordMail size={16} aria-hidden />}>
                Voicegram
              </Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="call">
              <CallForm own={own} onOwn={setOwn} onPlanned={expect} />
            </Tabs.Panel>
            <Tabs.Panel value="message">
              <MessageForm own={own} onOwn={setOwn} onSent={() => doneToast("The message has arrived.")} />
            </Tabs.Panel>
            <Tabs.Panel value="voicegram">
              <VoicegramForm onPlanned={expect} />
            </Tabs.Panel>
          </Tabs>
        </Paper>
        <Stack gap="xl" className={classes.happens}>
          <Section title="What arrives" lead="Live, here and on every other screen.">
            <Feed pending={pending} />
          </Section>
          <Section title="What was sent" lead="Set what the network reports about each message.">
            <OutboxList />
          </Section>
        </Stack>
      </div>
    </Page>
  );
}
