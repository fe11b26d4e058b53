import { Badge, Button, Code, CopyButton, Group, Paper, Text, Title } from "@mantine/core";
import { IconCheck, IconCopy, IconPlayerPlay } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { codeOf, type Language, NO_KEY } from "./code";
import type { Contract, Sample } from "./contracts";
import classes from "./developers.module.css";

interface SampleCardProps {
  contract: Contract;
  sample: Sample;
  language: Language;
  apiKey: string | null;
}

async function tryOut(contract: Contract, sample: Sample, key: string): Promise<{ status: number; text: string }> {
  const [name, value] = contract.header(key);
  // With the key alone, as a program would.
  const response = await fetch(contract.base + sample.path, {
    headers: { [name]: value, Accept: "application/json" },
    credentials: "omit",
    cache: "no-store",
  });
  const text = await response.text();
  try {
    return { status: response.status, text: JSON.stringify(JSON.parse(text), null, 2) };
  } catch {
    return { status: response.status, text };
  }
}

/** One call to copy, and to try where it only reads. */
export function SampleCard({ contract, sample, language, apiKey }: SampleCardProps) {
  const code = codeOf(language, contract, sample, window.location.origin, apiKey ?? NO_KEY);
  const attempt = useMutation({ mutationFn: (key: string) => tryOut(contract, sample, key) });
  return (
    <Paper withBorder radius="lg" p="md" component="article" aria-label={sample.title} data-testid="sample">
      <Group justify="space-between" mb="xs" gap="xs">
        <Group gap="xs">
          <Badge variant="light" color={sample.method === "GET" ? "teal" : "orange"}>
            {sample.method}
          </Badge>
          <Title order={3} size="h6">
            {sample.title}
          </Title>
        </Group>
        <Group gap="xs">
          {sample.method === "GET" && (
            <Button
              size="xs"
              variant="default"
              leftSection={<IconPlayerPlay size={14} aria-hidden />}
              disabled={!apiKey}
              loading={attempt.isPending}
              onClick={() => apiKey && attempt.mutate(apiKey)}
              data-testid="try"
            >
              Try it
            </Button>
          )}
          <CopyButton value={code}>
            {({ copied, copy }) => (
              <Button
                size="xs"
                {...(copied && { color: "teal" })}
                leftSection={copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
                onClick={copy}
              >
                {copied ? "Copied" : "Copy"}
              </Button>
            )}
          </CopyButton>
        </Group>
      </Group>
      <Code block tabIndex={0} role="group" aria-label={`Code: ${sample.title}`} className={classes.code} data-testid="code">
        {code}
      </Code>
      {(attempt.data || attempt.error) && (
        <div role="status" data-testid="answer">
          <Text size="sm" fw={600} mt="sm" mb={4}>
            {attempt.data ? `The server answered ${attempt.data.status}` : "No answer"}
          </Text>
          {attempt.data && (
            <Code block tabIndex={0} role="group" aria-label="Answer" className={classes.answer}>
              {attempt.data.text}
            </Code>
          )}
        </div>
      )}
    </Paper>
  );
}
