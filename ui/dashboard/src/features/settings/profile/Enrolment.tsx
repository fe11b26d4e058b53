import { Button, Center, Checkbox, Code, CopyButton, Group, List, Modal, Stack, Stepper, Text, TextInput } from "@mantine/core";
import { QRCodeSVG } from "qrcode.react";
import { useState } from "react";
import { ApiError } from "@/api/client";
import { activateTotp, type beginTotp } from "@/api/people";
import { CopyField } from "@/components/CopyField";
import { Problem } from "@/components/Problem";
import { useSubmit } from "@/hooks/useSubmit";

export type TotpOffer = NonNullable<Awaited<ReturnType<typeof beginTotp>>>;

interface EnrolmentProps {
  offer: TotpOffer;
  onClose: () => void;
  onDone: () => void;
}

function save(codes: readonly string[]) {
  const url = URL.createObjectURL(new Blob([`${codes.join("\n")}\n`], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = "antiphon-recovery-codes.txt";
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1_000);
}

/** Recovery codes first: nobody should be locked out who loses the phone a minute later. */
export function Enrolment({ offer, onClose, onDone }: EnrolmentProps) {
  const [step, setStep] = useState(0);
  const [isKept, setKept] = useState(false);
  const [code, setCode] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const { run, isBusy, problem } = useSubmit();
  const confirm = () =>
    run(async () => {
      try {
        await activateTotp(code.replace(/\s/g, ""));
      } catch (error) {
        if (error instanceof ApiError && error.fields.code) return setFault(error.fields.code);
        throw error;
      }
      onDone();
    });
  return (
    <Modal opened onClose={onClose} title="Switch on sign-in codes" centered size="lg" closeOnClickOutside={false}>
      <Stepper active={step} size="xs" mb="lg" iconSize={28} aria-label="Steps">
        <Stepper.Step label="Keep" />
        <Stepper.Step label="Scan" />
        <Stepper.Step label="Confirm" />
      </Stepper>
      {step === 0 && (
        <Stack>
          <Text size="sm">
            If you lose your phone, each of these recovery codes signs you in once. They are shown only now.
          </Text>
          <Code block data-testid="recovery-codes" tabIndex={0} role="group" aria-label="Recovery codes" fz={14}>
            {offer.recovery_codes.join("\n")}
          </Code>
          <Group>
            <CopyButton value={offer.recovery_codes.join("\n")}>
              {({ copied, copy }) => (
                <Button variant="default" size="xs" onClick={copy}>
                  {copied ? "Copied" : "Copy"}
                </Button>
              )}
            </CopyButton>
            <Button variant="default" size="xs" onClick={() => save(offer.recovery_codes)}>
              Save as a file
            </Button>
          </Group>
          <Checkbox label="I have put them in a safe place" checked={isKept} onChange={(event) => setKept(event.currentTarget.checked)} />
          <Group justify="flex-end">
            <Button onClick={() => setStep(1)} disabled={!isKept}>
              Continue
            </Button>
          </Group>
        </Stack>
      )}
      {step > 0 && (
        <Stack>
          <List type="ordered" size="sm" spacing={4}>
            <List.Item>Open your authenticator app and add an account.</List.Item>
            <List.Item>Scan this picture, or type the key below.</List.Item>
            <List.Item>Enter the six digits that the app shows.</List.Item>
          </List>
          <Center>
            <QRCodeSVG value={offer.uri} size={184} marginSize={3} title="Code for the authenticator app" style={{ borderRadius: 8 }} />
          </Center>
          <CopyField label="Key" value={offer.secret} testId="totp-secret" />
          <Problem text={problem} />
          <form
            onSubmit={(event) => {
              event.preventDefault();
              setStep(2);
              setFault(null);
              void confirm();
            }}
          >
            <TextInput
              label="Six digits"
              inputMode="numeric"
              autoComplete="one-time-code"
              maxLength={7}
              value={code}
              error={fault}
              onChange={(event) => setCode(event.currentTarget.value)}
            />
            <Group justify="flex-end" mt="md">
              <Button variant="default" onClick={() => setStep(0)}>
                Back
              </Button>
              <Button type="submit" loading={isBusy} disabled={code.trim().length < 6}>
                Switch on
              </Button>
            </Group>
          </form>
        </Stack>
      )}
    </Modal>
  );
}
