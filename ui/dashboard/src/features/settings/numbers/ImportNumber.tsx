import { Button, Group, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { keys } from "@/api/keys";
import { type Integration, importNumber } from "@/api/numbers";
import { Problem } from "@/components/Problem";
import { doneToast } from "@/components/toasts";
import { useSubmit } from "@/hooks/useSubmit";

type Provider = "twilio" | "meta_whatsapp" | "simulator";

interface ImportNumberProps {
  carriers: readonly Integration[];
  hasSimulator: boolean;
  onClose: () => void;
}

export function ImportNumber({ carriers, hasSimulator, onClose }: ImportNumberProps) {
  const client = useQueryClient();
  const connected = carriers.filter(({ connected: isConnected }) => isConnected);
  const providers = [
    ...connected.map(({ key, name }) => ({ value: key, label: name })),
    ...(hasSimulator ? [{ value: "simulator", label: "Simulator" }] : []),
  ];
  const form = useForm({
    initialValues: { provider: (providers[0]?.value ?? "twilio") as Provider, phone_number: "", label: "", provider_number_id: "", connection_id: null as string | null },
    validate: { phone_number: (value) => (value.trim() ? null : "Enter the number") },
  });
  const { run, isBusy, problem } = useSubmit(form);
  const { provider } = form.values;
  const connections = connected.find(({ key }) => key === provider)?.connections ?? [];
  const submit = form.onSubmit((values) =>
    run(async () => {
      const made = await importNumber({
        provider: values.provider,
        phone_number: values.phone_number.trim(),
        label: values.label.trim(),
        ...(values.provider_number_id.trim() && { provider_number_id: values.provider_number_id.trim() }),
        ...(values.connection_id && { connection_id: values.connection_id }),
      });
      await client.invalidateQueries({ queryKey: keys.numbers });
      doneToast(`${made.phone_number} is here.`);
      onClose();
    }),
  );
  return (
    <Modal opened onClose={onClose} title="Bring in a number" centered>
      {providers.length === 0 ? (
        <Stack>
          <Text size="sm">Connect a carrier first: a number comes from your account there.</Text>
          <Group justify="flex-end">
            <Button onClick={onClose}>Close</Button>
          </Group>
        </Stack>
      ) : (
        <form onSubmit={submit} noValidate>
          <Stack>
            <Problem text={problem} />
            <Select
              label="Carrier"
              data={providers}
              allowDeselect={false}
              {...form.getInputProps("provider")}
              onChange={(value) => form.setValues({ provider: (value ?? "twilio") as Provider, connection_id: null })}
            />
            {connections.length > 1 && (
              <Select
                label="Connection"
                placeholder="The first one"
                data={connections.map(({ id, label }) => ({ value: id, label: label || id }))}
                {...form.getInputProps("connection_id")}
              />
            )}
            <TextInput label="Number" type="tel" placeholder="+1 555 010 0123" required data-autofocus {...form.getInputProps("phone_number")} />
            {provider === "meta_whatsapp" && <TextInput label="Phone number ID" description="From API setup in your app" {...form.getInputProps("provider_number_id")} />}
            <TextInput label="Label" placeholder="Front desk" {...form.getInputProps("label")} />
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                Cancel
              </Button>
              <Button type="submit" loading={isBusy} data-testid="import-number">
                Bring it in
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
