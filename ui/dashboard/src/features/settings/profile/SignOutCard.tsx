import { Button, Group, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { signOut } from "@/api/session";
import { FormCard } from "@/components/FormCard";

export function SignOutCard() {
  const client = useQueryClient();
  const router = useRouter();
  const leave = async () => {
    await signOut().catch(() => undefined);
    sessionStorage.clear();
    client.clear();
    await router.navigate({ to: "/sign-in" });
  };
  return (
    <FormCard title="This device">
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          What you have typed and not sent stays on this device for your next visit.
        </Text>
        <Button variant="default" onClick={() => void leave()}>
          Sign out
        </Button>
      </Group>
    </FormCard>
  );
}
