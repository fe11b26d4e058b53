import { Autocomplete, SegmentedControl, Stack, Text } from "@mantine/core";
import { useState } from "react";
import type { CallChange, CallDetail } from "@/api/calls";
import { Fact, SideCard } from "@/components/SideCard";

const DISPOSITIONS = ["Answered", "Call back later", "Left a message", "Not interested", "Sold", "Wrong number"];
const MAX_CHARS = 100;

const successes = [
  { value: "", label: "Open" },
  { value: "true", label: "Reached" },
  { value: "false", label: "Missed" },
];

interface OutcomeCardProps {
  call: CallDetail;
  /** Absent: the person may only read. */
  onChange?: ((change: CallChange) => void) | undefined;
}

/** What came of the call, in the account's own words. */
export function OutcomeCard({ call, onChange }: OutcomeCardProps) {
  const saved = call.disposition ?? "";
  const [typed, setTyped] = useState<string | null>(null);
  if (!onChange) {
    return call.disposition ? (
      <SideCard title="Outcome">
        <Fact label="Disposition">{call.disposition}</Fact>
      </SideCard>
    ) : null;
  }
  const save = (text: string) => {
    setTyped(null);
    const next = text.trim();
    if (next !== saved) onChange({ disposition: next || null });
  };
  return (
    <SideCard title="Outcome" testId="outcome">
      <Stack gap="sm">
        <Autocomplete
          label="Disposition"
          placeholder="What came of it"
          data={DISPOSITIONS}
          maxLength={MAX_CHARS}
          value={typed ?? saved}
          onChange={setTyped}
          onOptionSubmit={save}
          onBlur={(event) => save(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") save(event.currentTarget.value);
          }}
        />
        <div>
          <Text size="sm" fw={500} mb={4} id="goal">
            Goal
          </Text>
          <SegmentedControl
            fullWidth
            size="xs"
            aria-labelledby="goal"
            data={successes}
            value={call.success === null ? "" : String(call.success)}
            onChange={(value) => onChange({ success: value === "" ? null : value === "true" })}
          />
        </div>
      </Stack>
    </SideCard>
  );
}
