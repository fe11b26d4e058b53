import { Button, Group, Modal, NumberInput, Stack, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { keys } from "@/api/keys";
import { changeUser, type User } from "@/api/people";
import { useMe } from "@/api/session";
import { Problem } from "@/components/Problem";
import { doneToast } from "@/components/toasts";
import { useSubmit } from "@/hooks/useSubmit";
import { RoleRadio } from "./RoleRadio";
import { roles } from "./roles";

export function EditUser({ user, onClose }: { user: User; onClose: () => void }) {
  const client = useQueryClient();
  const me = useMe();
  const form = useForm({
    initialValues: {
      name: user.name,
      role: user.role,
      extension: user.extension ?? "",
      forward_to: user.forward_to ?? "",
      ring_seconds: user.ring_seconds,
      do_not_disturb: user.do_not_disturb,
      voicemail_enabled: user.voicemail_enabled,
    },
    validate: { name: (value) => (value.trim() ? null : "Enter a name") },
  });
  const { run, isBusy, problem } = useSubmit(form);
  const isAbove = roles.indexOf(user.role) > roles.indexOf(me.role);
  const submit = form.onSubmit((values) =>
    run(async () => {
      await changeUser(user.id, {
        name: values.name.trim(),
        ring_seconds: values.ring_seconds,
        do_not_disturb: values.do_not_disturb,
        voicemail_enabled: values.voicemail_enabled,
        ...(values.role !== user.role && { role: values.role }),
        ...(values.extension.trim() !== (user.extension ?? "") && { extension: values.extension.trim() }),
        ...(values.forward_to.trim() !== (user.forward_to ?? "") && { forward_to: values.forward_to.trim() || null }),
      });
      await client.invalidateQueries({ queryKey: keys.users });
      if (user.id === me.user.id) await client.invalidateQueries({ queryKey: keys.me });
      doneToast("Saved.");
      onClose();
    }),
  );
  return (
    <Modal opened onClose={onClose} title={user.email} size="lg" centered>
      <form onSubmit={submit} noValidate>
        <Stack>
          <Problem text={problem} />
          <TextInput label="Name" required data-autofocus {...form.getInputProps("name")} />
          {!isAbove && (
            <RoleRadio own={me.role} value={form.values.role} onChange={(role) => form.setFieldValue("role", role)} error={form.errors.role} />
          )}
          <Group grow align="flex-start">
            <TextInput label="Extension" inputMode="numeric" {...form.getInputProps("extension")} />
            <NumberInput label="Rings for (seconds)" min={5} max={120} {...form.getInputProps("ring_seconds")} />
          </Group>
          <TextInput label="Forward calls to" type="tel" placeholder="+1 555 010 0123" {...form.getInputProps("forward_to")} />
          <Switch label="Do not disturb" {...form.getInputProps("do_not_disturb", { type: "checkbox" })} />
          <Switch label="Voicemail" {...form.getInputProps("voicemail_enabled", { type: "checkbox" })} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={isBusy}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
