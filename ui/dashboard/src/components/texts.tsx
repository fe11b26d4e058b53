/** Small pieces of text that look the same on every screen. */
import { Anchor, Avatar as MantineAvatar, Badge, Group, VisuallyHidden } from "@mantine/core";
import { lengthText, phoneText, spokenLength } from "@/format";
import { useFormats, useNow } from "@/hooks/useFormats";

/** A moment; short in lists ("3 min ago", "Tue 14:05"), the whole of it on pointing. */
export function TimeText({ iso, look = "short" }: { iso: string; look?: "short" | "full" | "day" | "time" }) {
  const formats = useFormats();
  const now = useNow();
  const text = look === "short" ? formats.short(iso, new Date(Math.max(now, Date.parse(iso)))) : formats[look](iso);
  return (
    <time dateTime={iso} title={formats.full(iso)}>
      {text}
    </time>
  );
}

/** "3:07" for the eye, "3 minutes 7 seconds" for the ear. */
export function Duration({ seconds }: { seconds: number }) {
  return (
    <>
      <span aria-hidden style={{ fontVariantNumeric: "tabular-nums" }}>
        {lengthText(seconds)}
      </span>
      <VisuallyHidden>{spokenLength(seconds)}</VisuallyHidden>
    </>
  );
}

/** A phone number in groups; `isLink` lets it be dialled. */
export function PhoneText({ phone, isLink = false }: { phone: string; isLink?: boolean }) {
  const text = phoneText(phone);
  return isLink ? (
    <Anchor href={`tel:${phone}`} inherit>
      {text}
    </Anchor>
  ) : (
    <span style={{ whiteSpace: "nowrap" }}>{text}</span>
  );
}

/** Initials on a colour that belongs to the name. */
export function Avatar({ name, size = 34 }: { name: string; size?: number }) {
  return <MantineAvatar name={name} color="initials" size={size} radius="xl" aria-hidden />;
}

export function Tags({ tags }: { tags: readonly string[] }) {
  return tags.length === 0 ? null : (
    <Group gap={6}>
      {tags.map((tag) => (
        <Badge key={tag} variant="outline" color="gray" tt="none" fw={500}>
          {tag}
        </Badge>
      ))}
    </Group>
  );
}
