import { ActionIcon, Button, CloseButton, Indicator, NativeSelect, Popover, SegmentedControl, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconAdjustmentsHorizontal } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { tagsQuery } from "@/api/leads";
import { SearchField } from "@/components/filters/SearchField";
import { useFormats } from "@/hooks/useFormats";
import classes from "./inbox.module.css";
import type { InboxValues } from "./query";
import { channelNames } from "./words";

const CHANNELS = ["sms", "whatsapp", "email", "call", "voicegram"] as const;
const STATUSES = ["open", "snoozed", "closed"] as const;
const statusNames = { open: "Open", snoozed: "Snoozed", closed: "Closed" };

interface InboxFiltersProps {
  values: InboxValues;
  change: (next: InboxValues) => void;
  clear: () => void;
  total: number | undefined;
}

/** Search, whose conversations, and in a drawer of their own the filters one needs less often. */
export function InboxFilters({ values, change, clear, total }: InboxFiltersProps) {
  const { number } = useFormats();
  const { view, unread, search, starred, flagged, channel, status, tag } = values;
  const set: [name: keyof InboxValues, label: string][] = [];
  if (starred) set.push(["starred", "Starred"]);
  if (flagged) set.push(["flagged", "Flagged"]);
  if (channel) set.push(["channel", channelNames[channel]]);
  if (status) set.push(["status", statusNames[status]]);
  if (tag) set.push(["tag", tag]);
  const isFiltered = set.length > 0 || Boolean(search || unread || view);
  return (
    <>
      <div style={{ display: "flex", gap: 8 }} role="search">
        <SearchField
          placeholder="Search names, companies, phones"
          value={search ?? ""}
          onChange={(text) => change({ search: text || undefined })}
        />
        <MoreFilters values={values} change={change} count={set.length} />
      </div>
      <div style={{ display: "flex", gap: 8, alignItems: "center" }}>
        <SegmentedControl
          size="xs"
          fullWidth
          style={{ flex: 1 }}
          aria-label="Whose conversations"
          value={view ?? "all"}
          onChange={(next) => change({ view: next === "all" ? undefined : (next as "mine") })}
          data={[
            { value: "all", label: "All" },
            { value: "mine", label: "Mine" },
            { value: "unassigned", label: "Nobody's" },
          ]}
        />
        <Button
          size="compact-md"
          fz="sm"
          fw={550}
          variant={unread ? "light" : "default"}
          aria-pressed={unread === true}
          onClick={() => change({ unread: unread ? undefined : true })}
          data-testid="unread-only"
        >
          Unread
        </Button>
      </div>
      {isFiltered && (
        <div className={classes.chips}>
          {set.map(([name, label]) => (
            <span key={name} className={classes.file}>
              <Text size="xs" truncate maw={160}>
                {label}
              </Text>
              <CloseButton size="xs" aria-label={`Remove the filter ${label}`} onClick={() => change({ [name]: undefined })} />
            </span>
          ))}
          <Text size="xs" c="dimmed" role="status" style={{ flex: 1 }}>
            {total !== undefined && `${number(total)} found`}
          </Text>
          <Button size="compact-xs" variant="subtle" color="gray" onClick={clear}>
            Clear
          </Button>
        </div>
      )}
    </>
  );
}

function MoreFilters({ values, change, count }: Pick<InboxFiltersProps, "values" | "change"> & { count: number }) {
  const [isOpen, { toggle, close }] = useDisclosure(false);
  const tags = useQuery({ ...tagsQuery, enabled: isOpen });
  const names = [...new Set([...(values.tag ? [values.tag] : []), ...(tags.data?.tags ?? []).map(({ name }) => name)])];
  return (
    <Popover
      position="bottom-end"
      width={290}
      withinPortal
      trapFocus
      withRoles
      returnFocus
      opened={isOpen}
      onDismiss={close}
    >
      <Indicator disabled={count === 0} label={count} size={16} offset={4}>
        <Popover.Target>
          <ActionIcon
            variant="default"
            size={36}
            aria-label="More filters"
            data-testid="more-filters"
            onClick={toggle}
          >
            <IconAdjustmentsHorizontal size={17} />
          </ActionIcon>
        </Popover.Target>
      </Indicator>
      <Popover.Dropdown>
        <Stack gap="md">
          <Choices label="Marks">
            <Pill isOn={values.starred} label="Starred" onChange={(isOn) => change({ starred: isOn })} />
            <Pill isOn={values.flagged} label="Flagged" onChange={(isOn) => change({ flagged: isOn })} />
          </Choices>
          <Choices label="Channel">
            {CHANNELS.map((value) => (
              <Pill
                key={value}
                isOn={values.channel === value || undefined}
                label={channelNames[value]}
                onChange={(isOn) => change({ channel: isOn && value })}
              />
            ))}
          </Choices>
          <Choices label="Status">
            {STATUSES.map((value) => (
              <Pill
                key={value}
                isOn={values.status === value || undefined}
                label={statusNames[value]}
                onChange={(isOn) => change({ status: isOn && value })}
              />
            ))}
          </Choices>
          {names.length > 0 && (
            <NativeSelect
              size="xs"
              label="Tag"
              value={values.tag ?? ""}
              onChange={(event) => change({ tag: event.currentTarget.value || undefined })}
              data={[{ value: "", label: "Any tag" }, ...names]}
            />
          )}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

function Choices({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div role="group" aria-label={label}>
      <Text size="xs" c="dimmed" mb={6}>
        {label}
      </Text>
      <div className={classes.chips}>{children}</div>
    </div>
  );
}

interface PillProps {
  isOn: true | undefined;
  label: string;
  onChange: (isOn: true | undefined) => void;
}

const Pill = ({ isOn, label, onChange }: PillProps) => (
  <Button
    size="compact-sm"
    radius="xl"
    fw={500}
    variant={isOn ? "filled" : "default"}
    aria-pressed={isOn === true}
    onClick={() => onChange(isOn ? undefined : true)}
  >
    {label}
  </Button>
);
