import { ActionIcon, AppShell, Avatar, Burger, Group, Menu, NavLink, Text, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconInbox, IconLogout, IconMicrophone2, IconMoon, IconSelector, IconSun } from "@tabler/icons-react";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Link, Outlet, useRouter, useRouterState } from "@tanstack/react-router";
import { sessionQuery, signOut } from "@/api/session";
import { Logo } from "./Logo";

const sections = [
  { to: "/inbox", label: "Inbox", icon: IconInbox },
  { to: "/channels", label: "Channels", icon: IconMicrophone2 },
] as const;

function ColorSchemeButton() {
  const { colorScheme, toggleColorScheme } = useMantineColorScheme();
  const isDark =
    colorScheme === "dark" ||
    (colorScheme === "auto" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      onClick={toggleColorScheme}
      aria-label={isDark ? "Use the light theme" : "Use the dark theme"}
    >
      {isDark ? <IconSun size={18} /> : <IconMoon size={18} />}
    </ActionIcon>
  );
}

function UserMenu() {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const client = useQueryClient();
  const router = useRouter();
  const leave = async () => {
    await signOut().catch(() => undefined);
    client.clear();
    await router.navigate({ to: "/sign-in" });
  };
  if (!session) return null;
  const name = session.user.name || session.user.email;
  return (
    <Menu position="top-start" width={230}>
      <Menu.Target>
        <UnstyledButton p={8} style={{ borderRadius: 8, width: "100%" }} data-testid="user-menu">
          <Group gap="sm" wrap="nowrap">
            <Avatar name={name} color="initials" size={34} radius="xl" />
            <div style={{ flex: 1, minWidth: 0 }}>
              <Text size="sm" fw={600} truncate>
                {name}
              </Text>
              <Text size="xs" c="dimmed" truncate>
                {session.account.name || "Unnamed Account"}
              </Text>
            </div>
            <IconSelector size={16} opacity={0.5} />
          </Group>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{session.user.email}</Menu.Label>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void leave()} data-testid="sign-out">
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

export function Layout() {
  const [isOpen, { toggle, close }] = useDisclosure();
  const path = useRouterState({ select: (state) => state.location.pathname });
  return (
    <AppShell
      header={{ height: { base: 56, sm: 0 } }}
      navbar={{ width: 236, breakpoint: "sm", collapsed: { mobile: !isOpen } }}
      padding={0}
    >
      <AppShell.Header hiddenFrom="sm">
        <Group h="100%" px="md" justify="space-between">
          <Logo />
          <Burger opened={isOpen} onClick={toggle} size="sm" aria-label="Menu" />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm">
        <Group px={8} py={6} mb="md" visibleFrom="sm">
          <Logo />
        </Group>
        <nav style={{ flex: 1 }} aria-label="Sections">
          {sections.map(({ to, label, icon: Icon }) => (
            <NavLink
              key={to}
              renderRoot={(props) => <Link to={to} {...props} />}
              label={label}
              leftSection={<Icon size={18} stroke={1.8} />}
              active={path.startsWith(to)}
              onClick={close}
              fw={550}
              style={{ borderRadius: 8 }}
              mb={2}
            />
          ))}
        </nav>
        <Group gap={4} wrap="nowrap">
          <div style={{ flex: 1, minWidth: 0 }}>
            <UserMenu />
          </div>
          <ColorSchemeButton />
        </Group>
      </AppShell.Navbar>
      <AppShell.Main>
        <Outlet />
      </AppShell.Main>
    </AppShell>
  );
}
