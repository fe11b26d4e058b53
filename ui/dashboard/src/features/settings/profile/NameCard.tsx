import { TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { keys } from "@/api/keys";
import { changeUser, type User } from "@/api/people";
import { FormCard } from "@/components/FormCard";
import { doneToast } from "@/components/toasts";
import { useSubmit } from "@/hooks/useSubmit";

export function NameCard({ user }: { user: User }) {
  const client = useQueryClient();
  const form = useForm({
    initialValues: { name: user.name },
    validate: { name: (value) => (value.trim() ? null : "Enter your name") },
  });
  const { run, ...state } = useSubmit(form);
  const save = form.onSubmit(({ name }) =>
    run(async () => {
      await changeUser(user.id, { name: name.trim() });
      form.resetDirty();
      await Promise.all([client.invalidateQueries({ queryKey: keys.users }), client.invalidateQueries({ queryKey: keys.me })]);
      doneToast("Saved.");
    }),
  );
  return (
    <FormCard title="You" onSubmit={save} isDirty={form.isDirty()} {...state}>
      <TextInput label="Name" autoComplete="name" required {...form.getInputProps("name")} />
      <TextInput label="Email" value={user.email} readOnly description="The address you sign in with; it cannot be changed." variant="filled" />
    </FormCard>
  );
}
