import { Badge, Button, Group, Paper, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/keys";
import { checkNumber, deleteNumber, type PhoneNumber } from "@/api/numbers";
import { useMay } from "@/api/session";
import { ConfirmButton } from "@/components/ConfirmButton";
import { doneToast, problemToast } from "@/components/toasts";
import { phoneText } from "@/format";
import { destinationText } from "./destinations";
import { EditNumber } from "./EditNumber";

const providers: Record<string, string> = { twilio: "Twilio", meta_whatsapp: "WhatsApp", simulator: "Simulated" };
const abilities = { voice: "Calls", sms: "SMS", mms: "MMS", whatsapp: "WhatsApp" } as const;

export function NumberRow({ number }: { number: PhoneNumber }) {
  const client = useQueryClient();
  const may = useMay();
  const [isEditing, setEditing] = useState(false);
  const [isChecking, setChecking] = useState(false);
  const name = phoneText(number.phone_number);
  const check = async () => {
    setChecking(true);
    try {
      const { healthy, problems } = await checkNumber(number.id);
      if (healthy) doneToast(`${name} works.`);
      else problemToast(`${name} has problems`, new Error(problems.join(". ")));
    } catch (error) {
      problemToast("The check could not be made", error);
    } finally {
      setChecking(false);
    }
  };
  return (
    <Paper withBorder radius="lg" p="md" data-testid="number">
      <Group justify="space-between" gap="sm">
        <div style={{ minWidth: 0, flex: "1 1 260px", overflowWrap: "anywhere" }}>
          <Group gap="xs">
            <Text fw={600}>{name}</Text>
            {number.label && (
              <Text size="sm" c="dimmed">
                {number.label}
              </Text>
            )}
            {number.is_default && (
              <Badge variant="light" color="iris" tt="none" fw={550}>
                Default
              </Badge>
            )}
            <Badge variant="light" color={number.status === "error" ? "red" : "gray"} tt="none" fw={550}>
              {number.status === "error" ? "Error" : (providers[number.provider] ?? number.provider)}
            </Badge>
          </Group>
          <Text size="sm" c="dimmed" mt={4}>
            {number.capabilities.voice ? destinationText(number) : "Messages only"}.{" "}
            {Object.entries(abilities)
              .filter(([key]) => number.capabilities[key as keyof typeof abilities])
              .map(([, label]) => label)
              .join(", ")}
          </Text>
        </div>
        {may("phone:write") && (
          <Group gap="xs">
            <Button size="xs" variant="default" loading={isChecking} onClick={() => void check()}>
              Check
            </Button>
            <Button size="xs" variant="default" onClick={() => setEditing(true)} aria-label={`Change ${name}`}>
              Change
            </Button>
            <ConfirmButton
              size="xs"
              label="Take out"
              title={`Take out ${name}?`}
              question="It stays yours at the carrier, but its calls and messages no longer come here. What has arrived stays."
              verb="Take out"
              onConfirm={async () => {
                await deleteNumber(number.id, false);
                await client.invalidateQueries({ queryKey: keys.numbers });
              }}
            />
          </Group>
        )}
      </Group>
      {isEditing && <EditNumber number={number} onClose={() => setEditing(false)} />}
    </Paper>
  );
}
