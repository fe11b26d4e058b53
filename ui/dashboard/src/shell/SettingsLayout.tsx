import { Select } from "@mantine/core";
import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { settingsScreens } from "./navigation";
import classes from "./settings.module.css";
import { useScreens } from "./useScreens";

/** The settings' own navigation: a list beside the page, a choice above it where there is no room. */
export function SettingsLayout() {
  const screens = useScreens(settingsScreens);
  const navigate = useNavigate();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const current = screens.find(({ to }) => path === to || path.startsWith(`${to}/`));
  return (
    <div className={classes.frame}>
      <nav className={classes.list} aria-label="Settings">
        <div className={classes.title}>Settings</div>
        {screens.map(({ to, label, icon: Icon }) => (
          <Link key={to} to={to} className={classes.entry} activeProps={{ className: classes.active, "aria-current": "page" }}>
            <Icon size={17} stroke={1.7} aria-hidden />
            {label}
          </Link>
        ))}
      </nav>
      <div className={classes.choice}>
        <Select
          aria-label="Settings"
          data={screens.map(({ to, label }) => ({ value: to, label }))}
          value={current?.to ?? null}
          placeholder="Choose a setting"
          allowDeselect={false}
          onChange={(to) => to && void navigate({ to })}
        />
      </div>
      <div className={classes.page}>
        <Outlet />
      </div>
    </div>
  );
}
