import { Checkbox, Collapse, Group, Loader, Paper, SegmentedControl, Stack, UnstyledButton } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type Contract, eventTypesQuery } from "@/api/webhooks";
import { sentenceCase } from "@/format";
import { type EventGroup, eventGroups, isChosen, toggled } from "./contracts";

interface EventPickerProps {
  contract: Contract;
  /** Empty: all of them. */
  value: string[];
  onChange: (events: string[]) => void;
}

interface GroupRowProps extends EventGroup {
  value: string[];
  all: string[];
  onChange: (events: string[]) => void;
}

function GroupRow({ group, names, value, all, onChange }: GroupRowProps) {
  const [isOpen, setOpen] = useState(false);
  const chosen = names.filter((name) => isChosen(value, name));
  const isWhole = chosen.length === names.length;
  const label = sentenceCase(group);
  const toggleAll = () => {
    const others = all.filter((name) => isChosen(value, name) && !names.includes(name));
    onChange(isWhole ? others : [...others, ...names]);
  };
  return (
    <div>
      <Group justify="space-between" wrap="nowrap">
        <Checkbox
          size="sm"
          label={`${label} (${chosen.length} of ${names.length})`}
          checked={isWhole}
          indeterminate={!isWhole && chosen.length > 0}
          onChange={toggleAll}
        />
        <UnstyledButton aria-expanded={isOpen} aria-label={`Single events of ${label}`} onClick={() => setOpen(!isOpen)} p={4}>
          <IconChevronRight size={16} style={{ transform: isOpen ? "rotate(90deg)" : undefined }} aria-hidden />
        </UnstyledButton>
      </Group>
      <Collapse expanded={isOpen}>
        <Stack gap={6} ps={30} py={6}>
          {names.map((name) => (
            <Checkbox key={name} size="xs" label={name} checked={isChosen(value, name)} onChange={() => onChange(toggled(value, name, all))} />
          ))}
        </Stack>
      </Collapse>
    </div>
  );
}

/** All events of a contract, or single ones by what they are about. */
export function EventPicker({ contract, value, onChange }: EventPickerProps) {
  const { data } = useQuery(eventTypesQuery(contract));
  const [isSome, setSome] = useState(value.length > 0);
  if (!data) return <Loader size="sm" aria-label="Loading the events" />;
  const all = data.event_types.map(({ type }) => type);
  return (
    <Stack gap="xs">
      <SegmentedControl
        aria-label="Which events"
        data={[
          { value: "all", label: "All events" },
          { value: "some", label: "Only some" },
        ]}
        value={isSome ? "some" : "all"}
        onChange={(choice) => {
          setSome(choice === "some");
          if (choice === "all") onChange([]);
        }}
      />
      {isSome && (
        <Paper withBorder p="sm" style={{ maxHeight: 300, overflowY: "auto" }} tabIndex={0} role="group" aria-label="Events">
          <Stack gap={6}>
            {eventGroups(all).map((group) => (
              <GroupRow key={group.group} {...group} value={value} all={all} onChange={onChange} />
            ))}
          </Stack>
        </Paper>
      )}
    </Stack>
  );
}
