import { Textarea, TextInput } from "@mantine/core";
import type { Account } from "@/api/account";
import { FormCard } from "@/components/FormCard";
import { useAccountForm } from "./useAccountForm";

export function IdentityCard({ account }: { account: Account }) {
  const { form, card } = useAccountForm(
    account,
    ({ name, slug, postal_address: address }) => ({ name, slug: slug ?? "", postal_address: address }),
    (values, isDirty) => ({
      ...(isDirty("name") && { name: values.name.trim() }),
      ...(isDirty("slug") && { slug: values.slug.trim() }),
      ...(isDirty("postal_address") && { postal_address: values.postal_address }),
    }),
  );
  return (
    <FormCard title="Workspace" {...card}>
      <TextInput label="Name" autoComplete="organization" required {...form.getInputProps("name")} />
      <TextInput
        label="Address of the workspace"
        description={
          form.isDirty("slug")
            ? "Links and QR codes with the old address stop working."
            : "The part of your hosted pages' links that names you: small letters, digits and hyphens."
        }
        autoCapitalize="off"
        spellCheck={false}
        {...form.getInputProps("slug")}
      />
      <Textarea label="Postal address" autosize minRows={2} maxRows={6} {...form.getInputProps("postal_address")} />
    </FormCard>
  );
}
