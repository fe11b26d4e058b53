import { Alert, Button, PasswordInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { ApiError } from "@/api/client";
import { mailSignInLink, type Session, signIn } from "@/api/session";

function messageOf(error: unknown): string {
  if (!(error instanceof ApiError)) return "Signing in failed. Please try again.";
  if (error.status === 429) return "Too many attempts. Please try again in a few minutes.";
  return error.status === 401 ? "Email or password is not right." : error.message;
}

interface SignInFormProps {
  /** Whose session is to go on; offers no mailed link then. */
  email?: string;
  onDone: (session: Session) => void;
}

/** Address and password; used by the sign-in page and over a page whose session ended. */
export function SignInForm({ email = "", onDone }: SignInFormProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const [notice, setNotice] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email, password: "" },
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
  const submit = form.onSubmit((values) =>
    run(async () => onDone(await signIn({ email: values.email.trim(), password: values.password }))),
  );
  const mailLink = () => {
    if (form.validateField("email").hasError) return;
    void run(async () => {
      const address = form.getValues().email.trim();
      await mailSignInLink(address);
      setNotice(`If ${address} has an account, a sign-in link is on its way. It works for 30 minutes.`);
    });
  };

  return (
    <>
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
          {...(!email && { autoFocus: true, "data-autofocus": true })}
          data-testid="sign-in-email"
          key={form.key("email")}
          {...form.getInputProps("email")}
        />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          {...(email && { "data-autofocus": true })}
          data-testid="sign-in-password"
          key={form.key("password")}
          {...form.getInputProps("password")}
        />
        <Button type="submit" loading={isBusy} data-testid="sign-in" fullWidth>
          Sign in
        </Button>
        {!email && (
          <Button variant="subtle" color="gray" onClick={mailLink} disabled={isBusy} fullWidth>
            Email me a sign-in link
          </Button>
        )}
      </form>
    </>
  );
}
