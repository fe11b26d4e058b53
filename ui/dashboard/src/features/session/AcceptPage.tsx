import { Alert, Button, PasswordInput } from "@mantine/core";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError } from "@/api/client";
import { acceptLink } from "@/api/session";
import { SessionCard } from "./SessionCard";

const route = getRouteApi("/accept");

/** Where mailed sign-in, invitation and reset links lead. */
export function AcceptPage() {
  const { token } = route.useSearch();
  const navigate = useNavigate();
  const [password, setPassword] = useState("");
  const [needsPassword, setNeedsPassword] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);

  const accept = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await acceptLink(token, password || undefined);
      await navigate({ to: "/home" });
    } catch (error) {
      const faults = error instanceof ApiError ? error.fields : {};
      if (faults.password) {
        setProblem(needsPassword ? faults.password : null);
        setNeedsPassword(true);
      } else {
        setProblem(error instanceof ApiError && error.status < 500 ? "This link no longer works." : "Please try again.");
      }
    } finally {
      setBusy(false);
    }
  };

  return (
    <SessionCard
      title={needsPassword ? "Choose a password" : "Welcome"}
      lead={needsPassword ? "At least 10 characters." : "Continue to your dashboard."}
    >
      {problem && (
        <Alert color="red" role="alert">
          {problem}
        </Alert>
      )}
      <form
        style={{ display: "contents" }}
        onSubmit={(event) => {
          event.preventDefault();
          void accept();
        }}
      >
        {needsPassword && (
          <PasswordInput
            label="New password"
            autoComplete="new-password"
            autoFocus
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
        )}
        <Button type="submit" loading={isBusy} fullWidth>
          Continue
        </Button>
      </form>
      <Button variant="subtle" color="gray" onClick={() => void navigate({ to: "/sign-in" })}>
        Sign in another way
      </Button>
    </SessionCard>
  );
}
