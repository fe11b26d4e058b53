import { Alert, Text } from "@mantine/core";
import type { EngineTest } from "@/api/engines";
import { percentText, spanText } from "@/format";

/** How a test went: what was heard, how sure, how long it took. */
export function TestOutcome({ test }: { test: EngineTest }) {
  return (
    <Alert color={test.success ? "teal" : "red"} variant="light" role="status" data-testid="engine-outcome">
      {test.heard && (
        <Text size="sm" style={{ overflowWrap: "anywhere" }}>
          Heard: “{test.heard}”
        </Text>
      )}
      {test.error && (
        <Text size="sm" style={{ overflowWrap: "anywhere" }}>
          {test.error}
        </Text>
      )}
      <Text size="sm" c="dimmed">
        {test.engine}, in {spanText(test.latency_ms)}
        {test.confidence !== null && test.heard ? `, ${percentText(test.confidence)} sure` : ""}
        {test.duration_ms !== null ? `, ${spanText(test.duration_ms)} of sound` : ""}
      </Text>
    </Alert>
  );
}
