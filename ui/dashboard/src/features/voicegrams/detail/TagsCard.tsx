import { TagsInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { changeVoicegram, type VoicegramDetail, voicegramQuery } from "@/api/voicegrams";
import { SideCard } from "./SideCard";

export function TagsCard({ voicegram }: { voicegram: VoicegramDetail }) {
  const client = useQueryClient();
  const { queryKey } = voicegramQuery(voicegram.id);
  const save = useMutation({
    mutationFn: (tags: string[]) => changeVoicegram(voicegram.id, { tags }),
    onMutate: (tags) => {
      client.setQueryData(queryKey, (known) => known && { ...known, tags });
    },
    onError: (error) => notifications.show({ color: "red", message: error.message }),
    onSettled: () =>
      Promise.all([client.invalidateQueries({ queryKey }), client.invalidateQueries({ queryKey: ["voicegrams"] })]),
  });
  return (
    <SideCard title="Tags" testId="tags">
      <TagsInput
        aria-label="Tags"
        data-testid="tags-input"
        placeholder={voicegram.tags.length ? undefined : "Add a tag"}
        value={voicegram.tags}
        onChange={(tags) => save.mutate(tags)}
        maxLength={64}
      />
    </SideCard>
  );
}
