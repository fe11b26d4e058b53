import { Button, Group, Input, Modal, Radio, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { channelsQuery } from "@/api/channels";
import { type Contract, changeWebhook, createWebhook, type Webhook } from "@/api/webhooks";
import { Problem } from "@/components/Problem";
import { useSubmit } from "@/hooks/useSubmit";
import { contractNames, contractTexts } from "./contracts";
import { EventPicker } from "./EventPicker";

const contracts: readonly Contract[] = ["native", "voicegram", "vocatech"];

interface WebhookFormProps {
  /** None: a new one. */
  webhook?: Webhook;
  onClose: () => void;
  onSaved: (webhook: Webhook, secret: string | null) => void;
}

export function WebhookForm({ webhook, onClose, onSaved }: WebhookFormProps) {
  const form = useForm({
    initialValues: {
      contract: (webhook?.contract ?? "native") as Contract,
      name: webhook?.name ?? "",
      url: webhook?.url ?? "",
      events: webhook?.events ?? [],
      recording_channel_id: webhook?.recording_channel_id ?? null,
    },
    validate: { url: (value) => (/^https?:\/\/\S+$/.test(value.trim()) ? null : "An address that begins with https://") },
  });
  const { run, isBusy, problem } = useSubmit(form);
  const { contract, events } = form.values;
  const { data: channels } = useQuery({ ...channelsQuery, enabled: contract === "voicegram" });
  const submit = form.onSubmit((values) =>
    run(async () => {
      const body = {
        name: values.name.trim(),
        url: values.url.trim(),
        events: values.events,
        ...(values.contract === "voicegram" && { recording_channel_id: values.recording_channel_id }),
      };
      if (webhook) onSaved(await changeWebhook(webhook.id, body), null);
      else {
        const { secret, ...made } = await createWebhook({ ...body, contract: values.contract });
        onSaved(made, secret);
      }
    }),
  );
  return (
    <Modal opened onClose={onClose} title={webhook ? "Change the webhook" : "New webhook"} size="lg" centered>
      <form onSubmit={submit} noValidate>
        <Stack>
          <Problem text={problem} />
          <TextInput
            label="Address"
            description="Gets each event by POST"
            type="url"
            placeholder="https://hooks.example.com/antiphon"
            required
            data-autofocus
            {...form.getInputProps("url")}
          />
          <TextInput label="Name" description="For you; visible nowhere else" {...form.getInputProps("name")} />
          {!webhook && (
            <Radio.Group
              label="Shape of the events"
              value={contract}
              onChange={(value) => form.setValues({ contract: value as Contract, events: [], recording_channel_id: null })}
            >
              <Stack gap="xs" mt={6}>
                {contracts.map((one) => (
                  <Radio key={one} value={one} label={contractNames[one]} description={contractTexts[one]} />
                ))}
              </Stack>
            </Radio.Group>
          )}
          {contract === "voicegram" && (
            <Select
              label="Channel"
              placeholder="All channels"
              clearable
              clearButtonProps={{ "aria-label": "All channels" }}
              data={(channels?.recording_channels ?? []).map(({ id, name }) => ({ value: id, label: name }))}
              {...form.getInputProps("recording_channel_id")}
            />
          )}
          <Input.Wrapper label="Events" labelElement="div" error={form.errors.events}>
            <EventPicker key={contract} contract={contract} value={events} onChange={(value) => form.setFieldValue("events", value)} />
          </Input.Wrapper>
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={isBusy} data-testid="save-webhook">
              {webhook ? "Save" : "Create"}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
