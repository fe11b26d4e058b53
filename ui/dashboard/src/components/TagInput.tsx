import { TagsInput, type TagsInputProps } from "@mantine/core";

const MAX_TAGS = 50;
const MAX_CHARS = 64;

interface TagInputProps extends Omit<TagsInputProps, "value" | "onChange" | "data"> {
  value: readonly string[];
  onChange: (tags: string[]) => void;
  /** Tags in use elsewhere. */
  known?: readonly string[];
}

/** Tags typed and taken away; spaces around them go, doubles in other case too. */
export function TagInput({ value, onChange, known = [], ...rest }: TagInputProps) {
  return (
    <TagsInput
      {...rest}
      value={[...value]}
      data={[...known]}
      maxTags={MAX_TAGS}
      splitChars={[",", ";"]}
      acceptValueOnBlur
      onChange={(tags) => onChange(cleanTags(tags))}
    />
  );
}

export function cleanTags(tags: readonly string[]): string[] {
  const kept = new Map<string, string>();
  for (const tag of tags) {
    const text = tag.trim().slice(0, MAX_CHARS);
    if (text && !kept.has(text.toLowerCase())) kept.set(text.toLowerCase(), text);
  }
  return [...kept.values()];
}
