import { ActionIcon, Badge, Group, Menu } from "@mantine/core";
import { IconDots, IconStar, IconTrash } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { LeadAddress } from "@/api/types";
import { problemToast } from "@/components/toasts";
import { EditableFact } from "./EditableFact";

interface AddressFactsProps {
  label: string;
  type: "tel" | "email";
  addresses: LeadAddress[];
  canEdit: boolean;
  shown?: (value: string) => ReactNode;
  onSave: (addresses: { value: string; label: string | null; is_primary: boolean }[]) => Promise<unknown>;
}

/** All phones or all emails of a contact, the primary one first, and a line for one more. */
export function AddressFacts({ label, type, addresses, canEdit, shown, onSave }: AddressFactsProps) {
  const plain = addresses.map(({ value, label: name, is_primary }) => ({ value, label: name, is_primary }));
  const act = (next: typeof plain) => onSave(next).catch((error: unknown) => problemToast(`Could not change the ${label.toLowerCase()}`, error));
  return (
    <>
      {addresses.map(({ value, is_primary: isPrimary }, index) => (
        <Group key={value} gap={0} wrap="nowrap" align="center">
          <div style={{ flex: 1, minWidth: 0 }}>
            <EditableFact
              label={index === 0 ? label : ""}
              type={type}
              value={value}
              shown={
                <Group gap={6} component="span">
                  {shown ? shown(value) : value}
                  {isPrimary && addresses.length > 1 && (
                    <Badge size="xs" variant="light" tt="none">
                      primary
                    </Badge>
                  )}
                </Group>
              }
              canEdit={canEdit}
              onSave={(next) =>
                onSave(plain.flatMap((address, at) => (at !== index ? [address] : next === null ? [] : [{ ...address, value: next }])))
              }
            />
          </div>
          {canEdit && addresses.length > 1 && (
            <Menu position="bottom-end" withinPortal>
              <Menu.Target>
                <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`More for ${value}`}>
                  <IconDots size={14} />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>
                {!isPrimary && (
                  <Menu.Item
                    leftSection={<IconStar size={14} />}
                    onClick={() => void act(plain.map((address, at) => ({ ...address, is_primary: at === index })))}
                  >
                    Make primary
                  </Menu.Item>
                )}
                <Menu.Item
                  color="red"
                  leftSection={<IconTrash size={14} />}
                  onClick={() => void act(plain.filter((_, at) => at !== index))}
                >
                  Remove
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          )}
        </Group>
      ))}
      {canEdit && (
        <div>
          <EditableFact
            label={addresses.length === 0 ? label : ""}
            type={type}
            value={null}
            canEdit
            unset={addresses.length === 0 ? "Add" : "Add another"}
            onSave={(next) =>
              next === null ? Promise.resolve() : onSave([...plain, { value: next, label: null, is_primary: plain.length === 0 }])
            }
          />
        </div>
      )}
    </>
  );
}
