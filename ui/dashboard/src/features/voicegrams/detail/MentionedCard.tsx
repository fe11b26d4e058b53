import { Anchor, Text } from "@mantine/core";
import type { Summary } from "@/api/voicegrams";
import { Fact, SideCard } from "./SideCard";

export function MentionedCard({ mentioned }: { mentioned: Summary["mentioned"] }) {
  const { names, phones, emails } = mentioned;
  if (!names.length && !phones.length && !emails.length) return null;
  return (
    <SideCard title="Mentioned" testId="mentioned">
      {names.length > 0 && <Fact label="Names">{names.join(", ")}</Fact>}
      {phones.length > 0 && (
        <Fact label="Phones">
          {phones.map((phone) => (
            <Anchor key={phone} href={`tel:${phone}`} display="block">
              {phone}
            </Anchor>
          ))}
        </Fact>
      )}
      {emails.length > 0 && (
        <Fact label="Emails">
          {emails.map((email) => (
            <Anchor key={email} href={`mailto:${email}`} display="block">
              {email}
            </Anchor>
          ))}
        </Fact>
      )}
      <Text size="xs" c="dimmed" mt={6}>
        Heard in the recording: check before you rely on it.
      </Text>
    </SideCard>
  );
}
