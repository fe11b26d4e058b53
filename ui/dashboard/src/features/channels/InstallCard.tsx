import { Button, Code, CopyButton, Group, Paper, Stack, Tabs, Text, Title } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import type { RecordingChannel } from "@/api/channels";
import { LiveCheck } from "./LiveCheck";
import { SNIPPETS, scriptParts } from "./snippets";
import classes from "./channels.module.css";

/** The snippet for the site, and whether it runs there. */
export function InstallCard({ channel }: { channel: RecordingChannel }) {
  const parts = scriptParts(channel.embed_code ?? "", channel.id);
  return (
    <Paper withBorder radius="lg" p="md" component="section" aria-label="Put it on your site">
      <Title order={2} size="h6" mb="sm">
        Put it on your site
      </Title>
      <Tabs defaultValue={SNIPPETS[0].value} keepMounted={false}>
        <Tabs.List mb="sm" className={classes.kinds}>
          {SNIPPETS.map(({ value, label }) => (
            <Tabs.Tab key={value} value={value}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {SNIPPETS.map(({ value, label, where, code }) => (
          <Tabs.Panel key={value} value={value}>
            <Stack gap="xs">
              <Text size="sm" c="dimmed">
                {where}
              </Text>
              <Code block tabIndex={0} className={classes.code} aria-label={`Snippet for ${label}`} role="group" data-testid="snippet">
                {code(parts)}
              </Code>
              <Group justify="flex-end">
                <CopyButton value={code(parts)}>
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
            </Stack>
          </Tabs.Panel>
        ))}
      </Tabs>
      <div style={{ marginTop: 16 }}>
        <LiveCheck channel={channel} />
      </div>
    </Paper>
  );
}
