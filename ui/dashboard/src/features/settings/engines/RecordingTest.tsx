import { Button, FileButton, Group, Text } from "@mantine/core";
import { IconMicrophone, IconPlayerStop, IconUpload } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { type EngineTest, testRecording } from "@/api/engines";
import { Problem } from "@/components/Problem";
import { useSubmit } from "@/hooks/useSubmit";
import { TestOutcome } from "./TestOutcome";

const LONGEST_MS = 30_000;

/** Recognition of one's own voice, or of a file. */
export function RecordingTest() {
  const [test, setTest] = useState<EngineTest | null>(null);
  const [isRecording, setRecording] = useState(false);
  const recorder = useRef<MediaRecorder | null>(null);
  const { run, isBusy, problem, setProblem } = useSubmit();
  const listen = (sound: Blob) =>
    run(async () => {
      setTest(null);
      setTest(await testRecording(sound));
    });
  useEffect(() => () => recorder.current?.stream.getTracks().forEach((track) => track.stop()), []);

  const start = async () => {
    setProblem(null);
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      setProblem("The microphone cannot be used. Allow it in the browser, or choose a file.");
      return;
    }
    const parts: Blob[] = [];
    const made = new MediaRecorder(stream);
    recorder.current = made;
    const limit = setTimeout(() => made.state !== "inactive" && made.stop(), LONGEST_MS);
    made.ondataavailable = ({ data }) => parts.push(data);
    made.onstop = () => {
      clearTimeout(limit);
      for (const track of stream.getTracks()) track.stop();
      setRecording(false);
      void listen(new Blob(parts, { type: made.mimeType || "audio/webm" }));
    };
    made.start();
    setRecording(true);
  };

  return (
    <div>
      <Text size="sm" fw={500} mb={6}>
        Try it with your voice
      </Text>
      <Group gap="xs">
        {isRecording ? (
          <Button size="xs" color="red" leftSection={<IconPlayerStop size={14} />} onClick={() => recorder.current?.stop()}>
            Stop and listen
          </Button>
        ) : (
          <Button size="xs" variant="default" leftSection={<IconMicrophone size={14} />} loading={isBusy} onClick={() => void start()}>
            Record
          </Button>
        )}
        <FileButton accept="audio/*" onChange={(file) => file && void listen(file)}>
          {(props) => (
            <Button size="xs" variant="default" leftSection={<IconUpload size={14} />} disabled={isBusy || isRecording} {...props}>
              Choose a file
            </Button>
          )}
        </FileButton>
        {isRecording && (
          <Text size="sm" c="dimmed" role="status">
            Recording. Say a sentence.
          </Text>
        )}
      </Group>
      <div style={{ marginTop: 8 }}>
        <Problem text={problem} />
        {test && <TestOutcome test={test} />}
      </div>
    </div>
  );
}
