/** Small pieces of text that look the same on every screen. */
import { Anchor, VisuallyHidden } from "@mantine/core";
import { lengthText, phoneText, spokenLength } from "@/format";
import { useFormats, useNow } from "@/hooks/useFormats";
import classes from "./components.module.css";
import { Mark, Marks } from "./Mark";

/** A moment; short in lists ("3 min ago", "Tue 14:05"), the whole of it on pointing. */
export function TimeText({ iso, look = "short" }: { iso: string; look?: "short" | "full" | "day" | "time" }) {
  const formats = useFormats();
  const now = useNow();
  const text = look === "short" ? formats.short(iso, new Date(Math.max(now, Date.parse(iso)))) : formats[look](iso);
  return (
    <time dateTime={iso} onPointerEnter={({ currentTarget }) => (currentTarget.title = formats.full(iso))}>
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

const AVATAR_COLORS = ["blue", "cyan", "grape", "green", "indigo", "lime", "orange", "pink", "red", "teal", "violet"];

function avatarColor(name: string): string {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) | 0;
  return AVATAR_COLORS[Math.abs(hash) % AVATAR_COLORS.length] ?? "gray";
}

/** The first letters of the first two words, or the first two of the only one; numbers have none. */
function initials(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => /^\p{L}/u.test(word));
  const letters = words.length > 1 ? words.map((word) => [...word][0]) : [...(words[0] ?? "")];
  return letters.slice(0, 2).join("").toUpperCase() || "#";
}

/** Initials on a colour that belongs to the name. Plain elements: a list has one in each row. */
export function Avatar({ name, size = 34 }: { name: string; size?: number }) {
  const color = avatarColor(name);
  return (
    <span
      className={classes.avatar}
      style={{
        width: size,
        height: size,
        fontSize: size * 0.38,
        color: `var(--mantine-color-${color}-light-color)`,
        background: `var(--mantine-color-${color}-light)`,
      }}
      aria-hidden
    >
      {initials(name)}
    </span>
  );
}

export function Tags({ tags }: { tags: readonly string[] }) {
  return tags.length === 0 ? null : (
    <Marks>
      {tags.map((tag) => (
        <Mark key={tag}>{tag}</Mark>
      ))}
    </Marks>
  );
}
