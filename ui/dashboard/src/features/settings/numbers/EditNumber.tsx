import { Button, Group, Modal, MultiSelect, NumberInput, Select, Stack, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { keys } from "@/api/keys";
import { changeNumber, type PhoneNumber } from "@/api/numbers";
import { usersQuery } from "@/api/users";
import { Problem } from "@/components/Problem";
import { doneToast } from "@/components/toasts";
import { phoneText } from "@/format";
import { useSubmit } from "@/hooks/useSubmit";
import { type DestinationType, destinationChoices, type FallbackType, fallbackChoices, numberOf } from "./destinations";

const RING_SECONDS = 25;
const ids = (value: unknown) => (Array.isArray(value) ? value.filter((id): id is string => typeof id === "string") : []);

export function EditNumber({ number, onClose }: { number: PhoneNumber; onClose: () => void }) {
  const client = useQueryClient();
  const { data: people } = useQuery(usersQuery);
  const { call_destination: to, fallback } = number;
  const form = useForm({
    initialValues: {
      label: number.label,
      call_destination: {
        type: to.type as DestinationType,
        user_ids: ids(to.user_ids),
        ring_seconds: typeof to.ring_seconds === "number" ? to.ring_seconds : RING_SECONDS,
        number: numberOf(to),
      },
      fallback: { type: fallback.type as FallbackType, number: numberOf(fallback) },
      recording: number.recording,
      is_default: number.is_default,
    },
  });
  const { run, isBusy, problem } = useSubmit(form);
  const { call_destination: chosen, fallback: second } = form.values;
  const submit = form.onSubmit(({ label, call_destination: first, fallback: then, recording, is_default }) =>
    run(async () => {
      await changeNumber(number.id, {
        label: label.trim(),
        recording,
        ...(is_default !== number.is_default && { is_default }),
        call_destination:
          first.type === "web_phone"
            ? { type: first.type, user_ids: first.user_ids, ring_seconds: first.ring_seconds }
            : { type: first.type, number: first.number.trim() },
        fallback: then.type === "external_forwarding" ? { type: then.type, number: then.number.trim() } : { type: then.type },
      });
      await client.invalidateQueries({ queryKey: keys.numbers });
      doneToast("Saved. It counts for the next call.");
      onClose();
    }),
  );
  return (
    <Modal opened onClose={onClose} title={phoneText(number.phone_number)} centered>
      <form onSubmit={submit} noValidate>
        <Stack>
          <Problem text={problem} />
          <TextInput label="Label" data-autofocus {...form.getInputProps("label")} />
          {number.capabilities.voice && (
            <>
              <Select label="Calls go to" data={destinationChoices} allowDeselect={false} {...form.getInputProps("call_destination.type")} />
              {chosen.type === "web_phone" && (
                <Group grow align="flex-start">
                  <MultiSelect
                    label="People"
                    placeholder={chosen.user_ids.length === 0 ? "Everybody" : ""}
                    data={(people?.users ?? []).map(({ id, name }) => ({ value: id, label: name }))}
                    {...form.getInputProps("call_destination.user_ids")}
                  />
                  <NumberInput label="Ring for (seconds)" min={5} max={120} {...form.getInputProps("call_destination.ring_seconds")} />
                </Group>
              )}
              {chosen.type === "external_forwarding" && (
                <TextInput label="Number" type="tel" {...form.getInputProps("call_destination.number")} />
              )}
              <Select label="If nobody answers" data={fallbackChoices} allowDeselect={false} {...form.getInputProps("fallback.type")} />
              {second.type === "external_forwarding" && <TextInput label="Number" type="tel" {...form.getInputProps("fallback.number")} />}
              <Switch label="Record calls" {...form.getInputProps("recording", { type: "checkbox" })} />
            </>
          )}
          <Switch
            label="Default number"
            description="Used for what goes out, unless another is chosen."
            {...form.getInputProps("is_default", { type: "checkbox" })}
          />
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
