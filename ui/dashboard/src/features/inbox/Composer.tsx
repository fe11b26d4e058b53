import {
  ActionIcon,
  Alert,
  Button,
  CloseButton,
  FileButton,
  Group,
  Kbd,
  Loader,
  Menu,
  SegmentedControl,
  Text,
  Textarea,
  TextInput,
  Tooltip,
} from "@mantine/core";
import { useDisclosure, useOs } from "@mantine/hooks";
import { IconCalendarTime, IconClock, IconPaperclip, IconSend } from "@tabler/icons-react";
import { type Ref, useEffect, useEffectEvent, useId, useMemo } from "react";
import type { Conversation, NewMessage, ReplyChannel } from "@/api/conversations";
import { useMe } from "@/api/session";
import { TimeText } from "@/components/texts";
import { draftName, readDraft, writeDraft } from "@/hooks/drafts";
import { useDraft } from "@/hooks/useDraft";
import { useFormats, useNow } from "@/hooks/useFormats";
import classes from "./inbox.module.css";
import { Outbox, type Sent } from "./outbox";
import { smsSize } from "./sms";
import { type Files, useFiles } from "./useFiles";
import { useSend } from "./useSend";
import { laterChoices } from "./when";
import { WhenDialog } from "./WhenDialog";
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

/** What one had begun and what came back, one under the other. */
const joined = (first: string | undefined, then: string | undefined): string => [first, then].filter(Boolean).join("\n\n");

interface ComposerProps {
  conversation: Conversation;
  fieldRef: Ref<HTMLTextAreaElement>;
}

export function Composer({ conversation, fieldRef }: ComposerProps) {
  const { id } = conversation;
  const possible = replyChannels(conversation);
  const [chosen, setChosen] = useDraft<ReplyChannel | "">(`channel.${id}`, "");
  const channel = chosen && possible.includes(chosen) ? chosen : (possible[0] ?? "note");
  const place = `reply.${id}.${channel}`;
  const [text, setText, discard] = useDraft(place, "");
  const [subject, setSubject, discardSubject] = useDraft(`${place}.subject`, "");
  const attached = useFiles(place);
  const { user, account } = useMe();
  const outbox = useMemo(() => new Outbox(draftName(user.id, account.id, `outbox.${id}`)), [user.id, account.id, id]);

  const giveBack = ({ body, files: sentFiles }: Sent) => {
    const drafts = draftName(user.id, account.id, `reply.${id}.${body.channel}`);
    const back = joined(body.body, readDraft<string>(drafts));
    if (body.channel === channel) {
      setText(back);
      if (body.subject) setSubject(body.subject);
      if (sentFiles.length > 0) attached.set([...sentFiles]);
      return;
    }
    writeDraft(drafts, back);
    if (sentFiles.length > 0) writeDraft(`${drafts}.files`, sentFiles);
  };
  const send = useSend(conversation, outbox, giveBack);
  const restore = useEffectEvent(() => {
    for (const left of outbox.takeLeft()) giveBack(left);
  });
  useEffect(() => restore(), []);

  const helpId = useId();
  const now = useNow();
  const [isPicking, picker] = useDisclosure(false);
  const isNote = channel === "note";
  const windowEnds = conversation.whatsapp_window_expires_at;
  const isWindowClosed = channel === "whatsapp" && (!windowEnds || Date.parse(windowEnds) <= now);
  const limit = isNote || channel === "email" ? MAX_NOTE_CHARS : MAX_CHARS;
  const isTooLong = text.length > limit;
  const files = isNote ? [] : attached.files;
  const isEmpty = text.trim() === "" && (files.length === 0 || channel === "email");
  const canSend = !isEmpty && !isTooLong && !isWindowClosed && attached.uploading.length === 0;

  const submit = (at?: Date) => {
    if (!canSend) return;
    const body: NewMessage = {
      channel,
      body: text.trim(),
      ...(channel === "email" && subject.trim() && { subject: subject.trim() }),
      ...(files.length > 0 && { attachments: files.map((file) => file.id) }),
      ...(at && { scheduled_at: at.toISOString() }),
    };
    send.mutate(outbox.add(body, files));
    discard();
    discardSubject();
    attached.discard();
  };

  return (
    <form
      className={classes.composer}
      data-note={isNote || undefined}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
      onDragOver={(event) => !isNote && event.preventDefault()}
      onDrop={(event) => {
        if (isNote || event.dataTransfer.files.length === 0) return;
        event.preventDefault();
        attached.add([...event.dataTransfer.files]);
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
        onPaste={(event) => {
          if (isNote || event.clipboardData.files.length === 0) return;
          event.preventDefault();
          attached.add([...event.clipboardData.files]);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            submit();
          } else if (event.key === "Escape") event.currentTarget.blur();
        }}
        data-testid="reply"
      />
      {!isNote && <AttachedFiles attached={attached} />}
      <Group justify="space-between" mt={8} gap="xs" wrap="nowrap">
        <Group gap={6} wrap="nowrap" style={{ minWidth: 0 }}>
          {!isNote && (
            <FileButton multiple onChange={attached.add} inputProps={{ "aria-label": "Files to attach", tabIndex: -1 }}>
              {(props) => (
                <Tooltip label="Attach files">
                  <ActionIcon {...props} variant="subtle" color="gray" aria-label="Attach files" disabled={isWindowClosed}>
                    <IconPaperclip size={17} />
                  </ActionIcon>
                </Tooltip>
              )}
            </FileButton>
          )}
          <Text size="xs" c="dimmed" id={helpId} truncate>
            {channel === "sms" && text ? <SmsHint text={text} /> : <Shortcut />}
          </Text>
        </Group>
        <Group gap={6} wrap="nowrap">
          {!isNote && <LaterMenu isDisabled={!canSend} onChosen={submit} onPick={picker.open} />}
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
      </Group>
      <WhenDialog title="Send later" verb="Schedule" isOpen={isPicking} onClose={picker.close} onChosen={submit} />
    </form>
  );
}

interface LaterMenuProps {
  isDisabled: boolean;
  onChosen: (at: Date) => void;
  onPick: () => void;
}

function LaterMenu({ isDisabled, onChosen, onPick }: LaterMenuProps) {
  const { timeZone } = useFormats();
  return (
    <Menu position="top-end" withinPortal>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label="Send later"
          title="Send later"
          disabled={isDisabled}
          data-testid="send-later"
        >
          <IconClock size={17} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Send later</Menu.Label>
        {laterChoices(new Date(), timeZone).map(({ label, at }) => (
          <Menu.Item key={label} onClick={() => onChosen(at)}>
            {label}
          </Menu.Item>
        ))}
        <Menu.Item leftSection={<IconCalendarTime size={15} />} onClick={onPick}>
          Choose a time…
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function AttachedFiles({ attached: { files, uploading, remove } }: { attached: Files }) {
  if (files.length === 0 && uploading.length === 0) return null;
  return (
    <Group gap={6} mt={8} role="list" aria-label="Attached files">
      {files.map((file) => (
        <span key={file.id} className={classes.file} role="listitem" data-testid="attached">
          <IconPaperclip size={13} aria-hidden />
          <Text size="xs" truncate maw={200}>
            {file.name}
          </Text>
          <CloseButton size="xs" aria-label={`Remove ${file.name}`} onClick={() => remove(file.id)} />
        </span>
      ))}
      {uploading.map((name) => (
        <span key={name} className={classes.file} role="listitem">
          <Loader size={12} aria-label="Uploading" />
          <Text size="xs" truncate maw={200}>
            {name}
          </Text>
        </span>
      ))}
    </Group>
  );
}

function Shortcut() {
  const isApple = ["macos", "ios"].includes(useOs());
  return (
    <span className={classes.keys}>
      <Kbd size="xs">{isApple ? "⌘" : "Ctrl"}</Kbd> <Kbd size="xs">Enter</Kbd> sends
    </span>
  );
}

function SmsHint({ text }: { text: string }) {
  const { parts, left, isUnicode } = smsSize(text);
  return (
    <span data-testid="sms-size" title={isUnicode ? "Special characters make parts shorter" : undefined}>
      {text.length} characters · {parts} {parts === 1 ? "part" : "parts"}, {left} left{isUnicode && " · special characters"}
    </span>
  );
}
