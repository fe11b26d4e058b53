import { Button, Group, Loader, Text } from "@mantine/core";
import { useFormats } from "@/hooks/useFormats";
import classes from "./table.module.css";

interface TableFootProps {
  shown: number;
  total: number;
  error: Error | null;
  isLoadingMore: boolean;
  hasMore: boolean;
  onMore: (() => void) | undefined;
  onRetry: (() => void) | undefined;
}

/** How much of the list is here; more comes by scrolling, or by the button where scrolling does not reach it. */
export function TableFoot({ shown, total, error, isLoadingMore, hasMore, onMore, onRetry }: TableFootProps) {
  const { number } = useFormats();
  const count = hasMore ? `${number(shown)} of ${number(total)}` : `${number(shown)} in all`;
  return (
    <Group justify="center" gap="sm" className={classes.foot}>
      {error ? (
        <>
          <Text size="sm" c="red" role="alert">
            {error.message}
          </Text>
          {onRetry && (
            <Button size="compact-sm" variant="default" onClick={hasMore && onMore ? onMore : onRetry}>
              Try again
            </Button>
          )}
        </>
      ) : (
        <Text size="xs" c="dimmed" role="status">
          {count}
        </Text>
      )}
      {isLoadingMore && <Loader size={14} aria-label="Loading more" />}
    </Group>
  );
}
