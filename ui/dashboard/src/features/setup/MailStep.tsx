import { Alert, Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { mailTest } from "@/api/engines";
import { useMe } from "@/api/session";
import { Problem } from "@/components/Problem";
import { useSubmit } from "@/hooks/useSubmit";
import { SetupFrame } from "./SetupFrame";

/** A mail to the owner's own address. */
export function MailStep() {
  const { user } = useMe();
  const navigate = useNavigate();
  const [sent, setSent] = useState<Awaited<ReturnType<typeof mailTest>> | null>(null);
  const { run, isBusy, problem } = useSubmit();
  return (
    <SetupFrame step={3} title="Does mail arrive?" lead="Sign-in links, invitations and news of messages come by mail.">
      <Stack>
        <Problem text={problem} />
        {sent && (
          <Alert color={sent.success ? "teal" : "red"} role="status" data-testid="mail-test">
            {!sent.success
              ? `The mail server refused: ${sent.error ?? "no reason given"}`
              : sent.is_logged
                ? "No mail server is set, so mails are written to the server's log. Connect one in Settings."
                : `Sent. Look into the mailbox of ${user.email}, the spam folder too.`}
          </Alert>
        )}
        <Button
          variant="light"
          loading={isBusy}
          onClick={() => void run(async () => setSent(await mailTest()))}
          style={{ overflow: "hidden" }}
        >
          Send a test mail
        </Button>
        <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          It goes to {user.email}. Your own mail server is connected in{" "}
          <Anchor renderRoot={(props) => <Link to="/settings/integrations" {...props} />} inherit underline="always">
            Settings, Integrations
          </Anchor>
          .
        </Text>
        <Group grow>
          <Button variant="default" onClick={() => void navigate({ to: "/setup", search: { step: "engines" } })}>
            Back
          </Button>
          <Button onClick={() => void navigate({ to: "/home" })}>Finish</Button>
        </Group>
      </Stack>
    </SetupFrame>
  );
}
