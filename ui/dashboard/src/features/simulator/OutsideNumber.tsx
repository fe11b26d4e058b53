import { ActionIcon, Chip, Group, Text, TextInput, Tooltip } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { BEHAVIOURS, type Behaviour, behaviourOf, madeUpPhone, withBehaviour } from "./outside";

interface OutsideNumberProps {
  label: string;
  value: string;
  onChange: (phone: string) => void;
  error?: string | undefined;
  /** Whether the ends of numbers matter here. */
  hasBehaviour?: boolean;
}

/** Somebody's number out there; its last two digits decide what happens. */
export function OutsideNumber({ label, value, onChange, error, hasBehaviour = false }: OutsideNumberProps) {
  const behaviour = behaviourOf(value);
  return (
    <div>
      <TextInput
        label={label}
        type="tel"
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        error={error}
        data-testid="outside-number"
        rightSection={
          <Tooltip label="Another number" withArrow>
            <ActionIcon variant="subtle" color="gray" aria-label="Another number" onClick={() => onChange(madeUpPhone())}>
              <IconRefresh size={16} />
            </ActionIcon>
          </Tooltip>
        }
      />
      {hasBehaviour && (
        <>
          <Chip.Group
            value={behaviour.ending}
            onChange={(ending) => onChange(withBehaviour(value, ending as Behaviour["ending"]))}
          >
            <Group gap={6} mt="xs" role="radiogroup" aria-label="What this number does">
              {BEHAVIOURS.map(({ ending, label: name }) => (
                <Chip key={ending} value={ending} size="xs" variant="light" data-testid={`behaviour-${ending || "normal"}`}>
                  {name}
                  {ending && ` ··${ending}`}
                </Chip>
              ))}
            </Group>
          </Chip.Group>
          <Text size="xs" c="dimmed" mt={6}>
            {behaviour.text}
          </Text>
        </>
      )}
    </div>
  );
}
