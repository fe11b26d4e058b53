import { ActionIcon, Group, Kbd, Tooltip } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconChevronDown, IconChevronUp } from "@tabler/icons-react";
import type { Neighbours } from "@/hooks/useListPlace";

interface NeighbourButtonsProps extends Neighbours {
  /** One of them, "voicegram". */
  what: string;
  open: (id: string) => void;
}

/** To the rows before and after this one in its list: K and J. */
export function NeighbourButtons({ previous, next, what, open }: NeighbourButtonsProps) {
  useHotkeys([
    ["K", () => previous && open(previous)],
    ["J", () => next && open(next)],
  ]);
  if (!previous && !next) return null;
  const button = (id: string | undefined, label: string, key: string, icon: React.ReactNode) => (
    <Tooltip
      withArrow
      label={
        <>
          {label} <Kbd size="xs">{key}</Kbd>
        </>
      }
    >
      <ActionIcon variant="default" size="lg" disabled={!id} onClick={() => id && open(id)} aria-label={`${label} ${what}`}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
  return (
    <Group gap={4} wrap="nowrap">
      {button(previous, "Previous", "K", <IconChevronUp size={18} />)}
      {button(next, "Next", "J", <IconChevronDown size={18} />)}
    </Group>
  );
}
