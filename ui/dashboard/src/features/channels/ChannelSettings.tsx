import { Button, Group, Paper, Stack, TagsInput, Textarea, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ApiError } from "@/api/client";
import { changeChannel, channelQuery, type RecordingChannel } from "@/api/channels";
import { keys } from "@/api/keys";
import { useMay } from "@/api/session";
import { doneToast, problemToast } from "@/components/toasts";

const valuesOf = (channel: RecordingChannel) => ({
  name: channel.name,
  host: channel.host ?? "",
  slug: channel.slug ?? "",
  greeting: channel.greeting,
  notify_emails: channel.notify_emails,
});

/** What visitors read, who is told, and where the channel stands. */
export function ChannelSettings({ channel }: { channel: RecordingChannel }) {
  const client = useQueryClient();
  const canEdit = useMay()("channels:write");
  const isDomain = channel.kind === "domain";
  const form = useForm({ initialValues: valuesOf(channel) });
  const save = useMutation({
    mutationFn: ({ name, host, slug, ...rest }: ReturnType<typeof valuesOf>) =>
      changeChannel(channel.id, { ...rest, name: name.trim(), ...(isDomain ? { host: host.trim() } : { slug: slug.trim() }) }),
    onSuccess: async (changed) => {
      client.setQueryData(channelQuery(channel.id).queryKey, changed);
      form.setInitialValues(valuesOf(changed));
      form.reset();
      doneToast("Saved.");
      await client.invalidateQueries({ queryKey: keys.recordingChannels });
    },
    onError: (error) => {
      const fields = error instanceof ApiError ? error.fields : {};
      form.setErrors(fields);
      if (!Object.keys(fields).some((field) => field in form.values)) problemToast("The channel was not changed", error);
    },
  });
  return (
    <Paper withBorder radius="lg" p="md" component="section" aria-label="Settings">
      <Title order={2} size="h6" mb="sm">
        Settings
      </Title>
      <form onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
        <Stack gap="sm">
          <TextInput label="Name" disabled={!canEdit} {...form.getInputProps("name")} />
          {isDomain ? (
            <TextInput
              label="Host name"
              description="The widget runs on this host and its subdomains, nowhere else"
              disabled={!canEdit}
              {...form.getInputProps("host")}
            />
          ) : (
            <TextInput
              label="Address"
              description="The last part of the page's link; the old link stops working"
              disabled={!canEdit}
              {...form.getInputProps("slug")}
            />
          )}
          <Textarea
            label="Greeting"
            description="Shown above the recorder"
            autosize
            minRows={2}
            maxRows={8}
            disabled={!canEdit}
            data-testid="greeting"
            {...form.getInputProps("greeting")}
          />
          <TagsInput
            label="Notify"
            description="Email addresses that get each message; empty means the people of this account"
            disabled={!canEdit}
            {...form.getInputProps("notify_emails")}
          />
          {canEdit && (
            <Group justify="flex-end">
              {form.isDirty() && (
                <Button variant="default" onClick={() => form.reset()}>
                  Cancel
                </Button>
              )}
              <Button type="submit" loading={save.isPending} disabled={!form.isDirty()} data-testid="save-channel">
                Save
              </Button>
            </Group>
          )}
        </Stack>
      </form>
    </Paper>
  );
}
