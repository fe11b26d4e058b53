import { Radio, Stack } from "@mantine/core";
import type { Account } from "@/api/account";
import { FormCard } from "@/components/FormCard";
import { useAccountForm } from "./useAccountForm";

const policies = [
  { value: "reject", label: "Refuse it", about: "The form shows the contact that has the number already." },
  { value: "update", label: "Update the first one", about: "What is new is added to the contact that is there." },
  { value: "allow", label: "Keep both", about: "Several contacts may share a number or an address." },
];

export function ContactsCard({ account }: { account: Account }) {
  const { form, card } = useAccountForm(
    account,
    ({ duplicate_policy: policy }) => ({ duplicate_policy: policy as string }),
    (values) => values,
  );
  return (
    <FormCard title="Contacts" {...card}>
      <Radio.Group label="When a contact is made that is there already" {...form.getInputProps("duplicate_policy")}>
        <Stack gap="xs" mt={6}>
          {policies.map(({ value, label, about }) => (
            <Radio key={value} value={value} label={label} description={about} />
          ))}
        </Stack>
      </Radio.Group>
    </FormCard>
  );
}
