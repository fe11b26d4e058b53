import { Anchor, Group, Image, Text } from "@mantine/core";
import { IconPaperclip } from "@tabler/icons-react";
import type { Message } from "@/api/conversations";

type FileReference = Message["attachments"][number];

const isPicture = ({ content_type: type }: FileReference) => /^image\/(png|jpe?g|gif|webp)$/.test(type ?? "");
const isSound = ({ content_type: type }: FileReference) => (type ?? "").startsWith("audio/");

/** Pictures and sounds as themselves, everything else as a download. */
export function Attachments({ files }: { files: readonly FileReference[] }) {
  if (files.length === 0) return null;
  return (
    <Group gap={8} mt={4}>
      {files.map((file) => {
        if (!file.url) {
          return (
            <Text key={file.id} size="xs" c="dimmed">
              {file.name || "File"} (not available)
            </Text>
          );
        }
        if (isPicture(file)) {
          return (
            <a key={file.id} href={file.url} target="_blank" rel="noopener noreferrer">
              <Image src={file.url} alt={file.name || "Picture"} mah={220} maw={280} radius="md" fit="contain" loading="lazy" />
            </a>
          );
        }
        if (isSound(file)) {
          // biome-ignore lint/a11y/useMediaCaption: what strangers send has no captions
          return <audio key={file.id} src={file.url} controls preload="none" aria-label={file.name || "Sound"} />;
        }
        return (
          <Anchor key={file.id} href={file.url} size="sm" download={file.name || true}>
            <IconPaperclip size={14} aria-hidden style={{ verticalAlign: "-2px" }} /> {file.name || "File"}
          </Anchor>
        );
      })}
    </Group>
  );
}
