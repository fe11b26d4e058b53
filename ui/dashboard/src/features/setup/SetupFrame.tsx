import { Box, Center, Group, Paper, Stack, Text, Title, VisuallyHidden } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { type ReactNode, useEffect, useRef } from "react";
import { Logo } from "@/shell/Logo";
import classes from "./setup.module.css";

const steps = ["You", "Workspace", "Speech", "Mail"] as const;

interface SetupFrameProps {
  /** From 0. */
  step: number;
  title: string;
  lead: ReactNode;
  children: ReactNode;
}

export function SetupFrame({ step, title, lead, children }: SetupFrameProps) {
  useDocumentTitle(`${title} · Antiphon`);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (step > 0) heading.current?.focus();
  }, [step]);
  return (
    <Center mih="100dvh" px="md" py="xl" component="main">
      <Stack w="100%" maw={520} gap="lg">
        <Center>
          <Logo />
        </Center>
        <Group gap="xs" grow component="ol" className={classes.steps} aria-label="Steps">
          {steps.map((name, index) => (
            <li key={name} className={classes.step} data-state={index < step ? "done" : index === step ? "current" : undefined} aria-current={index === step ? "step" : undefined}>
              {name}
              {index < step && <VisuallyHidden>, done</VisuallyHidden>}
            </li>
          ))}
        </Group>
        <Paper withBorder p={{ base: "lg", sm: "xl" }} radius="lg">
          <Title order={1} size="h3" ref={heading} tabIndex={-1} className={classes.heading}>
            {title}
          </Title>
          <Text c="dimmed" size="sm" mt={4} component="div">
            {lead}
          </Text>
          <Box mt="lg">{children}</Box>
        </Paper>
      </Stack>
    </Center>
  );
}
