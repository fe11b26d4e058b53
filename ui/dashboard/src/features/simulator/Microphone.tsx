import { Button, Group, Text } from "@mantine/core";
import { IconMicrophone, IconPlayerStop, IconTrash } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { lengthText } from "@/format";

interface MicrophoneProps {
  recording: Blob | null;
  onRecorded: (recording: Blob | null) => void;
}

/** Records one message in the page. */
export function Microphone({ recording, onRecorded }: MicrophoneProps) {
  const recorder = useRef<MediaRecorder | null>(null);
  const [seconds, setSeconds] = useState<number | null>(null);
  const [fault, setFault] = useState("");
  const [address, setAddress] = useState<string | null>(null);
  const isRecording = seconds !== null;

  useEffect(() => {
    if (!isRecording) return;
    const timer = setInterval(() => setSeconds((passed) => (passed ?? 0) + 1), 1000);
    return () => clearInterval(timer);
  }, [isRecording]);
  useEffect(() => () => recorder.current?.stream.getTracks().forEach((track) => track.stop()), []);
  useEffect(() => {
    const made = recording && URL.createObjectURL(recording);
    setAddress(made);
    return () => {
      if (made) URL.revokeObjectURL(made);
    };
  }, [recording]);

  const start = async () => {
    setFault("");
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      const chunks: Blob[] = [];
      const made = new MediaRecorder(stream);
      made.ondataavailable = ({ data }) => chunks.push(data);
      made.onstop = () => {
        for (const track of stream.getTracks()) track.stop();
        setSeconds(null);
        onRecorded(new Blob(chunks, { type: made.mimeType }));
      };
      recorder.current = made;
      made.start(1000);
      setSeconds(0);
    } catch {
      setFault("The microphone cannot be used here. Write a text instead.");
    }
  };

  return (
    <div>
      <Group gap="sm">
        {isRecording ? (
          <Button
            color="red"
            leftSection={<IconPlayerStop size={16} aria-hidden />}
            onClick={() => recorder.current?.stop()}
            data-testid="stop-recording"
          >
            Stop · {lengthText(seconds)}
          </Button>
        ) : (
          <Button
            variant="default"
            leftSection={<IconMicrophone size={16} aria-hidden />}
            onClick={() => void start()}
            data-testid="start-recording"
          >
            {recording ? "Record again" : "Record"}
          </Button>
        )}
        {recording && !isRecording && (
          <Button variant="subtle" color="gray" leftSection={<IconTrash size={16} aria-hidden />} onClick={() => onRecorded(null)}>
            Discard
          </Button>
        )}
      </Group>
      {address && !isRecording && (
        <audio controls src={address} style={{ width: "100%", marginTop: 12 }} aria-label="The recording" />
      )}
      {fault && (
        <Text size="sm" c="red" role="alert" mt="xs">
          {fault}
        </Text>
      )}
    </div>
  );
}
