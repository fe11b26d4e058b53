import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { accountQuery } from "@/api/account";
import { useMay } from "@/api/session";
import { Page } from "@/components/Page";
import { ErrorState, LoadingState } from "@/components/states";
import { ContactsCard } from "./ContactsCard";
import { FormatsCard } from "./FormatsCard";
import { IdentityCard } from "./IdentityCard";
import { MessagingCard } from "./MessagingCard";
import { ProcessingCard } from "./ProcessingCard";
import { RetentionCard } from "./RetentionCard";

export function AccountPage() {
  const { data: account, error, refetch } = useQuery(accountQuery);
  const mayChange = useMay()("settings:write");
  return (
    <Page title="Account" lead="What holds for everybody who works here." width={760}>
      {error && <ErrorState error={error} retry={() => void refetch()} />}
      {!account && !error && <LoadingState rows={4} height={160} />}
      {account && (
        <fieldset disabled={!mayChange} style={{ border: 0, padding: 0, margin: 0, minInlineSize: 0 }}>
          <Stack gap="lg">
            <IdentityCard account={account} />
            <FormatsCard account={account} />
            <ProcessingCard account={account} />
            <RetentionCard account={account} />
            <MessagingCard account={account} />
            <ContactsCard account={account} />
          </Stack>
        </fieldset>
      )}
    </Page>
  );
}
