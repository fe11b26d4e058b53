import { Alert, Anchor, Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "@/api/client";
import { renameWorkspace, workspaceQuery } from "@/api/channels";
import { keys } from "@/api/keys";
import { useMay } from "@/api/session";
import { doneToast } from "@/components/toasts";

/** Under which name the hosted pages stand, and the way to change it. */
export function WorkspaceLine() {
  const { data } = useQuery(workspaceQuery);
  const canEdit = useMay()("channels:write");
  const [isOpen, setOpen] = useState(false);
  if (!data) return null;
  return (
    <>
      {data.public_url ? (
        <>
          Hosted pages are at <span style={{ overflowWrap: "anywhere" }}>{data.public_url}/…</span>
        </>
      ) : (
        "Hosted pages need a workspace name."
      )}
      {canEdit && (
        <>
          {" "}
          <Anchor component="button" type="button" size="sm" onClick={() => setOpen(true)} data-testid="change-workspace">
            {data.subdomain ? "Change" : "Choose one"}
          </Anchor>
          <WorkspaceDialog key={String(isOpen)} current={data.subdomain ?? ""} isOpen={isOpen} onClose={() => setOpen(false)} />
        </>
      )}
    </>
  );
}

function WorkspaceDialog({ current, isOpen, onClose }: { current: string; isOpen: boolean; onClose: () => void }) {
  const [name, setName] = useState(current);
  const client = useQueryClient();
  const rename = useMutation({
    mutationFn: renameWorkspace,
    onSuccess: async () => {
      await Promise.all(
        [keys.workspace, keys.recordingChannels].map((queryKey) => client.invalidateQueries({ queryKey })),
      );
      doneToast("The hosted pages have moved.");
      onClose();
    },
  });
  const { error } = rename;
  const fault = error instanceof ApiError ? (error.fields.subdomain ?? error.message) : error?.message;
  return (
    <Modal opened={isOpen} onClose={onClose} title="Workspace name" centered>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          rename.mutate(name.trim().toLowerCase());
        }}
      >
        <Stack>
          {current && (
            <Alert color="yellow">
              Every public link and every QR code changes with the name. Links and codes that are out there stop working.
            </Alert>
          )}
          <TextInput
            label="Name"
            description="Small letters, digits and hyphens; part of the address of your pages"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={fault}
            data-autofocus
            data-testid="workspace-name"
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button
              type="submit"
              {...(current && { color: "red" })}
              loading={rename.isPending}
              disabled={!name.trim() || name.trim() === current}
            >
              {current ? "Change all links" : "Choose"}
            </Button>
          </Group>
          <Text size="xs" c="dimmed">
            Widgets on your sites are not touched.
          </Text>
        </Stack>
      </form>
    </Modal>
  );
}
