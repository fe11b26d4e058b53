import { Badge, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/keys";
import { type ConnectionSummary, deleteConnection, type Integration, testConnection } from "@/api/numbers";
import { useMay } from "@/api/session";
import { ConfirmButton } from "@/components/ConfirmButton";
import { doneToast, problemToast } from "@/components/toasts";
import { ConnectionForm } from "./ConnectionForm";

function ConnectionRow({ integration, connection }: { integration: Integration; connection: ConnectionSummary }) {
  const client = useQueryClient();
  const may = useMay();
  const [isBusy, setBusy] = useState(false);
  const [isEditing, setEditing] = useState(false);
  const refresh = () => client.invalidateQueries({ queryKey: keys.integrations });
  const name = connection.label || integration.name;
  const test = async () => {
    setBusy(true);
    try {
      const { success, error } = await testConnection(connection.id);
      if (success) doneToast(`${name} answers: the access is good.`);
      else problemToast(`${name} refused`, new Error(error ?? "It gave no reason."));
    } catch (error) {
      problemToast("The test could not be made", error);
    } finally {
      setBusy(false);
      await refresh();
    }
  };
  return (
    <Group justify="space-between" gap="sm" data-testid="connection">
      <div style={{ minWidth: 0, flex: "1 1 200px", overflowWrap: "anywhere" }}>
        <Group gap="xs">
          <Text size="sm" fw={550}>
            {name}
          </Text>
          <Badge variant="light" color={connection.status === "connected" ? "teal" : "red"} tt="none" fw={550}>
            {connection.status === "connected" ? "Connected" : "Error"}
          </Badge>
        </Group>
        {connection.last_error && (
          <Text size="sm" c="red">
            {connection.last_error}
          </Text>
        )}
      </div>
      {may("settings:write") && (
        <Group gap="xs">
          <Button size="xs" variant="default" loading={isBusy} onClick={() => void test()}>
            Test
          </Button>
          <Button size="xs" variant="default" onClick={() => setEditing(true)}>
            Change
          </Button>
          <ConfirmButton
            size="xs"
            label="Disconnect"
            title={`Disconnect ${name}?`}
            question="Its access data are deleted here. Numbers that use it must be taken out first."
            verb="Disconnect"
            onConfirm={async () => {
              await deleteConnection(connection.id);
              await refresh();
            }}
          />
        </Group>
      )}
      {isEditing && <ConnectionForm integration={integration} connection={connection} onClose={() => setEditing(false)} />}
    </Group>
  );
}

/** A carrier or service with its connections. */
export function IntegrationCard({ integration, about }: { integration: Integration; about: string }) {
  const may = useMay();
  const [isConnecting, setConnecting] = useState(false);
  return (
    <Paper withBorder radius="lg" p="md" component="section" aria-label={integration.name}>
      <Stack gap="md">
        <Group justify="space-between" gap="sm">
          <div style={{ flex: "1 1 220px" }}>
            <Title order={3} size="h5">
              {integration.name}
            </Title>
            <Text size="sm" c="dimmed">
              {about}
            </Text>
          </div>
          {may("settings:write") && (
            <Button variant={integration.connected ? "default" : "light"} onClick={() => setConnecting(true)}>
              {integration.connected ? "Connect another" : "Connect"}
            </Button>
          )}
        </Group>
        {integration.connections.map((connection) => (
          <ConnectionRow key={connection.id} integration={integration} connection={connection} />
        ))}
      </Stack>
      {isConnecting && <ConnectionForm integration={integration} onClose={() => setConnecting(false)} />}
    </Paper>
  );
}
