import { Button, Center, Skeleton, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconAlertTriangle, IconLock, IconMapPinOff, IconWifiOff } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { ApiError } from "@/api/client";

interface NoticeProps {
  icon: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  color?: string;
  /** Inside a panel that has a heading of its own above it. */
  isSmall?: boolean;
}

/** A page or panel that has nothing else to show, and the way on. */
export function EmptyState({ icon, title, children, action, color = "gray", isSmall = false }: NoticeProps) {
  return (
    <Center py={isSmall ? 32 : 64} px="md">
      <Stack align="center" gap="xs" maw={440} ta="center">
        <ThemeIcon variant="light" color={color} size={isSmall ? 40 : 52} radius="xl" aria-hidden>
          {icon}
        </ThemeIcon>
        <Title order={2} size={isSmall ? "h5" : "h4"} mt={6}>
          {title}
        </Title>
        {children && (
          <Text c="dimmed" size="sm" component="div">
            {children}
          </Text>
        )}
        {action && <div style={{ marginTop: 8 }}>{action}</div>}
      </Stack>
    </Center>
  );
}

function explanation(error: Error): { icon: ReactNode; title: string; text: string; canRetry: boolean } {
  const status = error instanceof ApiError ? error.status : -1;
  if (status === 404) {
    return { icon: <IconMapPinOff size={26} />, title: "Not found", text: "It may have been deleted.", canRetry: false };
  }
  if (status === 403) {
    const text = "Your role does not include this. Ask an admin of the account.";
    return { icon: <IconLock size={26} />, title: "Not yours to see", text, canRetry: false };
  }
  if (status === 0) {
    const text = `${error.message} This loads by itself once the server answers.`;
    return { icon: <IconWifiOff size={26} />, title: "No connection", text, canRetry: true };
  }
  return { icon: <IconAlertTriangle size={26} />, title: "This could not be loaded", text: error.message, canRetry: true };
}

/** What went wrong while loading, in words, and a way on: missing, forbidden, offline, anything else. */
export function ErrorState({ error, retry, isSmall }: { error: Error; retry?: () => void; isSmall?: boolean }) {
  const { icon, title, text, canRetry } = explanation(error);
  return (
    <div role="alert">
      <EmptyState
        icon={icon}
        title={title}
        color={canRetry && !(error instanceof ApiError && error.status === 0) ? "red" : "gray"}
        isSmall={isSmall ?? false}
        action={
          retry &&
          canRetry && (
            <Button variant="default" onClick={retry}>
              Try again
            </Button>
          )
        }
      >
        {text}
      </EmptyState>
    </div>
  );
}

/** Bars in the place of rows to come. */
export function LoadingState({ rows = 5, height = 56, label = "Loading" }: { rows?: number; height?: number; label?: string }) {
  return (
    <Stack gap="sm" p="md" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={height} radius="md" />
      ))}
    </Stack>
  );
}

/** A whole page to come, its heading included. */
export function PageLoading() {
  return (
    <Stack gap="lg" px={{ base: "md", sm: 32 }} py={{ base: "md", sm: 28 }} role="status" aria-label="Loading the page">
      <Skeleton height={30} width={180} radius="md" />
      <Skeleton height={36} radius="md" />
      <Skeleton height={260} radius="lg" />
    </Stack>
  );
}
