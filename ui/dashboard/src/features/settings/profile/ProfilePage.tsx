import { Stack } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { userQuery } from "@/api/people";
import { preferencesQuery, useMe } from "@/api/session";
import { Page } from "@/components/Page";
import { AppearanceCard } from "./AppearanceCard";
import { MailCard } from "./MailCard";
import { NameCard } from "./NameCard";
import { PasswordCard } from "./PasswordCard";
import { SecondFactorCard } from "./SecondFactorCard";
import { SignOutCard } from "./SignOutCard";

/** What belongs to the person: name, formats, mails, password, second factor. */
export function ProfilePage() {
  const me = useMe();
  const { data: user } = useSuspenseQuery(userQuery(me.user.id));
  const { data: preferences } = useSuspenseQuery(preferencesQuery);
  return (
    <Page title="Your profile" lead={user.email} width={760}>
      <Stack gap="lg">
        <NameCard user={user} />
        <AppearanceCard preferences={preferences} />
        <MailCard preferences={preferences} />
        <PasswordCard />
        <SecondFactorCard isActive={me.user.totp_active} />
        <SignOutCard />
      </Stack>
    </Page>
  );
}
