import { Button, Group, Paper, SimpleGrid, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconAntennaBars5, IconMicrophone2, IconTestPipe } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { simulatorQuery, useMay } from "@/api/session";

interface Step {
  icon: ReactNode;
  title: string;
  text: string;
  to: string;
  action: string;
}

/** What to do first in an account that nothing has reached yet. */
export function FirstSteps() {
  const may = useMay();
  const simulator = useQuery({ ...simulatorQuery, enabled: may("simulator:send") });
  const steps: (Step | false)[] = [
    may("channels:read") && {
      icon: <IconMicrophone2 size={20} />,
      title: "Share a channel",
      text: "Put the recorder on your site, or send people its link. What they say arrives here as text.",
      to: "/channels",
      action: "See your channels",
    },
    may("settings:read") && {
      icon: <IconAntennaBars5 size={20} />,
      title: "Connect a number",
      text: "Calls and messages of your phone number come in, and you can answer them.",
      to: "/settings/numbers",
      action: "Connect a number",
    },
    simulator.data === true && {
      icon: <IconTestPipe size={20} />,
      title: "Try the simulator",
      text: "Place a call or send a message from a phone that does not exist, and watch it arrive.",
      to: "/simulator",
      action: "Open the simulator",
    },
  ];
  return (
    <Paper withBorder radius="lg" p="lg" component="section" aria-label="First steps" data-testid="first-steps">
      <Title order={2} size="h4">
        Nothing has come in yet
      </Title>
      <Text c="dimmed" size="sm" mb="lg">
        Any of these brings in the first voice message, call or text.
      </Text>
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        {steps.filter((step) => step !== false).map(({ icon, title, text, to, action }) => (
          <Stack key={to} gap={6} align="flex-start">
            <Group gap="sm" wrap="nowrap">
              <ThemeIcon variant="light" size={36} radius="md" aria-hidden>
                {icon}
              </ThemeIcon>
              <Text fw={600}>{title}</Text>
            </Group>
            <Text size="sm" c="dimmed" style={{ flex: 1 }}>
              {text}
            </Text>
            <Button size="compact-md" variant="light" mt={4} renderRoot={(props) => <Link to={to} {...props} />}>
              {action}
            </Button>
          </Stack>
        ))}
      </SimpleGrid>
    </Paper>
  );
}
