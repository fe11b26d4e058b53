import { Alert, Button, PasswordInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { ApiError } from "@/api/client";
import { mailSignInLink, type Session, signIn } from "@/api/session";
import { Problem } from "@/components/Problem";
import { CodeInput } from "./CodeInput";

function messageOf(error: unknown, hasCode: boolean): string {
  if (!(error instanceof ApiError)) return "Signing in failed. Please try again.";
  if (error.status === 429) return "Too many attempts. Please try again in a few minutes.";
  if (error.status !== 401) return error.message;
  return hasCode
    ? "Email, password or code is not right. Each code works once."
    : "Email or password is not right. If you use a sign-in code, add it below.";
}

interface SignInFormProps {
  /** Whose session is to go on; offers no mailed link then. */
  email?: string;
  onDone: (session: Session) => void;
}

/** Address, password and, for whom it is switched on, a code; used by the sign-in page and over a page whose session ended. */
export function SignInForm({ email = "", onDone }: SignInFormProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const [notice, setNotice] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [hasCode, setHasCode] = useState(false);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email, password: "", totp: "" },
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
      setProblem(messageOf(error, hasCode));
      // The server tells nobody whether an account asks for a code, so it is offered after every refusal.
      if (error instanceof ApiError && error.status === 401) setHasCode(true);
    } finally {
      setBusy(false);
    }
  };
  const submit = form.onSubmit(({ email: address, password, totp }) =>
    run(async () =>
      onDone(await signIn({ email: address.trim(), password, ...(totp.trim() && { totp: totp.trim() }) })),
    ),
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
      <Problem text={problem} />
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
        {hasCode && (
          <CodeInput
            description="From your authenticator app, or a recovery code. Leave it empty if you have none."
            key={form.key("totp")}
            {...form.getInputProps("totp")}
          />
        )}
        <Button type="submit" loading={isBusy} data-testid="sign-in" fullWidth>
          Sign in
        </Button>
        {!hasCode && (
          <Button variant="subtle" color="gray" onClick={() => setHasCode(true)} disabled={isBusy} fullWidth>
            I have a sign-in code
          </Button>
        )}
        {!email && (
          <Button variant="subtle" color="gray" onClick={mailLink} disabled={isBusy} fullWidth>
            Email me a sign-in link
          </Button>
        )}
      </form>
    </>
  );
}
