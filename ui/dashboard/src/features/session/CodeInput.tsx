import { TextInput, type TextInputProps } from "@mantine/core";

/** A code of an authenticator app, or a recovery code. */
export function CodeInput(props: TextInputProps) {
  return (
    <TextInput
      label="Sign-in code"
      autoComplete="one-time-code"
      autoCapitalize="off"
      spellCheck={false}
      placeholder="123456"
      data-testid="sign-in-code"
      {...props}
    />
  );
}
