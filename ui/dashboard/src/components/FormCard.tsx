import { Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Problem } from "./Problem";

interface FormCardProps {
  title: string;
  lead?: ReactNode;
  children: ReactNode;
  /** None: the card has no button of its own. */
  onSubmit?: () => void;
  verb?: string;
  isBusy?: boolean;
  isDirty?: boolean;
  problem?: string | null;
  testId?: string;
}

/** Settings that belong together, saved together. */
export function FormCard(props: FormCardProps) {
  const { title, lead, children, onSubmit, verb = "Save", isBusy = false, isDirty = true, problem = null } = props;
  return (
    <Paper withBorder radius="lg" p={{ base: "md", sm: "lg" }} component="section" aria-label={title} data-testid={props.testId}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit?.();
        }}
      >
        <Title order={2} size="h4">
          {title}
        </Title>
        {lead && (
          <Text c="dimmed" size="sm" mt={2} component="div">
            {lead}
          </Text>
        )}
        <Stack mt="md">
          <Problem text={problem} />
          {children}
          {onSubmit && (
            <Group justify="flex-end">
              <Button type="submit" loading={isBusy} disabled={!isDirty}>
                {verb}
              </Button>
            </Group>
          )}
        </Stack>
      </form>
    </Paper>
  );
}
