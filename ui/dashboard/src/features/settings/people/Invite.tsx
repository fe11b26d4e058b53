import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { keys } from "@/api/keys";
import { invite, type Role } from "@/api/people";
import { useMe } from "@/api/session";
import { Problem } from "@/components/Problem";
import { doneToast } from "@/components/toasts";
import { useSubmit } from "@/hooks/useSubmit";
import { RoleRadio } from "./RoleRadio";

export function Invite({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const client = useQueryClient();
  const { role: own } = useMe();
  const form = useForm({
    initialValues: { email: "", name: "", role: "member" as Role },
    validate: { email: (value) => (/^\S+@\S+\.\S+$/.test(value.trim()) ? null : "Enter an email address") },
  });
  const { run, isBusy, problem } = useSubmit(form);
  const close = () => {
    form.reset();
    onClose();
  };
  const submit = form.onSubmit(({ email, name, role }) =>
    run(async () => {
      await invite({ email: email.trim(), name: name.trim(), role });
      await Promise.all([client.invalidateQueries({ queryKey: keys.users }), client.invalidateQueries({ queryKey: keys.invitations })]);
      doneToast(`The invitation to ${email.trim()} is on its way. It works for 7 days.`);
      close();
    }),
  );
  return (
    <Modal opened={isOpen} onClose={close} title="Invite somebody" size="lg" centered>
      <form onSubmit={submit} noValidate>
        <Stack>
          <Problem text={problem} />
          <TextInput label="Email" type="email" autoComplete="off" required data-autofocus {...form.getInputProps("email")} />
          <TextInput label="Name" autoComplete="off" {...form.getInputProps("name")} />
          <RoleRadio own={own} value={form.values.role} onChange={(role) => form.setFieldValue("role", role)} error={form.errors.role} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={isBusy} data-testid="send-invitation">
              Send the invitation
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
