import { Alert, Button, Group, SegmentedControl, Stack, Textarea, TextInput } from "@mantine/core";
import { IconSend } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "@/api/client";
import { sendText } from "@/api/simulator";
import { OutsideNumber } from "./OutsideNumber";
import { OwnNumber } from "./OwnNumber";
import { madeUpPhone } from "./outside";
import { MESSAGES } from "./script";

/** A text from outside, as SMS or WhatsApp. */
export function MessageForm({ own, onOwn, onSent }: { own: string; onOwn: (phone: string) => void; onSent: () => void }) {
  const [channel, setChannel] = useState<"sms" | "whatsapp">("sms");
  const [from, setFrom] = useState(() => madeUpPhone());
  const [name, setName] = useState("");
  const [body, setBody] = useState<string>(MESSAGES[0]);
  const send = useMutation({
    mutationFn: sendText,
    onSuccess: () => {
      setBody("");
      onSent();
    },
  });
  const fields = send.error instanceof ApiError ? send.error.fields : {};
  const general = send.error && !fields.from && !fields.to && !fields.body ? send.error.message : null;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send.mutate({ channel, from, to: own, body, ...(channel === "whatsapp" && name.trim() && { name: name.trim() }) });
      }}
    >
      <Stack gap="md">
        <SegmentedControl
          fullWidth
          aria-label="Channel"
          value={channel}
          onChange={(value) => setChannel(value as typeof channel)}
          data={[
            { value: "sms", label: "SMS" },
            { value: "whatsapp", label: "WhatsApp" },
          ]}
        />
        <OutsideNumber label="From" value={from} onChange={setFrom} error={fields.from} />
        {channel === "whatsapp" && (
          <TextInput
            label="Name in the sender's profile"
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        )}
        <OwnNumber value={own} onChange={onOwn} error={fields.to} />
        <div>
          <Textarea
            label="Message"
            autosize
            minRows={3}
            maxRows={10}
            maxLength={4096}
            value={body}
            onChange={(event) => setBody(event.currentTarget.value)}
            error={fields.body}
            data-testid="message-body"
          />
          <Group gap={6} mt="xs">
            {MESSAGES.map((text) => (
              <Button key={text} size="compact-xs" variant="default" onClick={() => setBody(text)} maw="100%">
                {text}
              </Button>
            ))}
          </Group>
        </div>
        {general && <Alert color="red">{general}</Alert>}
        <Button
          type="submit"
          fullWidth
          leftSection={<IconSend size={18} aria-hidden />}
          loading={send.isPending}
          disabled={!body.trim() || !own.trim()}
          data-testid="send-text"
        >
          Send it
        </Button>
      </Stack>
    </form>
  );
}
