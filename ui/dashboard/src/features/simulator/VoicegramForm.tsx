import { Alert, Anchor, Button, Group, SegmentedControl, Select, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { IconRecordMail } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { channelsQuery } from "@/api/channels";
import { ApiError } from "@/api/client";
import { leaveRecording, speakVoicegram } from "@/api/simulator";
import { Microphone } from "./Microphone";
import type { Pending } from "./pending";
import { VOICEGRAMS } from "./script";

/** A voice message in one of the channels: a text that is spoken, or one's own voice. */
export function VoicegramForm({ onPlanned }: { onPlanned: (pending: Pending) => void }) {
  const channels = useQuery(channelsQuery);
  const open = (channels.data?.recording_channels ?? []).filter(({ is_active: isActive }) => isActive);
  const [chosen, setChosen] = useState<string | null>(null);
  const [email, setEmail] = useState("visitor@example.org");
  const [source, setSource] = useState<"text" | "voice">("text");
  const [text, setText] = useState<string>(VOICEGRAMS[0]);
  const [recording, setRecording] = useState<Blob | null>(null);
  const channel = chosen ?? open[0]?.id ?? null;
  const leave = useMutation({
    mutationFn: () => {
      const channelId = channel ?? "";
      return source === "voice" && recording
        ? leaveRecording(channelId, email, recording)
        : speakVoicegram({ channel_id: channelId, email, text });
    },
    onSuccess: ({ id }) => {
      onPlanned({ id, kind: "voicegram", who: email, at: Date.now() });
      setRecording(null);
    },
  });
  const fields = leave.error instanceof ApiError ? leave.error.fields : {};
  const general = leave.error && !fields.email && !fields.text && !fields.channel_id ? leave.error.message : null;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        leave.mutate();
      }}
    >
      <Stack gap="md">
        <Select
          label="Channel"
          placeholder={channels.isPending ? "Loading" : "No open channel"}
          allowDeselect={false}
          data={open.map(({ id, name }) => ({ value: id, label: name }))}
          value={channel}
          onChange={setChosen}
          error={fields.channel_id}
        />
        {channels.data && open.length === 0 && (
          <Text size="sm" c="dimmed">
            A voice message needs a place to be left.{" "}
            <Anchor underline="always" renderRoot={(props) => <Link to="/channels" search={{ new: true }} {...props} />}>Create a channel</Anchor>
          </Text>
        )}
        <TextInput
          label="From"
          type="email"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          error={fields.email}
        />
        <SegmentedControl
          fullWidth
          aria-label="What is said"
          value={source}
          onChange={(value) => setSource(value as typeof source)}
          data={[
            { value: "text", label: "A text, spoken" },
            { value: "voice", label: "Your own voice" },
          ]}
        />
        {source === "text" ? (
          <div>
            <Textarea
              aria-label="The text to say"
              autosize
              minRows={4}
              maxRows={12}
              maxLength={5000}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              error={fields.text}
              data-testid="voicegram-text"
            />
            <Group gap={6} mt="xs">
              {VOICEGRAMS.map((said, index) => (
                <Button key={said} size="compact-xs" variant="default" onClick={() => setText(said)}>
                  Example {index + 1}
                </Button>
              ))}
            </Group>
          </div>
        ) : (
          <Microphone recording={recording} onRecorded={setRecording} />
        )}
        {general && <Alert color="red">{general}</Alert>}
        <Button
          type="submit"
          fullWidth
          leftSection={<IconRecordMail size={18} aria-hidden />}
          loading={leave.isPending}
          disabled={!channel || !email.trim() || (source === "text" ? !text.trim() : !recording)}
          data-testid="leave-voicegram"
        >
          Leave the message
        </Button>
      </Stack>
    </form>
  );
}
