import { Button, Group, Loader, Stack, Text, ThemeIcon } from "@mantine/core";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { type EngineKind, type EngineTest, testEngine, testSentence } from "@/api/engines";
import { spanText } from "@/format";
import classes from "./setup.module.css";
import { SetupFrame } from "./SetupFrame";

const tried: readonly { kind: EngineKind; name: string; does: string }[] = [
  { kind: "tts", name: "Voice", does: "speaks prompts and examples" },
  { kind: "stt", name: "Recognition", does: "writes down what was said" },
  { kind: "llm", name: "Understanding", does: "summaries, urgency, next steps" },
];

const failed = (error: unknown): EngineTest => ({
  success: false,
  latency_ms: 0,
  error: error instanceof Error ? error.message : "No answer",
  engine: "",
  heard: null,
  confidence: null,
  duration_ms: null,
});

function Outcome({ test }: { test: EngineTest | undefined }) {
  if (!test) {
    return (
      <Text size="sm" c="dimmed">
        Being tried…
      </Text>
    );
  }
  if (!test.success) {
    return (
      <Text size="sm" c="red">
        {test.error ?? "It did not work."}
      </Text>
    );
  }
  return (
    <>
      {test.heard && (
        <Text size="sm" data-testid="heard">
          Heard: “{test.heard}”
        </Text>
      )}
      <Text size="sm" c="dimmed">
        {test.engine}, in {spanText(test.latency_ms)}
      </Text>
    </>
  );
}

/** A sentence is spoken, written down again and understood, each once and for real. */
export function EnginesStep() {
  const navigate = useNavigate();
  const [round, setRound] = useState(0);
  const [tests, setTests] = useState<Partial<Record<EngineKind, EngineTest>>>({});
  const { data: sound } = useQuery({ queryKey: ["engines", "sentence"], queryFn: testSentence, staleTime: Number.POSITIVE_INFINITY });
  const [source, setSource] = useState<string | null>(null);
  useEffect(() => {
    if (!sound) return;
    const url = URL.createObjectURL(sound);
    setSource(url);
    return () => URL.revokeObjectURL(url);
  }, [sound]);

  useEffect(() => {
    let isGone = false;
    setTests({});
    // One after another: each test has the machine to itself.
    const run = async () => {
      for (const { kind } of tried) {
        const test = await testEngine(kind).catch(failed);
        if (isGone) return;
        setTests((before) => ({ ...before, [kind]: test }));
      }
    };
    void run();
    return () => {
      isGone = true;
    };
  }, [round]);

  const isDone = tried.every(({ kind }) => tests[kind]);
  const isFine = tried.every(({ kind }) => tests[kind]?.success);
  return (
    <SetupFrame step={2} title="Can it hear?" lead="A sentence is spoken, written down again and understood, all on this server.">
      <Stack>
        {source && <audio src={source} controls aria-label="The spoken sentence" style={{ width: "100%" }} />}
        <div role="status" aria-live="polite" data-testid="engine-tests">
          {tried.map(({ kind, name, does }) => {
            const test = tests[kind];
            return (
              <div key={kind} className={classes.result}>
                {test ? (
                  <ThemeIcon variant="light" radius="xl" size={30} color={test.success ? "teal" : "red"}>
                    {test.success ? <IconCheck size={17} aria-label="Works" /> : <IconAlertTriangle size={17} aria-label="Failed" />}
                  </ThemeIcon>
                ) : (
                  <Loader size={22} m={4} aria-hidden />
                )}
                <div style={{ minWidth: 0, overflowWrap: "anywhere" }}>
                  <Text size="sm">
                    <b>{name}</b>{" "}
                    <Text span c="dimmed" inherit>
                      {does}
                    </Text>
                  </Text>
                  <Outcome test={test} />
                </div>
              </div>
            );
          })}
        </div>
        <Text size="sm" c="dimmed">
          {isDone && !isFine
            ? "You can go on: messages are still recorded and kept. Choose other engines in Settings, Speech engines."
            : "The built-in recogniser is small and makes mistakes. Better ones can be connected in Settings."}
        </Text>
        <Group grow>
          <Button variant="default" disabled={!isDone} onClick={() => setRound(round + 1)}>
            Try again
          </Button>
          <Button onClick={() => void navigate({ to: "/setup", search: { step: "mail" } })}>Continue</Button>
        </Group>
      </Stack>
    </SetupFrame>
  );
}
