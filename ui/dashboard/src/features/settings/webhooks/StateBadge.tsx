import { Badge } from "@mantine/core";
import type { Webhook } from "@/api/webhooks";
import { stateOf } from "./contracts";

const looks = {
  fine: { color: "teal", text: "Active" },
  failing: { color: "orange", text: "Failing" },
  off: { color: "gray", text: "Off" },
} as const;

export function StateBadge({ webhook }: { webhook: Webhook }) {
  const { color, text } = looks[stateOf(webhook)];
  const isPaused = !webhook.is_active && webhook.disabled_reason === "paused";
  return (
    <Badge variant="light" color={color} tt="none" fw={550} data-testid="webhook-state">
      {isPaused ? "Paused" : text}
    </Badge>
  );
}
