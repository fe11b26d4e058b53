import { Anchor, Button, Checkbox, PasswordInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError } from "@/api/client";
import { acceptLink } from "@/api/session";
import { EmptyState } from "@/components/states";
import { Problem } from "@/components/Problem";
import { useSubmit } from "@/hooks/useSubmit";
import { IconLinkOff } from "@tabler/icons-react";
import { CodeInput } from "./CodeInput";
import { SessionCard } from "./SessionCard";

const route = getRouteApi("/accept");

/** Where mailed sign-in, invitation and new-password links lead. The link is used up only by the button. */
export function AcceptPage() {
  const { token } = route.useSearch();
  const navigate = useNavigate();
  const [isVoid, setVoid] = useState(token === "");
  const [mustChoose, setMustChoose] = useState(false);
  const [wantsNew, setWantsNew] = useState(false);
  const [needsCode, setNeedsCode] = useState(false);
  const form = useForm({ initialValues: { password: "", totp: "" } });
  const { run, isBusy, problem } = useSubmit(form);
  const hasPassword = mustChoose || wantsNew;

  const accept = form.onSubmit(({ password, totp }) =>
    run(async () => {
      try {
        await acceptLink(token, {
          ...(hasPassword && password && { password }),
          ...(needsCode && totp.trim() && { totp: totp.trim() }),
        });
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        const isFirst = (field: string) => error.faults.some((fault) => fault.field === field && fault.code === "required");
        if (error.fields.token) return setVoid(true);
        if (isFirst("totp") && !needsCode) return setNeedsCode(true);
        if (isFirst("password") && !mustChoose) return setMustChoose(true);
        if (error.status === 401) return form.setFieldError("totp", "This code is not right. Each code works once.");
        throw error;
      }
      await navigate({ to: "/home" });
    }),
  );

  if (isVoid) {
    return (
      <SessionCard title="Sign in">
        <EmptyState
          icon={<IconLinkOff size={24} />}
          title="This link no longer works"
          isSmall
          action={
            <Button renderRoot={(props) => <Link to="/sign-in" {...props} />}>
              Sign in another way
            </Button>
          }
        >
          Each link works once and for a limited time. Ask for a new one on the sign-in page; for an invitation, ask the
          person who invited you.
        </EmptyState>
      </SessionCard>
    );
  }
  return (
    <SessionCard
      title={mustChoose ? "Choose a password" : "Welcome"}
      lead={mustChoose ? "You sign in with it from now on." : "Continue to your dashboard."}
    >
      <Problem text={problem} />
      <form style={{ display: "contents" }} noValidate onSubmit={accept}>
        {hasPassword && (
          <PasswordInput
            label="New password"
            description="At least 10 characters"
            autoComplete="new-password"
            autoFocus
            data-testid="new-password"
            {...form.getInputProps("password")}
          />
        )}
        {needsCode && (
          <CodeInput autoFocus description="From your authenticator app, or a recovery code" {...form.getInputProps("totp")} />
        )}
        {!mustChoose && (
          <Checkbox
            label="Choose a new password"
            checked={wantsNew}
            onChange={(event) => setWantsNew(event.currentTarget.checked)}
          />
        )}
        <Button type="submit" loading={isBusy} fullWidth data-testid="accept">
          Continue
        </Button>
      </form>
      <Anchor renderRoot={(props) => <Link to="/sign-in" {...props} />} size="sm" c="dimmed" ta="center">
        Sign in another way
      </Anchor>
    </SessionCard>
  );
}
