import { Badge, Button, Group, Modal, PasswordInput, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/keys";
import { beginTotp, removeTotp } from "@/api/people";
import { FormCard } from "@/components/FormCard";
import { Problem } from "@/components/Problem";
import { doneToast, problemToast } from "@/components/toasts";
import { useSubmit } from "@/hooks/useSubmit";
import { Enrolment, type TotpOffer } from "./Enrolment";

function RemoveDialog({ isOpen, onClose, onDone }: { isOpen: boolean; onClose: () => void; onDone: () => void }) {
  const [password, setPassword] = useState("");
  const { run, isBusy, problem } = useSubmit();
  const remove = async () => {
    const isDone = await run(() => removeTotp(password));
    setPassword("");
    if (isDone) onDone();
  };
  return (
    <Modal opened={isOpen} onClose={onClose} title="Sign in without a code?" centered>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void remove();
        }}
      >
        <Stack>
          <Text size="sm">Your password alone is enough then. The recovery codes end too.</Text>
          <Problem text={problem} />
          <PasswordInput
            label="Your password"
            autoComplete="current-password"
            data-autofocus
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" color="red" loading={isBusy}>
              Switch off
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** Codes of an authenticator app as a second factor. */
export function SecondFactorCard({ isActive }: { isActive: boolean }) {
  const client = useQueryClient();
  const [offer, setOffer] = useState<TotpOffer | null>(null);
  const [isRemoving, { open, close }] = useDisclosure();
  const refresh = () => client.invalidateQueries({ queryKey: keys.me });
  const begin = async () => {
    try {
      setOffer((await beginTotp()) ?? null);
    } catch (error) {
      problemToast("Could not begin", error);
    }
  };
  return (
    <FormCard
      title="Sign-in codes"
      lead="A code from an app on your phone, asked for beside your password. A stolen password alone is then worth nothing."
      testId="second-factor"
    >
      <Group justify="space-between">
        <Badge variant="light" color={isActive ? "teal" : "gray"} tt="none" size="lg" fw={550}>
          {isActive ? "On" : "Off"}
        </Badge>
        {isActive ? (
          <Button variant="default" onClick={open}>
            Switch off
          </Button>
        ) : (
          <Button variant="light" onClick={() => void begin()}>
            Switch on
          </Button>
        )}
      </Group>
      {offer && (
        <Enrolment
          offer={offer}
          onClose={() => setOffer(null)}
          onDone={() => {
            setOffer(null);
            void refresh();
            doneToast("Sign-in codes are on.");
          }}
        />
      )}
      <RemoveDialog
        isOpen={isRemoving}
        onClose={close}
        onDone={() => {
          close();
          void refresh();
          doneToast("Sign-in codes are off.");
        }}
      />
    </FormCard>
  );
}
