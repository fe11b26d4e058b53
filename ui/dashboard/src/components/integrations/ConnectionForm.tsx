import { Button, Group, Modal, PasswordInput, Select, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/keys";
import { changeConnection, type ConnectionSummary, connectIntegration, type Integration } from "@/api/numbers";
import { CopyField } from "@/components/CopyField";
import { Problem } from "@/components/Problem";
import { doneToast } from "@/components/toasts";
import { useSubmit } from "@/hooks/useSubmit";

const hints: Record<string, string> = {
  twilio: "Account SID and auth token stand on the first page of Twilio's console.",
  meta_whatsapp: "All three stand in your app at developers.facebook.com, under WhatsApp, API setup.",
  smtp: "Mails of this account are sent by your own server then.",
  openai_compatible: "Any service or program of your own that speaks this interface. Choose it in Speech engines.",
};

const securities = [
  { value: "starttls", label: "STARTTLS (port 587)" },
  { value: "tls", label: "TLS (port 465)" },
  { value: "none", label: "None" },
];

interface ConnectionFormProps {
  integration: Integration;
  /** None: a new one. */
  connection?: ConnectionSummary;
  onClose: () => void;
}

/** Access to a carrier or service. Secrets are never read back: empty leaves them as they are. */
export function ConnectionForm({ integration, connection, onClose }: ConnectionFormProps) {
  const client = useQueryClient();
  const [callback, setCallback] = useState<string | null>(null);
  const form = useForm({
    initialValues: {
      label: connection?.label ?? "",
      fields: Object.fromEntries(integration.fields.map(({ name }) => [name, ""])) as Record<string, string>,
    },
  });
  const { run, isBusy, problem } = useSubmit(form);
  const submit = form.onSubmit(({ label, fields }) => {
    const missing = connection ? [] : integration.fields.filter(({ name, is_required: isRequired }) => isRequired && !fields[name]?.trim());
    if (missing.length > 0) {
      form.setErrors(Object.fromEntries(missing.map(({ name }) => [`fields.${name}`, "Needed"])));
      return;
    }
    const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value.trim() !== "").map(([name, value]) => [name, value.trim()]));
    void run(async () => {
      const made = connection
        ? await changeConnection(connection.id, given, label.trim())
        : await connectIntegration(integration.key, given, label.trim());
      await Promise.all([client.invalidateQueries({ queryKey: keys.integrations }), client.invalidateQueries({ queryKey: keys.numbers })]);
      doneToast(`${integration.name} is connected. Test it to be sure.`);
      if (made.callback_url && !connection) setCallback(made.callback_url);
      else onClose();
    });
  });
  if (callback) {
    return (
      <Modal opened onClose={onClose} title={`${integration.name} is connected`} centered size="lg">
        <Stack>
          <Text size="sm">
            Where the carrier asks for a webhook or callback address, enter this one. For numbers brought in here it is set by itself where the
            carrier allows it.
          </Text>
          <CopyField label="Callback address" value={callback} />
          <Group justify="flex-end">
            <Button onClick={onClose}>Done</Button>
          </Group>
        </Stack>
      </Modal>
    );
  }
  return (
    <Modal opened onClose={onClose} title={connection ? `Change ${connection.label || integration.name}` : `Connect ${integration.name}`} centered size="lg">
      <form onSubmit={submit} noValidate>
        <Stack>
          {hints[integration.key] && (
            <Text size="sm" c="dimmed">
              {hints[integration.key]}
              {connection && " What you leave empty stays as it is."}
            </Text>
          )}
          <Problem text={problem} />
          <TextInput label="Label" description="For you, when there are several" data-autofocus {...form.getInputProps("label")} />
          {integration.fields.map(({ name, label, is_required: isRequired, is_secret: isSecret }) => {
            const props = { label, required: isRequired && !connection, autoComplete: "off", ...form.getInputProps(`fields.${name}`) };
            if (name === "security") {
              return <Select key={name} {...props} label="Encryption" placeholder="STARTTLS (port 587)" data={securities} value={props.value || null} onChange={(value) => form.setFieldValue("fields.security", value ?? "")} />;
            }
            return isSecret ? <PasswordInput key={name} {...props} autoComplete="new-password" /> : <TextInput key={name} {...props} />;
          })}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={isBusy}>
              {connection ? "Save" : "Connect"}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
