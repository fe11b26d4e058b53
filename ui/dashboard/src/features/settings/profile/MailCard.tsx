import { Switch } from "@mantine/core";
import { changePreferences } from "@/api/people";
import { type Preferences, preferencesQuery, useMe } from "@/api/session";
import { FormCard } from "@/components/FormCard";
import { useOptimistic } from "@/hooks/useOptimistic";

/** The events that mails tell of. */
const mails = [
  { event: "voicegram.completed", label: "A new voicegram", about: "With summary and transcript, unless its channel has its own list of addresses." },
  { event: "webhook.disabled", label: "A webhook was switched off", about: "Because its receiver kept failing." },
] as const;

export function MailCard({ preferences }: { preferences: Preferences }) {
  const { role } = useMe();
  const change = useOptimistic({
    send: ({ event, isOn }: { event: string; isOn: boolean }) => changePreferences({ events: { [event]: { email: isOn } } }),
    keys: [preferencesQuery.queryKey],
    change: (cached, { event, isOn }) => {
      const before = cached as Preferences;
      const choice = before.events[event];
      return choice ? { ...before, events: { ...before.events, [event]: { ...choice, email: isOn } } } : before;
    },
    what: "change the mails",
  });
  // Others get none of these mails.
  if (role !== "admin" && role !== "owner") return null;
  return (
    <FormCard title="Mails" lead="What you are told of by mail.">
      {mails.map(({ event, label, about }) => (
        <Switch
          key={event}
          label={label}
          description={about}
          checked={preferences.events[event]?.email ?? false}
          onChange={(input) => change.mutate({ event, isOn: input.currentTarget.checked })}
        />
      ))}
    </FormCard>
  );
}
