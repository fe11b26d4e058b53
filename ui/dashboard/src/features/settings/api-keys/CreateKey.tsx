import { Alert, Button, Group, Modal, Radio, SegmentedControl, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconAlertTriangle } from "@tabler/icons-react";
import { createKey } from "@/api/apiKeys";
import { useMay, useMe } from "@/api/session";
import { Problem } from "@/components/Problem";
import { useSubmit } from "@/hooks/useSubmit";
import { type KeyKind, kindNames, kindTexts } from "./kinds";
import { ScopePicker } from "./ScopePicker";

const NEVER = "never";
const ends = [
  { value: NEVER, label: "Never" },
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
];
const kinds: readonly KeyKind[] = ["secret", "public", "pat"];

interface CreateKeyProps {
  isOpen: boolean;
  onClose: () => void;
  onMade: (key: string) => void;
}

export function CreateKey({ isOpen, onClose, onMade }: CreateKeyProps) {
  const { permissions } = useMe();
  const may = useMay();
  const form = useForm({
    initialValues: { name: "", kind: "secret" as KeyKind, ends: NEVER, reach: "all", scopes: [] as string[] },
    validate: {
      name: (value) => (value.trim() ? null : "Say what it is for"),
      scopes: (value, { kind, reach }) => (kind === "secret" && reach === "some" && value.length === 0 ? "Choose at least one" : null),
    },
  });
  const { run, isBusy, problem } = useSubmit(form);
  const { kind, reach } = form.values;
  const close = () => {
    form.reset();
    onClose();
  };
  const submit = form.onSubmit((values) =>
    run(async () => {
      const made = await createKey({
        name: values.name.trim(),
        kind: values.kind,
        expires_in_days: values.ends === NEVER ? null : Number(values.ends),
        ...(values.kind === "secret" && values.reach === "some" && { scopes: values.scopes }),
      });
      close();
      onMade(made.key);
    }),
  );
  return (
    <Modal opened={isOpen} onClose={close} title="New API key" size="lg" centered>
      <form onSubmit={submit} noValidate>
        <Stack>
          <Problem text={problem} />
          <TextInput
            label="Name"
            description="What will use it"
            placeholder="Order service"
            required
            data-autofocus
            {...form.getInputProps("name")}
          />
          <Radio.Group label="Kind" {...form.getInputProps("kind")}>
            <Stack gap="xs" mt={6}>
              {kinds
                .filter((one) => one !== "pat" || may("keys:manage"))
                .map((one) => (
                  <Radio key={one} value={one} label={kindNames[one]} description={kindTexts[one]} />
                ))}
            </Stack>
          </Radio.Group>
          {kind === "public" && (
            <Alert color="yellow" icon={<IconAlertTriangle size={18} />}>
              Whoever has this key reads callers' numbers, transcripts and recordings of the whole account, and everybody who opens a
              page or an app with it has it. Give it an end, and use a secret key on a server of yours wherever you can.
            </Alert>
          )}
          <Select
            label="Ends"
            description={kind === "public" && form.values.ends === NEVER ? "A public key should have an end" : undefined}
            data={ends}
            allowDeselect={false}
            {...form.getInputProps("ends")}
          />
          {kind === "secret" && (
            <>
              <SegmentedControl
                aria-label="What it may do"
                data={[
                  { value: "all", label: "All that I may do" },
                  { value: "some", label: "Only some things" },
                ]}
                {...form.getInputProps("reach")}
              />
              {reach === "some" && (
                <>
                  <ScopePicker permissions={permissions} value={form.values.scopes} onChange={(scopes) => form.setFieldValue("scopes", scopes)} />
                  <Problem text={typeof form.errors.scopes === "string" ? form.errors.scopes : null} />
                </>
              )}
            </>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={isBusy} data-testid="create-key">
              Create
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
