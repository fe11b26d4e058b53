import { Button, CloseButton, Group, Popover, Stack, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconChevronDown } from "@tabler/icons-react";
import { useFormats } from "@/hooks/useFormats";
import classes from "./filters.module.css";

interface DatesFilterProps {
  label: string;
  /** Bare dates, "2026-11-03": whole days in the account's zone (contracts/votel.md 0.6). */
  from: string | undefined;
  to: string | undefined;
  onChange: (from: string | undefined, to: string | undefined) => void;
}

const DAY_MS = 86_400_000;
const dateOf = (time: number) => {
  const at = new Date(time);
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
};

const presets = [
  { label: "Today", days: 0 },
  { label: "Last 7 days", days: 6 },
  { label: "Last 30 days", days: 29 },
];

/** A stretch of days, open on either side. */
export function DatesFilter({ label, from, to, onChange }: DatesFilterProps) {
  const [isOpen, { toggle, close, set }] = useDisclosure();
  const { locale } = useFormats();
  const isSet = from !== undefined || to !== undefined;
  const day = (date: string) =>
    new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" }).format(new Date(`${date}T00:00:00Z`));
  const text = [from ? day(from) : "…", to ? day(to) : "…"].join(" – ");
  return (
    <span className={classes.pill} data-set={isSet || undefined}>
      <Popover opened={isOpen} onChange={set} position="bottom-start" trapFocus withRoles>
        <Popover.Target>
          <Button
            size="compact-md"
            radius="xl"
            fw={500}
            fz="sm"
            variant={isSet ? "light" : "default"}
            rightSection={!isSet && <IconChevronDown size={14} aria-hidden />}
            onClick={toggle}
            pe={isSet ? 30 : undefined}
          >
            {isSet ? `${label}: ${text}` : label}
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <Stack gap="sm">
            <Group gap={6}>
              {presets.map((preset) => (
                <Button
                  key={preset.label}
                  size="compact-sm"
                  variant="default"
                  onClick={() => {
                    onChange(dateOf(Date.now() - preset.days * DAY_MS), undefined);
                    close();
                  }}
                >
                  {preset.label}
                </Button>
              ))}
            </Group>
            <Group gap="sm" wrap="nowrap">
              <TextInput
                type="date"
                label="From"
                max={to}
                value={from ?? ""}
                onChange={(event) => onChange(event.currentTarget.value || undefined, to)}
              />
              <TextInput
                type="date"
                label="To"
                min={from}
                value={to ?? ""}
                onChange={(event) => onChange(from, event.currentTarget.value || undefined)}
              />
            </Group>
          </Stack>
        </Popover.Dropdown>
      </Popover>
      {isSet && (
        <CloseButton
          className={classes.remove}
          size="xs"
          aria-label={`Remove the filter ${label}`}
          onClick={() => onChange(undefined, undefined)}
        />
      )}
    </span>
  );
}
