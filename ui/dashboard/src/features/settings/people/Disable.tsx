import { Button, Group, Modal, Select, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { removeUser, type User } from "@/api/people";
import { usersQuery } from "@/api/users";
import { Problem } from "@/components/Problem";
import { doneToast } from "@/components/toasts";
import { useSubmit } from "@/hooks/useSubmit";

/** The person loses access at once; somebody else may take over what they had. */
export function Disable({ user, onClose }: { user: User; onClose: () => void }) {
  const client = useQueryClient();
  const [heir, setHeir] = useState<string | null>(null);
  const { data } = useQuery(usersQuery);
  const { run, isBusy, problem } = useSubmit();
  const disable = async () => {
    const isDone = await run(async () => {
      await removeUser(user.id, heir);
      await client.invalidateQueries();
    });
    if (!isDone) return;
    doneToast(`${user.name} has no access any more.`);
    onClose();
  };
  const others = (data?.users ?? []).filter(({ id }) => id !== user.id);
  return (
    <Modal opened onClose={onClose} title={`Disable ${user.name}?`} centered>
      <Stack>
        <Text size="sm">They are signed out everywhere and their API keys end, at once. What they wrote stays.</Text>
        <Problem text={problem} />
        <Select
          label="Hand over contacts and conversations to"
          placeholder="Nobody"
          clearable
          clearButtonProps={{ "aria-label": "Nobody" }}
          searchable
          data={others.map(({ id, name }) => ({ value: id, label: name }))}
          value={heir}
          onChange={setHeir}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <Button color="red" loading={isBusy} onClick={() => void disable()}>
            Disable
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
