import { ActionIcon, Menu } from "@mantine/core";
import { IconDots, IconPencil, IconUserCheck, IconUserOff } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/keys";
import { changeUser, type User } from "@/api/people";
import { doneToast, problemToast } from "@/components/toasts";
import { Disable } from "./Disable";
import { EditUser } from "./EditUser";

export function UserMenu({ user }: { user: User }) {
  const client = useQueryClient();
  const [open, setOpen] = useState<"edit" | "disable" | null>(null);
  const close = () => setOpen(null);
  const enable = async () => {
    try {
      await changeUser(user.id, { status: "active" });
      await client.invalidateQueries({ queryKey: keys.users });
      doneToast(`${user.name} may sign in again.`);
    } catch (error) {
      problemToast("Could not do that", error);
    }
  };
  return (
    <>
      <Menu position="bottom-end" width={180}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${user.name}`}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => setOpen("edit")}>
            Change
          </Menu.Item>
          {user.status === "disabled" ? (
            <Menu.Item leftSection={<IconUserCheck size={16} />} onClick={() => void enable()}>
              Let in again
            </Menu.Item>
          ) : (
            <Menu.Item color="red" leftSection={<IconUserOff size={16} />} onClick={() => setOpen("disable")}>
              Disable
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {open === "edit" && <EditUser user={user} onClose={close} />}
      {open === "disable" && <Disable user={user} onClose={close} />}
    </>
  );
}
