import { ActionIcon, AppShell, Box, Burger, Group, Kbd, Text, UnstyledButton } from "@mantine/core";
import { useDisclosure, useHotkeys, useMediaQuery, useOs } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { Suspense, useEffect } from "react";
import { dropOldDrafts } from "@/hooks/drafts";
import { useLiveRefresh } from "@/live/useLiveEvents";
import { AccountMenu } from "./AccountMenu";
import { ConnectionBanner } from "./ConnectionBanner";
import classes from "./shell.module.css";
import { Logo } from "./Logo";
import { mainScreens, type Screen, settingsEntry } from "./navigation";
import { CommandPalette, openPalette, preloadPalette } from "./palette/open";
import { PageLoading } from "@/components/states";
import { useArrival } from "./useArrival";
import { useScreens } from "./useScreens";

function Entry({ screen: { to, label, icon: Icon }, onClick }: { screen: Screen; onClick: () => void }) {
  return (
    <Link to={to} className={classes.entry} activeProps={{ className: classes.active, "aria-current": "page" }} onClick={onClick}>
      <Icon size={18} stroke={1.7} aria-hidden />
      {label}
    </Link>
  );
}

function SearchButton() {
  const isMac = useOs() === "macos";
  return (
    <UnstyledButton className={classes.search} onClick={openPalette} onPointerEnter={preloadPalette} aria-keyshortcuts="Control+K Meta+K">
      <IconSearch size={16} aria-hidden />
      <Text size="sm" style={{ flex: 1 }}>
        Search
      </Text>
      <Kbd size="xs">{isMac ? "⌘ K" : "Ctrl K"}</Kbd>
    </UnstyledButton>
  );
}

/** The frame around every screen of the app. */
export function Layout() {
  const [isOpen, { toggle, close }] = useDisclosure();
  const isNarrow = useMediaQuery("(max-width: 47.99em)") ?? false;
  const screens = useScreens(mainScreens);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const isFull = path.startsWith("/inbox");
  const main = useArrival();
  useLiveRefresh();
  useHotkeys([["mod+K", openPalette, { preventDefault: true }], ["Escape", close]], []);
  useEffect(() => dropOldDrafts(), []);
  return (
    <>
      <a href="#content" className={classes.skip}>
        Skip to the content
      </a>
      <AppShell
        header={{ height: { base: 56, sm: 0 } }}
        navbar={{ width: 236, breakpoint: "sm", collapsed: { mobile: !isOpen } }}
        padding={0}
      >
        <AppShell.Header hiddenFrom="sm" className={classes.header}>
          <Group h="100%" px="md" justify="space-between" wrap="nowrap">
            <Group gap={4} wrap="nowrap">
              <Burger
                opened={isOpen}
                onClick={toggle}
                size="sm"
                aria-label={isOpen ? "Close the menu" : "Open the menu"}
                aria-expanded={isOpen}
                aria-controls="sections"
              />
              <Logo />
            </Group>
            <ActionIcon variant="subtle" color="gray" size="xl" aria-label="Search" onClick={openPalette}>
              <IconSearch size={20} />
            </ActionIcon>
          </Group>
        </AppShell.Header>
        <AppShell.Navbar p="sm" id="sections" className={classes.navbar} inert={isNarrow && !isOpen}>
          <Group px={8} py={6} mb="sm" visibleFrom="sm">
            <Link to="/home" className={classes.home} aria-label="Antiphon, to Home">
              <Logo />
            </Link>
          </Group>
          <Box visibleFrom="sm" mb="sm">
            <SearchButton />
          </Box>
          <nav className={classes.entries} aria-label="Sections">
            {screens.map((screen) => (
              <Entry key={screen.to} screen={screen} onClick={close} />
            ))}
            <div className={classes.gap} />
            <Entry screen={settingsEntry} onClick={close} />
          </nav>
          <AccountMenu />
        </AppShell.Navbar>
        <AppShell.Main id="content" tabIndex={-1} ref={main} className={classes.main} data-full={isFull || undefined}>
          <ConnectionBanner />
          <Suspense fallback={<PageLoading />}>
            <Outlet />
          </Suspense>
        </AppShell.Main>
      </AppShell>
      <CommandPalette />
    </>
  );
}
