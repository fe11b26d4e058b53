import { Checkbox, Group, Stack, Text } from "@mantine/core";
import { groupName, scopeGroups } from "./kinds";

interface ScopePickerProps {
  /** What the person holds: a key can hold no more. */
  permissions: readonly string[];
  value: readonly string[];
  onChange: (scopes: string[]) => void;
}

// Keys of this contract are unknown to the others unless a scope names them (contracts/votel.md 0.2).
const OTHERS = ["voicory:read", "vocatech:read", "vocatech:write"];

/** Permissions as checkboxes, a row for each group. */
export function ScopePicker({ permissions, value, onChange }: ScopePickerProps) {
  const toggle = (scope: string) =>
    onChange(value.includes(scope) ? value.filter((one) => one !== scope) : [...value, scope]);
  return (
    <Stack gap={6} role="group" aria-label="Permissions">
      {scopeGroups([...permissions, ...OTHERS]).map(({ group, verbs }) => (
        <Group key={group} gap="sm" justify="space-between" role="group" aria-label={groupName(group)}>
          <Text size="sm">{groupName(group)}</Text>
          <Group gap="sm">
            {verbs.map((verb) => (
              <Checkbox
                key={verb}
                size="xs"
                label={verb}
                aria-label={`${groupName(group)}: ${verb}`}
                checked={value.includes(`${group}:${verb}`)}
                onChange={() => toggle(`${group}:${verb}`)}
              />
            ))}
          </Group>
        </Group>
      ))}
    </Stack>
  );
}
