import { Button, Center, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { ApiError } from "@/api/client";

interface NoticeProps {
  icon: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  color?: string;
}

/** A page or panel that has nothing else to show, and the way on. */
export function Notice({ icon, title, children, action, color = "gray" }: NoticeProps) {
  return (
    <Center py={64} px="md">
      <Stack align="center" gap="xs" maw={420} ta="center">
        <ThemeIcon variant="light" color={color} size={52} radius="xl">
          {icon}
        </ThemeIcon>
        <Title order={2} size="h4" mt={6}>
          {title}
        </Title>
        {children && (
          <Text c="dimmed" size="sm" component="div">
            {children}
          </Text>
        )}
        {action}
      </Stack>
    </Center>
  );
}

export function ErrorNotice({ error, retry }: { error: Error; retry?: () => void }) {
  const isMissing = error instanceof ApiError && error.status === 404;
  return (
    <Notice
      icon={<IconAlertTriangle size={26} />}
      color={isMissing ? "gray" : "red"}
      title={isMissing ? "Not found" : "This could not be loaded"}
      action={
        retry &&
        !isMissing && (
          <Button variant="default" mt="sm" onClick={retry}>
            Try again
          </Button>
        )
      }
    >
      {isMissing ? "It may have been deleted." : error.message}
    </Notice>
  );
}
