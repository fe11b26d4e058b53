import { ActionIcon, Code, CopyButton, Group, Text, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";

export function CopyField({ label, value, testId }: { label: string; value: string; testId?: string }) {
  return (
    <div>
      <Text size="xs" c="dimmed" mb={4}>
        {label}
      </Text>
      <Group gap={6} wrap="nowrap" align="stretch">
        <Code
          data-testid={testId}
          tabIndex={0}
          aria-label={label}
          role="group"
          style={{ flex: 1, padding: "8px 12px", overflowX: "auto", whiteSpace: "nowrap", fontSize: 12.5 }}
        >
          {value}
        </Code>
        <CopyButton value={value}>
          {({ copied, copy }) => (
            <Tooltip label={copied ? "Copied" : "Copy"} withArrow>
              <ActionIcon
                variant="default"
                size="lg"
                color={copied ? "teal" : undefined}
                onClick={copy}
                aria-label={`Copy: ${label}`}
              >
                {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
              </ActionIcon>
            </Tooltip>
          )}
        </CopyButton>
      </Group>
    </div>
  );
}
