import { Alert, Anchor, Button, Group, Paper, SegmentedControl, Select, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { call } from "@/api/client";
import { keys } from "@/api/keys";
import { useMay, useMe } from "@/api/session";
import { CopyField } from "@/components/CopyField";
import type { Access, Contract } from "./contracts";

const ENDS = [
  { value: "30", label: "Ends in 30 days" },
  { value: "90", label: "Ends in 90 days" },
  { value: "365", label: "Ends in a year" },
];

interface KeyCardProps {
  contract: Contract;
  made: string | null;
  onMade: (key: string) => void;
}

/** A fresh key, made where it is used. */
export function KeyCard({ contract, made, onMade }: KeyCardProps) {
  const { permissions } = useMe();
  const may = useMay();
  const client = useQueryClient();
  const [name, setName] = useState("First calls");
  const [access, setAccess] = useState<Access>("read");
  const [ends, setEnds] = useState("30");
  const hasChoice = contract.canWrite && contract.kind === "secret";
  const make = useMutation({
    mutationFn: () =>
      call("POST /api-keys", {
        body: {
          name: name.trim(),
          kind: contract.kind,
          expires_in_days: Number(ends),
          ...(contract.kind === "secret" && { scopes: contract.scopes(access, permissions) }),
        },
      }),
    onSuccess: async ({ key }) => {
      onMade(key);
      await client.invalidateQueries({ queryKey: keys.apiKeys });
    },
  });
  const canMake = may("keys:write") && (contract.kind === "secret" || may("keys:manage"));
  return (
    <Paper withBorder radius="lg" p="md" component="section" aria-label="Key">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h6">
          Key
        </Title>
        {may("keys:read") && (
          <Anchor size="sm" renderRoot={(props) => <Link to="/settings/api-keys" {...props} />}>
            All keys
          </Anchor>
        )}
      </Group>
      {made ? (
        <Stack gap="sm">
          <Alert color="yellow" icon={<IconKey size={18} />}>
            Copy it now and keep it safe. It is not shown again; until you leave, it stands in the calls below.
          </Alert>
          <CopyField label="Your key" value={made} testId="made-key" />
        </Stack>
      ) : canMake ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            make.mutate();
          }}
        >
          <Group gap="sm" align="flex-end">
            <TextInput
              label="Name"
              maxLength={200}
              flex="1 1 160px"
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            {hasChoice && (
              <SegmentedControl
                aria-label="What it may do"
                value={access}
                onChange={(value) => setAccess(value as Access)}
                data={[
                  { value: "read", label: "Reads" },
                  { value: "write", label: "Reads and writes" },
                ]}
              />
            )}
            <Select
              aria-label="When it ends"
              allowDeselect={false}
              w={160}
              data={ENDS}
              value={ends}
              onChange={(value) => value && setEnds(value)}
            />
            <Button
              type="submit"
              leftSection={<IconKey size={16} aria-hidden />}
              loading={make.isPending}
              disabled={!name.trim()}
              data-testid="make-key"
            >
              Make a key
            </Button>
          </Group>
          {make.error && (
            <Alert color="red" mt="sm">
              {make.error.message}
            </Alert>
          )}
        </form>
      ) : (
        <Text size="sm" c="dimmed">
          Your role cannot make {contract.kind === "pat" ? "personal access tokens" : "keys"}. Ask an admin of the account.
        </Text>
      )}
    </Paper>
  );
}
