import { Alert, Button, Group, Kbd, SegmentedControl, Text, Textarea, TextInput } from "@mantine/core";
import { IconSend } from "@tabler/icons-react";
import { type Ref, useId } from "react";
import type { Conversation, NewMessage, ReplyChannel } from "@/api/conversations";
import { TimeText } from "@/components/texts";
import { useDraft } from "@/hooks/useDraft";
import { useNow } from "@/hooks/useFormats";
import classes from "./inbox.module.css";
import { smsSize } from "./sms";
import { useSend } from "./useSend";
import { channelNames } from "./words";

const MAX_CHARS = 1_600;
const MAX_NOTE_CHARS = 20_000;

/** The channels that a reply can take, the likeliest first. */
export function replyChannels({ lead, channels, last_message: last }: Conversation): ReplyChannel[] {
  const possible: ReplyChannel[] = [];
  if (lead?.phone) possible.push("sms");
  if (lead?.phone && channels.includes("whatsapp")) possible.push("whatsapp");
  if (lead?.email) possible.push("email");
  const latest = last?.channel as ReplyChannel | undefined;
  possible.sort((one, other) => Number(other === latest) - Number(one === latest));
  return [...possible, "note"];
}

interface ComposerProps {
  conversation: Conversation;
  fieldRef: Ref<HTMLTextAreaElement>;
}

export function Composer({ conversation, fieldRef }: ComposerProps) {
  const possible = replyChannels(conversation);
  const [chosen, setChosen, forget] = useDraft<ReplyChannel | "">(`channel.${conversation.id}`, "");
  const channel = chosen && possible.includes(chosen) ? chosen : (possible[0] ?? "note");
  const place = `reply.${conversation.id}.${channel}`;
  const [text, setText, discard] = useDraft(place, "");
  const [subject, setSubject, discardSubject] = useDraft(`${place}.subject`, "");
  const send = useSend(conversation, ({ body }) => {
    if (body.channel === channel) setText(body.body ?? "");
  });
  const helpId = useId();
  const now = useNow();
  const isNote = channel === "note";
  const windowEnds = conversation.whatsapp_window_expires_at;
  const isWindowClosed = channel === "whatsapp" && (!windowEnds || Date.parse(windowEnds) <= now);
  const limit = isNote || channel === "email" ? MAX_NOTE_CHARS : MAX_CHARS;
  const isTooLong = text.length > limit;
  const canSend = text.trim() !== "" && !isTooLong && !isWindowClosed;

  const submit = () => {
    if (!canSend) return;
    const body: NewMessage = { channel, body: text.trim(), ...(channel === "email" && subject && { subject }) };
    send.mutate({ body, key: crypto.randomUUID() });
    discard();
    discardSubject();
    if (chosen === possible[0]) forget();
  };

  return (
    <form
      className={classes.composer}
      data-note={isNote || undefined}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Group justify="space-between" mb={8} gap="xs">
        <SegmentedControl
          size="xs"
          aria-label="How to answer"
          value={channel}
          onChange={(value) => setChosen(value as ReplyChannel)}
          data={possible.map((value) => ({ value, label: channelNames[value] }))}
        />
        {channel === "whatsapp" && windowEnds && !isWindowClosed && (
          <Text size="xs" c="dimmed">
            Free text until <TimeText iso={windowEnds} look="full" />
          </Text>
        )}
      </Group>
      {isWindowClosed && (
        <Alert color="yellow" mb={8} p="xs">
          WhatsApp takes free text only within 24 hours of the last message from there. Answer by SMS, or wait for their next
          message.
        </Alert>
      )}
      {channel === "email" && (
        <TextInput
          mb={8}
          size="sm"
          aria-label="Subject"
          placeholder="Subject"
          value={subject}
          onChange={(event) => setSubject(event.currentTarget.value)}
        />
      )}
      <Textarea
        ref={fieldRef}
        aria-label={isNote ? "A note for your team" : `Reply by ${channelNames[channel]}`}
        aria-describedby={helpId}
        placeholder={isNote ? "A note that only your team sees" : "Write a reply"}
        autosize
        minRows={2}
        maxRows={10}
        disabled={isWindowClosed}
        value={text}
        error={isTooLong && `${text.length - limit} characters too many`}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            submit();
          }
        }}
        data-testid="reply"
      />
      <Group justify="space-between" mt={8} gap="xs">
        <Text size="xs" c="dimmed" id={helpId}>
          {channel === "sms" && text ? <SmsHint text={text} /> : <Shortcut />}
        </Text>
        <Button
          type="submit"
          size="compact-md"
          color={isNote ? "yellow" : undefined}
          autoContrast
          rightSection={<IconSend size={15} aria-hidden />}
          disabled={!canSend}
          data-testid="send"
        >
          {isNote ? "Add note" : "Send"}
        </Button>
      </Group>
    </form>
  );
}

const Shortcut = () => (
  <span>
    <Kbd size="xs">Ctrl</Kbd> <Kbd size="xs">Enter</Kbd> sends
  </span>
);

function SmsHint({ text }: { text: string }) {
  const { parts, left, isUnicode } = smsSize(text);
  return (
    <span data-testid="sms-size">
      {parts} {parts === 1 ? "part" : "parts"} · {left} left{isUnicode && " · special characters make parts shorter"}
    </span>
  );
}
