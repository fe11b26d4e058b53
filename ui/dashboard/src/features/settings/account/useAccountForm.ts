import { useForm, type UseFormReturnType } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { type Account, type AccountChange, accountQuery, changeAccount } from "@/api/account";
import { keys } from "@/api/keys";
import { doneToast } from "@/components/toasts";
import { useSubmit } from "@/hooks/useSubmit";

type Values = Record<string, unknown>;

/** A group of the account's settings: sends what was changed, so that two people can edit different groups. */
export function useAccountForm<V extends Values>(
  account: Account,
  pick: (account: Account) => V,
  toChange: (values: V, isDirty: (field: keyof V & string) => boolean) => AccountChange,
) {
  const client = useQueryClient();
  const form = useForm<V>({ initialValues: pick(account) });
  const { run, ...state } = useSubmit(form);
  const onSubmit = form.onSubmit((values) =>
    run(async () => {
      const saved = await changeAccount(toChange(values as V, (field) => form.isDirty(field)));
      client.setQueryData(accountQuery.queryKey, saved);
      form.setInitialValues(pick(saved));
      form.setValues(pick(saved) as Parameters<UseFormReturnType<V>["setValues"]>[0]);
      form.resetDirty();
      await client.invalidateQueries({ queryKey: keys.me });
      doneToast("Saved.");
    }),
  );
  return { form, card: { onSubmit, isDirty: form.isDirty(), ...state } };
}
