import { Avatar, Group, Menu, SegmentedControl, Text, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { IconBook, IconCheck, IconLogout, IconSelector, IconUserCircle } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { accountsQuery, sessionQuery, signOut, switchAccount, useMay, useMe } from "@/api/session";
import { problemToast } from "@/components/toasts";
import classes from "./shell.module.css";

const schemes = [
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
  { value: "auto", label: "Auto" },
];

function Accounts() {
  const me = useMe();
  const router = useRouter();
  const { data: session } = useQuery(sessionQuery);
  const { data: others = [] } = useQuery({ ...accountsQuery, enabled: useMay()("sub_accounts:read") });
  if (!session || others.length === 0) return null;
  const change = async (id: string | null) => {
    try {
      await switchAccount(id);
      await router.navigate({ to: "/home" });
    } catch (error) {
      await switchAccount(null);
      problemToast("Could not switch", error);
    }
  };
  return (
    <>
      <Menu.Label>Accounts</Menu.Label>
      {[session.account, ...others].map(({ id, name }) => (
        <Menu.Item
          key={id}
          onClick={() => void change(id === session.account.id ? null : id)}
          rightSection={id === me.account.id && <IconCheck size={14} aria-label="Current" />}
        >
          {name}
        </Menu.Item>
      ))}
      <Menu.Divider />
    </>
  );
}

/** Who is signed in and where; the way out, and how it looks. */
export function AccountMenu() {
  const { user, account } = useMe();
  const [isOpen, setOpen] = useState(false);
  const client = useQueryClient();
  const router = useRouter();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const leave = async () => {
    await signOut().catch(() => undefined);
    sessionStorage.clear();
    client.clear();
    await router.navigate({ to: "/sign-in" });
  };
  const name = user.name || user.email;
  return (
    <Menu position="top-start" width={252} opened={isOpen} onChange={setOpen}>
      <Menu.Target>
        <UnstyledButton className={classes.account} data-testid="user-menu" mt="sm" aria-label={`${name}, account menu`}>
          <Group gap="sm" wrap="nowrap">
            <Avatar name={name} color="initials" size={34} radius="xl" aria-hidden />
            <div style={{ flex: 1, minWidth: 0 }}>
              <Text size="sm" fw={600} truncate>
                {name}
              </Text>
              <Text size="xs" c="dimmed" truncate>
                {account.name || "Unnamed account"}
              </Text>
            </div>
            <IconSelector size={16} opacity={0.6} aria-hidden />
          </Group>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Accounts />
        <Menu.Label>{user.email}</Menu.Label>
        <Menu.Item
          leftSection={<IconUserCircle size={16} />}
          renderRoot={(props) => <Link to="/settings/profile" {...props} />}
        >
          Your profile
        </Menu.Item>
        <Menu.Item component="a" href="/guide" target="_blank" leftSection={<IconBook size={16} />}>
          Guide
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label id="appearance">Appearance</Menu.Label>
        <SegmentedControl
          data={schemes}
          value={colorScheme}
          onChange={(value) => setColorScheme(value as "light" | "dark" | "auto")}
          size="xs"
          fullWidth
          mx={8}
          mb={6}
          aria-labelledby="appearance"
        />
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void leave()} data-testid="sign-out">
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
