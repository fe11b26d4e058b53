import { Alert, Anchor, Button, Group, Modal, Select, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ApiError } from "@/api/client";
import { createLead, leadQuery, tagsQuery } from "@/api/leads";
import { keys } from "@/api/keys";
import { TagInput } from "@/components/TagInput";
import { doneToast } from "@/components/toasts";
import { stageChoices } from "./stages";

interface CreateContactProps {
  isOpen: boolean;
  onClose: () => void;
  onCreated: (id: string) => void;
}

const EMPTY = {
  first_name: "",
  last_name: "",
  phone: "",
  email: "",
  company: "",
  lifecycle_stage: "lead" as (typeof stageChoices)[number]["value"],
  tags: [] as string[],
};

/** The contact that has the address already, when the account refuses doubles. */
const doubleOf = (error: unknown) =>
  error instanceof ApiError && error.code === "duplicate" ? (error.faults[0] as { lead_id?: string }).lead_id : undefined;

export function CreateContactModal({ isOpen, onClose, onCreated }: CreateContactProps) {
  const form = useForm({ initialValues: EMPTY });
  const client = useQueryClient();
  const known = useQuery({ ...tagsQuery, enabled: isOpen });
  const create = useMutation({
    mutationFn: createLead,
    onSuccess: (lead) => {
      client.setQueryData(leadQuery(lead.id).queryKey, lead);
      void client.invalidateQueries({ queryKey: keys.leads });
      doneToast(`${lead.name ?? lead.email ?? lead.phone ?? "The contact"} was added.`);
      form.reset();
      onCreated(lead.id);
    },
    onError: (error) => {
      if (error instanceof ApiError) form.setErrors(error.fields);
    },
  });
  const close = () => {
    create.reset();
    form.reset();
    onClose();
  };
  const double = doubleOf(create.error);
  const isPlain = create.error && !double && (!(create.error instanceof ApiError) || Object.keys(create.error.fields).length === 0);
  return (
    <Modal opened={isOpen} onClose={close} title="Add a contact" size="lg" centered>
      <form onSubmit={form.onSubmit(({ phone, email, company, first_name, last_name, ...rest }) =>
        create.mutate({
          ...rest,
          first_name: first_name || null,
          last_name: last_name || null,
          phone: phone || null,
          email: email || null,
          company: company || null,
        }),
      )}>
        <Stack gap="sm">
          {double && (
            <Alert color="yellow">
              A contact with this address exists already.{" "}
              <Anchor underline="always" renderRoot={(props) => <Link to="/contacts/$id" params={{ id: double }} {...props} />}>Open it</Anchor>
            </Alert>
          )}
          {isPlain && <Alert color="red">{faultText(create.error)}</Alert>}
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
            <TextInput label="First name" data-autofocus {...form.getInputProps("first_name")} />
            <TextInput label="Last name" {...form.getInputProps("last_name")} />
            <TextInput label="Phone" type="tel" placeholder="+1 555 0100" {...form.getInputProps("phone")} />
            <TextInput label="Email" type="email" {...form.getInputProps("email")} />
            <TextInput label="Company" {...form.getInputProps("company")} />
            <Select label="Stage" data={stageChoices} allowDeselect={false} {...form.getInputProps("lifecycle_stage")} />
          </SimpleGrid>
          <TagInput
            label="Tags"
            value={form.values.tags}
            onChange={(tags) => form.setFieldValue("tags", tags)}
            known={known.data?.tags.map(({ name }) => name) ?? []}
          />
          <Group justify="flex-end" mt="xs">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={create.isPending} data-testid="create-contact">
              Add contact
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

const faultText = (error: Error) =>
  error instanceof ApiError && error.code === "required" ? "Give at least a name, a phone or an email." : error.message;
