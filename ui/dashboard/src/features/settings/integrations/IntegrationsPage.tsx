import { Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { mailTest } from "@/api/engines";
import { integrationsQuery } from "@/api/numbers";
import { useMe } from "@/api/session";
import { FormCard } from "@/components/FormCard";
import { IntegrationCard } from "@/components/integrations/IntegrationCard";
import { Page } from "@/components/Page";
import { ErrorState, LoadingState } from "@/components/states";
import { doneToast, problemToast } from "@/components/toasts";
import { useSubmit } from "@/hooks/useSubmit";

const about: Record<string, string> = {
  smtp: "Sends this account's mails from your own address.",
  openai_compatible: "Speech recognition, voices and language models of others, or your own.",
};

function MailTest() {
  const { user } = useMe();
  const { run, isBusy, problem } = useSubmit();
  const send = () =>
    run(async () => {
      const { success, error, is_logged: isLogged } = await mailTest();
      if (!success) problemToast("The mail server refused", new Error(error ?? "It gave no reason."));
      else doneToast(isLogged ? "No mail server is set: the mail is in the server's log." : `Sent to ${user.email}.`);
    });
  return (
    <FormCard title="Does mail arrive?" problem={problem}>
      <Group justify="space-between">
        <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          A test mail goes to {user.email}.
        </Text>
        <Button variant="default" loading={isBusy} onClick={() => void send()}>
          Send a test mail
        </Button>
      </Group>
    </FormCard>
  );
}

export function IntegrationsPage() {
  const { data, error, refetch } = useQuery(integrationsQuery);
  return (
    <Page
      title="Integrations"
      width={900}
      lead={
        <>
          Mail and language services. Carriers are in{" "}
          <Anchor renderRoot={(props) => <Link to="/settings/numbers" {...props} />} inherit underline="always">
            Numbers and carriers
          </Anchor>
          .
        </>
      }
    >
      {error && <ErrorState error={error} retry={() => void refetch()} />}
      {!data && !error && <LoadingState rows={2} height={110} />}
      {data && (
        <Stack gap="lg">
          {data.integrations
            .filter(({ category }) => category !== "carrier")
            .map((integration) => (
              <IntegrationCard key={integration.key} integration={integration} about={about[integration.key] ?? ""} />
            ))}
          <MailTest />
        </Stack>
      )}
    </Page>
  );
}
