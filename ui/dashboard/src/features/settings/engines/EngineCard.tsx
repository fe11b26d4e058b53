import { Alert, Badge, Button, Group, PasswordInput, Select, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { changeEngines, type EngineKind, type Engines, enginesQuery, type EngineTest, testEngine } from "@/api/engines";
import { useMay } from "@/api/session";
import { FormCard } from "@/components/FormCard";
import { TimeText } from "@/components/texts";
import { doneToast } from "@/components/toasts";

import { useSubmit } from "@/hooks/useSubmit";
import { CUSTOM, profileName } from "./kinds";
import { RecordingTest } from "./RecordingTest";
import { TestOutcome } from "./TestOutcome";

interface EngineCardProps {
  kind: EngineKind;
  name: string;
  about: string;
  engine: Engines[EngineKind];
}

function Health({ engine }: { engine: Engines[EngineKind] }) {
  const look =
    engine.healthy === null ? { color: "gray", text: "Not tried yet" } : engine.healthy ? { color: "teal", text: "Works" } : { color: "red", text: "Failed" };
  return (
    <Group gap="xs">
      <Text size="sm">
        In use: <b>{engine.effective ?? "none"}</b>
      </Text>
      <Badge variant="light" color={look.color} tt="none" fw={550}>
        {look.text}
      </Badge>
      {engine.checked_at && (
        <Text size="sm" c="dimmed">
          <TimeText iso={engine.checked_at} />
        </Text>
      )}
    </Group>
  );
}

export function EngineCard({ kind, name, about, engine }: EngineCardProps) {
  const client = useQueryClient();
  const may = useMay();
  const [test, setTest] = useState<EngineTest | null>(null);
  const trial = useSubmit();
  const form = useForm({
    initialValues: { profile: engine.profile, base_url: engine.base_url ?? "", model: engine.model ?? "", api_key: "" },
  });
  const { run, problem, ...state } = useSubmit();
  const isCustom = form.values.profile === CUSTOM;
  const save = form.onSubmit(({ profile, base_url: url, model, api_key: key }) =>
    run(async () => {
      const own = { profile, base_url: url.trim() || null, model: model.trim() || null, ...(key && { api_key: key }) };
      const saved = await changeEngines({ [kind]: profile === CUSTOM ? own : profile });
      client.setQueryData(enginesQuery.queryKey, saved);
      form.setFieldValue("api_key", "");
      form.resetDirty();
      setTest(null);
      doneToast("Saved. Test it to be sure.");
    }),
  );
  const tryIt = () =>
    trial.run(async () => {
      setTest(null);
      setTest(await testEngine(kind));
      await client.invalidateQueries({ queryKey: enginesQuery.queryKey });
    });
  return (
    <FormCard
      title={name}
      lead={about}
      problem={problem ?? trial.problem}
      testId={`engine-${kind}`}
      {...(may("settings:write") && { onSubmit: save, isDirty: form.isDirty(), ...state })}
    >
      <Group justify="space-between" gap="sm">
        <Health engine={engine} />
        {may("settings:send") && engine.effective !== null && (
          <Button size="xs" variant="default" loading={trial.isBusy} onClick={() => void tryIt()} aria-label={`Test ${name}`}>
            Test
          </Button>
        )}
      </Group>
      {test && <TestOutcome test={test} />}
      {!test && engine.last_error && (
        <Alert color="red" variant="light">
          {engine.last_error}
        </Alert>
      )}
      <Select
        label="Engine"
        data={engine.profiles.map((value) => ({ value, label: profileName(value) }))}
        allowDeselect={false}
        {...form.getInputProps("profile")}
      />
      {isCustom && (
        <>
          <TextInput
            label="Address"
            description="Of a service or program with the OpenAI interface"
            placeholder="https://speech.example.com/v1"
            type="url"
            {...form.getInputProps("base_url")}
          />
          <TextInput label="Model" {...form.getInputProps("model")} />
          <PasswordInput
            label="API key"
            description={engine.has_api_key ? "One is kept. Empty leaves it." : "Empty if the service needs none"}
            autoComplete="new-password"
            {...form.getInputProps("api_key")}
          />
        </>
      )}
      {kind === "stt" && may("settings:send") && <RecordingTest />}
    </FormCard>
  );
}

