import { ActionIcon, Alert, Button, Group, Menu, SegmentedControl, Stack, Textarea, TextInput } from "@mantine/core";
import { IconArrowsLeftRight, IconChevronDown, IconPhoneCall, IconPlus, IconX } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "@/api/client";
import { placeCall } from "@/api/simulator";
import { OutsideNumber } from "./OutsideNumber";
import { OwnNumber } from "./OwnNumber";
import { madeUpPhone } from "./outside";
import type { Pending } from "./pending";
import { CALLS, fromScript, type Line, toScript } from "./script";
import classes from "./simulator.module.css";

interface CallFormProps {
  own: string;
  onOwn: (phone: string) => void;
  onPlanned: (pending: Pending) => void;
}

function Bubbles({ lines, onChange }: { lines: readonly Line[]; onChange: (lines: Line[]) => void }) {
  const set = (index: number, next: Partial<Line>) =>
    onChange(lines.map((line, at) => (at === index ? { ...line, ...next } : line)));
  return (
    <Stack gap={6}>
      {lines.map(({ speaker, text }, index) => {
        const who = speaker === "caller" ? "Caller" : "You";
        return (
          <Group key={index} gap={6} wrap="nowrap" className={classes.turn} data-speaker={speaker}>
            <Button
              size="compact-xs"
              variant="light"
              color={speaker === "caller" ? "teal" : "iris"}
              className={classes.speaker}
              rightSection={<IconArrowsLeftRight size={12} aria-hidden />}
              aria-label={`Line ${index + 1} is said by ${who.toLowerCase()}; let the other side say it`}
              onClick={() => set(index, { speaker: speaker === "caller" ? "agent" : "caller" })}
            >
              {who}
            </Button>
            <TextInput
              size="xs"
              flex={1}
              maxLength={1000}
              aria-label={`Line ${index + 1}`}
              value={text}
              onChange={(event) => set(index, { text: event.currentTarget.value })}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              size="sm"
              aria-label={`Remove line ${index + 1}`}
              disabled={lines.length === 1}
              onClick={() => onChange(lines.filter((_, at) => at !== index))}
            >
              <IconX size={14} />
            </ActionIcon>
          </Group>
        );
      })}
      <Button
        variant="subtle"
        size="compact-sm"
        leftSection={<IconPlus size={14} aria-hidden />}
        style={{ alignSelf: "flex-start" }}
        onClick={() =>
          onChange([...lines, { speaker: lines.at(-1)?.speaker === "caller" ? "agent" : "caller", text: "" }])
        }
      >
        Add a line
      </Button>
    </Stack>
  );
}

/** A call with what both sides say; it is spoken, recorded, transcribed and summarised as a real one. */
export function CallForm({ own, onOwn, onPlanned }: CallFormProps) {
  const [way, setWay] = useState<"in" | "out">("in");
  const [outside, setOutside] = useState(() => madeUpPhone());
  const [lines, setLines] = useState<readonly Line[]>(CALLS[0].lines);
  const [script, setScript] = useState<string | null>(null);
  const place = useMutation({
    mutationFn: placeCall,
    onSuccess: (planned) => {
      onPlanned({ id: planned.call_sid, kind: "call", who: planned.outside_number, at: Date.now() });
      setOutside(madeUpPhone());
    },
  });
  const fields = place.error instanceof ApiError ? place.error.fields : {};
  const said = (script === null ? lines : fromScript(script)).filter(({ text }) => text.trim());
  const outsideField = way === "in" ? "from" : "to";
  const ownField = way === "in" ? "to" : "from";
  const general = place.error && !fields.from && !fields.to ? place.error.message : null;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const [from, to] = way === "in" ? [outside, own] : [own, outside];
        place.mutate({ from, to, turns: [...said] });
      }}
    >
      <Stack gap="md">
        <SegmentedControl
          fullWidth
          aria-label="Who calls"
          value={way}
          onChange={(value) => setWay(value as typeof way)}
          data={[
            { value: "in", label: "They call you" },
            { value: "out", label: "You call them" },
          ]}
        />
        <OutsideNumber
          label={way === "in" ? "The caller's number" : "The number called"}
          value={outside}
          onChange={setOutside}
          error={fields[outsideField]}
          hasBehaviour
        />
        <OwnNumber value={own} onChange={onOwn} error={fields[ownField]} />
        <div>
          <Group justify="space-between" mb={6}>
            <SegmentedControl
              size="xs"
              aria-label="How the conversation is written"
              value={script === null ? "lines" : "script"}
              onChange={(value) => {
                if (value === "script") setScript(toScript(lines));
                else {
                  const read = fromScript(script ?? "");
                  setLines(read.length > 0 ? read : [{ speaker: "caller", text: "" }]);
                  setScript(null);
                }
              }}
              data={[
                { value: "lines", label: "Conversation" },
                { value: "script", label: "As text" },
              ]}
            />
            <Menu position="bottom-end" withinPortal>
              <Menu.Target>
                <Button variant="subtle" size="compact-sm" rightSection={<IconChevronDown size={14} aria-hidden />}>
                  Examples
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                {CALLS.map(({ name, lines: told }) => (
                  <Menu.Item
                    key={name}
                    onClick={() => {
                      setLines(told);
                      if (script !== null) setScript(toScript(told));
                    }}
                  >
                    {name}
                  </Menu.Item>
                ))}
              </Menu.Dropdown>
            </Menu>
          </Group>
          {script === null ? (
            <Bubbles lines={lines} onChange={setLines} />
          ) : (
            <Textarea
              aria-label="The conversation as text"
              description="One line for each thing said: “caller: …” or “agent: …”"
              autosize
              minRows={5}
              maxRows={16}
              maxLength={20_000}
              value={script}
              onChange={(event) => setScript(event.currentTarget.value)}
              classNames={{ input: classes.script ?? "" }}
            />
          )}
        </div>
        {general && <Alert color="red">{general}</Alert>}
        <Button
          type="submit"
          fullWidth
          leftSection={<IconPhoneCall size={18} aria-hidden />}
          loading={place.isPending}
          disabled={said.length === 0 || !own.trim()}
          data-testid="place-call"
        >
          Place the call
        </Button>
      </Stack>
    </form>
  );
}
