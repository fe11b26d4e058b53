import { useQuery } from "@tanstack/react-query";
import { tagsQuery } from "@/api/leads";
import { useMay } from "@/api/session";
import { SideCard } from "@/components/SideCard";
import { TagInput } from "@/components/TagInput";
import { Tags } from "@/components/texts";

interface TagsCardProps {
  tags: readonly string[];
  /** Absent: the person may only read. */
  onChange?: ((tags: string[]) => void) | undefined;
}

export function TagsCard({ tags, onChange }: TagsCardProps) {
  const may = useMay();
  const known = useQuery({ ...tagsQuery, enabled: onChange !== undefined && may("contacts:read") });
  if (!onChange) {
    return tags.length === 0 ? null : (
      <SideCard title="Tags" testId="tags">
        <Tags tags={tags} />
      </SideCard>
    );
  }
  return (
    <SideCard title="Tags" testId="tags">
      <TagInput
        aria-label="Tags"
        data-testid="tags-input"
        placeholder={tags.length ? undefined : "Add a tag"}
        value={tags}
        known={(known.data?.tags ?? []).map(({ name }) => name)}
        onChange={onChange}
      />
    </SideCard>
  );
}
