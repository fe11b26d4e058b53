import { Alert, Button, PasswordInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError } from "@/api/client";
import { mailSignInLink, signIn } from "@/api/session";
import { safeNext } from "./next";
import { SessionCard } from "./SessionCard";

const route = getRouteApi("/sign-in");

function messageOf(error: unknown): string {
  if (!(error instanceof ApiError)) return "Signing in failed. Please try again.";
  if (error.status === 429) return "Too many attempts. Please try again in a few minutes.";
  return error.status === 401 ? "Email or password is not right." : error.message;
}

export function SignInPage() {
  const { next } = route.useSearch();
  const router = useRouter();
  const [problem, setProblem] = useState<string | null>(null);
  const [notice, setNotice] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "", password: "" },
    validate: {
      email: (value) => (/^\S+@\S+$/.test(value.trim()) ? null : "Enter your email address"),
    },
  });

  const run = async (act: () => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    setNotice(null);
    try {
      await act();
    } catch (error) {
      setProblem(messageOf(error));
    } finally {
      setBusy(false);
    }
  };
  const submit = form.onSubmit(({ email, password }) =>
    run(async () => {
      await signIn({ email: email.trim(), password });
      router.history.push(`/dashboard${safeNext(next)}`);
    }),
  );
  const mailLink = () => {
    if (form.validateField("email").hasError) return;
    void run(async () => {
      const { email } = form.getValues();
      await mailSignInLink(email.trim());
      setNotice(`If ${email.trim()} has an account, a sign-in link is on its way. It works for 30 minutes.`);
    });
  };

  return (
    <SessionCard title="Sign in">
      {problem && (
        <Alert color="red" role="alert">
          {problem}
        </Alert>
      )}
      {notice && (
        <Alert color="teal" role="status">
          {notice}
        </Alert>
      )}
      <form onSubmit={submit} noValidate style={{ display: "contents" }}>
        <TextInput
          label="Email"
          type="email"
          autoComplete="username"
          autoFocus
          data-testid="sign-in-email"
          key={form.key("email")}
          {...form.getInputProps("email")}
        />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          data-testid="sign-in-password"
          key={form.key("password")}
          {...form.getInputProps("password")}
        />
        <Button type="submit" loading={isBusy} data-testid="sign-in" fullWidth>
          Sign in
        </Button>
        <Button variant="subtle" color="gray" onClick={mailLink} disabled={isBusy} fullWidth>
          Email me a sign-in link
        </Button>
      </form>
    </SessionCard>
  );
}
