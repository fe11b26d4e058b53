import { Group, type MantineColorScheme, Menu, Text, UnstyledButton, useMantineColorScheme, VisuallyHidden } from "@mantine/core";
import { IconBook, IconCheck, IconDeviceDesktop, IconLogout, IconMoon, IconSelector, IconSun, IconUserCircle } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { accountsQuery, sessionQuery, signOut, switchAccount, useMay, useMe } from "@/api/session";
import { Avatar } from "@/components/texts";
import { problemToast } from "@/components/toasts";
import classes from "./shell.module.css";

const schemes = [
  { value: "light", label: "Light", icon: IconSun },
  { value: "dark", label: "Dark", icon: IconMoon },
  { value: "auto", label: "As this device", icon: IconDeviceDesktop },
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
        <UnstyledButton className={classes.account} data-testid="user-menu" mt="sm">
          <Group gap="sm" wrap="nowrap">
            <Avatar name={name} />
            <div style={{ flex: 1, minWidth: 0 }}>
              <Text size="sm" fw={600} truncate>
                {name}
              </Text>
              <Text size="xs" c="dimmed" truncate>
                {account.name || "Unnamed account"}
              </Text>
            </div>
            <VisuallyHidden>Account menu</VisuallyHidden>
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
        <Menu.Label>Appearance</Menu.Label>
        <Menu.RadioGroup value={colorScheme} onChange={(value) => setColorScheme(value as MantineColorScheme)}>
          {schemes.map(({ value, label, icon: Icon }) => (
            <Menu.RadioItem key={value} value={value} rightSection={<Icon size={16} aria-hidden />}>
              {label}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void leave()} data-testid="sign-out">
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
