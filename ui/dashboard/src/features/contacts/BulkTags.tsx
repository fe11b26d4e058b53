import { Button, Group, Paper, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { changeLeadTags, tagsQuery } from "@/api/leads";
import { keys } from "@/api/keys";
import { TagInput } from "@/components/TagInput";
import { doneToast, problemToast } from "@/components/toasts";
import { useFormats } from "@/hooks/useFormats";

const AT_ONCE = 4;

/** Adds tags to the contacts chosen. */
export function BulkTags({ ids, onDone }: { ids: string[]; onDone: () => void }) {
  const [tags, setTags] = useState<string[]>([]);
  const [isBusy, setBusy] = useState(false);
  const known = useQuery(tagsQuery);
  const client = useQueryClient();
  const { number } = useFormats();
  const people = `${number(ids.length)} ${ids.length === 1 ? "contact" : "contacts"}`;

  const apply = async () => {
    setBusy(true);
    try {
      for (let at = 0; at < ids.length; at += AT_ONCE) {
        await Promise.all(ids.slice(at, at + AT_ONCE).map((id) => changeLeadTags(id, tags, [])));
      }
      doneToast(`Tagged ${people}.`);
      onDone();
    } catch (error) {
      problemToast("Some contacts were not tagged", error);
    } finally {
      setBusy(false);
      await Promise.all([keys.leads, keys.tags].map((queryKey) => client.invalidateQueries({ queryKey })));
    }
  };

  return (
    <Paper withBorder radius="lg" p="sm" mb="md" role="group" aria-label="For the contacts chosen">
      <Group gap="sm" align="center">
        <Text size="sm" fw={550}>
          {people} chosen
        </Text>
        <TagInput
          size="xs"
          style={{ flex: "1 1 220px" }}
          aria-label="Tags to add"
          placeholder="Tags to add"
          value={tags}
          onChange={setTags}
          known={known.data?.tags.map(({ name }) => name) ?? []}
        />
        <Button size="xs" loading={isBusy} disabled={tags.length === 0} onClick={() => void apply()}>
          Add tags
        </Button>
        <Button size="xs" variant="default" onClick={onDone}>
          Cancel
        </Button>
      </Group>
    </Paper>
  );
}
