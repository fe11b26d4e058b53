import { Anchor, Modal, Stack, Text } from "@mantine/core";
import { useMe } from "@/api/session";
import { SignInForm } from "@/features/session/SignInForm";

/** Over the page, so that nothing on it is lost; somebody else gets a fresh page. */
export function SignInAgain() {
  const { user } = useMe();
  return (
    <Modal
      opened
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title="Your session has ended"
      centered
    >
      <Stack>
        <Text size="sm" c="dimmed">
          Sign in again to go on where you are. Nothing you have typed is lost.
        </Text>
        <SignInForm
          email={user.email}
          onDone={(session) => {
            if (session.user.id !== user.id) window.location.reload();
          }}
        />
        <Anchor href="/dashboard/sign-in" size="sm" ta="center">
          Use another way to sign in
        </Anchor>
      </Stack>
    </Modal>
  );
}
