import { Button, Group, PasswordInput, Select, Stack, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { setUp, setupQuery } from "@/api/session";
import { browserCountry, browserZone, countryChoices, zoneChoices } from "@/choices";
import { Problem } from "@/components/Problem";
import { useSubmit } from "@/hooks/useSubmit";
import { SetupFrame } from "./SetupFrame";

const MIN_PASSWORD = 10;
const yours = ["name", "email", "password"] as const;

/** Both pages of the form; nothing is stored before the second is sent. */
export function OwnerStep() {
  const [page, setPage] = useState(0);
  const navigate = useNavigate();
  const { data: state } = useQuery(setupQuery);
  const form = useForm({
    initialValues: {
      name: "",
      email: "",
      password: "",
      account_name: "",
      country: browserCountry(),
      timezone: browserZone(),
      demo_data: false,
    },
    validate: {
      name: (value) => (value.trim() ? null : "Enter your name"),
      email: (value) => (/^\S+@\S+\.\S+$/.test(value.trim()) ? null : "Enter your email address"),
      password: (value) => (value.length >= MIN_PASSWORD ? null : `At least ${MIN_PASSWORD} characters`),
      account_name: (value) => (page === 0 || value.trim() ? null : "Enter a name"),
    },
  });
  const { run, isBusy, problem } = useSubmit(form);
  const send = async () => {
    await run(async () => {
      const { name, email, account_name: accountName, ...rest } = form.getValues();
      await setUp({ ...rest, name: name.trim(), email: email.trim(), account_name: accountName.trim() });
      await navigate({ to: "/setup", search: { step: "engines" } });
    });
    // What the server has against the first page is shown there.
    if (yours.some((field) => form.errors[field])) setPage(0);
  };
  const next = () => {
    const checks = yours.map((field) => form.validateField(field).hasError);
    if (!checks.includes(true)) setPage(1);
  };
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    if (page === 0) next();
    else if (!form.validate().hasErrors) void send();
  };
  const hasOwnFault = yours.some((field) => form.errors[field]);

  return (
    <SetupFrame
      step={page}
      title={page === 0 ? "Welcome to Antiphon" : "Your workspace"}
      lead={
        page === 0
          ? "This takes two minutes. First the owner: the person who may do everything here."
          : "How dates, phone numbers and rules are read. All of it can be changed later."
      }
    >
      <form noValidate onSubmit={submit}>
        <Stack>
          <Problem text={problem} />
          {page === 1 && hasOwnFault && (
            <Problem text={yours.map((field) => form.errors[field]).filter(Boolean).join(" ")} />
          )}
          {page === 0 ? (
            <>
              <TextInput label="Your name" autoComplete="name" autoFocus required {...form.getInputProps("name")} />
              <TextInput label="Email" type="email" autoComplete="username" required {...form.getInputProps("email")} />
              <PasswordInput
                label="Password"
                description={`At least ${MIN_PASSWORD} characters; several words are good.`}
                autoComplete="new-password"
                required
                {...form.getInputProps("password")}
              />
              <Button type="submit">Continue</Button>
            </>
          ) : (
            <>
              <TextInput
                label="Name of the workspace"
                description="Your company or team; visitors see it."
                autoComplete="organization"
                autoFocus
                required
                {...form.getInputProps("account_name")}
              />
              <Select label="Country" data={countryChoices()} searchable allowDeselect={false} {...form.getInputProps("country")} />
              <Select
                label="Time zone"
                data={zoneChoices(form.values.timezone)}
                searchable
                allowDeselect={false}
                {...form.getInputProps("timezone")}
              />
              <Switch
                label="Fill it with examples"
                description={
                  state?.simulator
                    ? "Contacts, calls, messages and voicegrams of a made-up business, and a simulated phone number."
                    : "Contacts, calls, messages and voicegrams of a made-up business."
                }
                {...form.getInputProps("demo_data", { type: "checkbox" })}
              />
              <Group grow>
                <Button variant="default" onClick={() => setPage(0)}>
                  Back
                </Button>
                <Button type="submit" loading={isBusy}>
                  Create workspace
                </Button>
              </Group>
            </>
          )}
        </Stack>
      </form>
    </SetupFrame>
  );
}
