import { Alert } from "@mantine/core";

/** What a form was refused for and no field shows. */
export function Problem({ text }: { text: string | null }) {
  return text ? (
    <Alert color="red" role="alert" variant="light">
      {text}
    </Alert>
  ) : null;
}
