import { Button, Group, Modal, SegmentedControl, Stack, TagsInput, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ApiError } from "@/api/client";
import { createChannel } from "@/api/channels";
import { keys } from "@/api/keys";
import { doneToast, problemToast } from "@/components/toasts";
import { slugFrom } from "./slug";

const kinds = [
  { value: "campaign", label: "Hosted page" },
  { value: "domain", label: "Widget on a site" },
];

const explanations = {
  campaign: "A page of its own with a link to share in emails, posts or on a QR code.",
  domain: "A button on your own website. It works on this host and its subdomains.",
};

interface CreateChannelProps {
  opened: boolean;
  onClose: () => void;
  onCreated: (id: string) => void;
}

export function CreateChannelModal({ opened, onClose, onCreated }: CreateChannelProps) {
  const client = useQueryClient();
  const form = useForm({
    initialValues: {
      kind: "campaign" as "campaign" | "domain",
      name: "",
      slug: "",
      host: "",
      greeting: "",
      notify_emails: [] as string[],
    },
    validate: {
      name: (value, { kind }) => (kind === "campaign" && !value.trim() ? "Enter a name" : null),
      host: (value, { kind }) => (kind === "domain" && !value.trim() ? "Enter a host name" : null),
    },
  });
  const create = useMutation({
    mutationFn: createChannel,
    onSuccess: async (channel) => {
      await client.invalidateQueries({ queryKey: keys.recordingChannels });
      doneToast(`${channel.name} is ready.`);
      form.reset();
      onCreated(channel.id);
    },
    onError: (error) => {
      const fields = error instanceof ApiError ? error.fields : {};
      form.setErrors(fields);
      if (!Object.keys(fields).some((field) => field in form.values)) {
        problemToast("The channel was not created", error);
      }
    },
  });
  const { kind, name, slug } = form.values;
  const submit = form.onSubmit((values) =>
    create.mutate({
      kind: values.kind,
      greeting: values.greeting.trim(),
      notify_emails: values.notify_emails,
      ...(values.kind === "campaign"
        ? { name: values.name.trim(), slug: values.slug.trim() || slugFrom(values.name) }
        : { host: values.host.trim() }),
    }),
  );
  return (
    <Modal opened={opened} onClose={onClose} title="New channel" size="md" centered>
      <form onSubmit={submit} noValidate>
        <Stack>
          <div>
            <SegmentedControl fullWidth data={kinds} aria-label="Kind" {...form.getInputProps("kind")} />
            <Text size="xs" c="dimmed" mt={8}>
              {explanations[kind]}
            </Text>
          </div>
          {kind === "campaign" ? (
            <>
              <TextInput label="Name" required data-autofocus data-testid="channel-name" {...form.getInputProps("name")} />
              <TextInput
                label="Address"
                description="The last part of the page's link"
                placeholder={slugFrom(name) || "autumn-survey"}
                data-testid="channel-slug"
                {...form.getInputProps("slug")}
                value={slug}
              />
            </>
          ) : (
            <TextInput
              label="Host name"
              required
              placeholder="www.example.com"
              data-testid="channel-host"
              {...form.getInputProps("host")}
            />
          )}
          <Textarea
            label="Greeting"
            description="Shown above the recorder"
            autosize
            minRows={2}
            {...form.getInputProps("greeting")}
          />
          <TagsInput
            label="Notify"
            description="Email addresses that get each message; empty means the people of this account"
            {...form.getInputProps("notify_emails")}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={create.isPending} data-testid="create-channel">
              Create
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
