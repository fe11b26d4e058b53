import { PasswordInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { changePassword } from "@/api/people";
import { FormCard } from "@/components/FormCard";
import { doneToast } from "@/components/toasts";
import { useSubmit } from "@/hooks/useSubmit";

export function PasswordCard() {
  const form = useForm({
    initialValues: { current: "", new: "" },
    validate: { new: (value) => (value.length >= 10 ? null : "At least 10 characters") },
  });
  const { run, ...state } = useSubmit(form);
  const save = form.onSubmit((values) =>
    run(async () => {
      await changePassword(values);
      form.reset();
      doneToast("Your password is changed. Other places you were signed in are signed out.");
    }),
  );
  return (
    <FormCard
      title="Password"
      lead="Changing it signs you out everywhere else."
      onSubmit={save}
      verb="Change password"
      isDirty={form.isDirty()}
      {...state}
    >
      <PasswordInput
        label="Current password"
        description="Leave it empty if you have never chosen one."
        autoComplete="current-password"
        {...form.getInputProps("current")}
      />
      <PasswordInput
        label="New password"
        description="At least 10 characters; several words are good."
        autoComplete="new-password"
        {...form.getInputProps("new")}
      />
    </FormCard>
  );
}
