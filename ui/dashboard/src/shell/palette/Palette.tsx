import "@mantine/spotlight/styles.css";
import { useComputedColorScheme, useMantineColorScheme, VisuallyHidden } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { createSpotlight, Spotlight, type SpotlightActionData } from "@mantine/spotlight";
import {
  IconAddressBook,
  IconInbox,
  IconMoon,
  IconPhone,
  IconRecordMail,
  IconSearch,
  IconSun,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { allScreens, settingsScreens } from "../navigation";
import { useScreens } from "../useScreens";
import { paletteActions } from "./actions";
import { type Found, placeOf, searchQuery } from "./found";

const [store, spotlight] = createSpotlight();

export const show = () => spotlight.open();

const icons: Record<string, typeof IconSearch> = {
  lead: IconAddressBook,
  conversation: IconInbox,
  voicegram: IconRecordMail,
  call: IconPhone,
};

const SHOWN_RESULTS = 12;
const settings = new Set(settingsScreens.map(({ to }) => to));

/** Every word typed begins a word of the entry. */
const matches = (query: string, text: string) => {
  const words = text.toLowerCase().split(/\s+/);
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((part) => words.some((word) => word.startsWith(part)));
};

/** Ctrl-K: screens, actions and what `GET /search` finds. */
export function Palette() {
  const router = useRouter();
  const screens = useScreens(allScreens);
  const actions = useScreens(paletteActions);
  const { setColorScheme } = useMantineColorScheme();
  const colorScheme = useComputedColorScheme("light");
  const [query, setQuery] = useState("");
  const [typed] = useDebouncedValue(query.trim(), 180);
  const { data: found = [], isFetching } = useQuery(searchQuery(typed));
  const go = (to: string, search?: Record<string, unknown>) =>
    void router.navigate({ to, ...(search && { search: search as never }) });

  const text = query.trim();
  const entries: SpotlightActionData[] = [
    ...screens.map(({ to, label, icon: Icon, words = "" }) => ({
      id: to,
      group: settings.has(to) ? "Settings" : "Go to",
      label,
      keywords: words,
      leftSection: <Icon size={18} stroke={1.7} />,
      onClick: () => go(to),
    })),
    ...actions.map(({ to, label, icon: Icon }) => {
      const { search } = paletteActions.find((action) => action.label === label) ?? {};
      return {
        id: `${to}?new`,
        group: "Do",
        label,
        leftSection: <Icon size={18} stroke={1.7} />,
        onClick: () => go(to, search),
      };
    }),
    {
      id: "scheme",
      group: "Do",
      label: colorScheme === "dark" ? "Use the light theme" : "Use the dark theme",
      leftSection: colorScheme === "dark" ? <IconSun size={18} /> : <IconMoon size={18} />,
      onClick: () => setColorScheme(colorScheme === "dark" ? "light" : "dark"),
    },
  ].filter(({ label, ...rest }) => !text || matches(text, `${label} ${"keywords" in rest ? String(rest.keywords) : ""}`));

  const results = (text.length >= 2 ? found : []).flatMap((one: Found) => {
    const place = placeOf(one);
    return place ? [{ one, place }] : [];
  });
  const groups = ["Go to", "Do", "Settings"]
    .map((label) => ({ label, entries: entries.filter(({ group }) => group === label) }))
    .filter(({ label, entries: own }) => own.length > 0 && (text || label !== "Settings"));

  return (
    <Spotlight.Root
      store={store}
      query={query}
      onQueryChange={setQuery}
      shortcut={null}
      attributes={{ content: { "aria-label": "Command palette" } }}
      scrollable
      maxHeight="min(70dvh, 520px)"
      onSpotlightClose={() => setQuery("")}
    >
      <Spotlight.Search
        placeholder="Search people, messages, calls and screens"
        aria-label="Search people, messages, calls and screens"
        leftSection={<IconSearch size={18} aria-hidden />}
      />
      <Spotlight.ActionsList>
        {results.length > 0 && (
          <Spotlight.ActionsGroup label="Found">
            {results.slice(0, SHOWN_RESULTS).map(({ one, place }) => {
              const Icon = icons[one.kind] ?? IconSearch;
              return (
                <Spotlight.Action
                  key={`${one.kind}.${one.id}`}
                  label={one.title}
                  description={[place.label, one.subtitle].filter(Boolean).join(" · ")}
                  leftSection={<Icon size={18} stroke={1.7} />}
                  onClick={() => go(place.to)}
                />
              );
            })}
          </Spotlight.ActionsGroup>
        )}
        {groups.map(({ label, entries: own }) => (
          <Spotlight.ActionsGroup key={label} label={label}>
            {own.map(({ id, group: _group, keywords: _keywords, ...action }) => (
              <Spotlight.Action key={id} {...action} />
            ))}
          </Spotlight.ActionsGroup>
        ))}
        {groups.length === 0 && results.length === 0 && (
          <Spotlight.Empty>{isFetching ? "Searching…" : "Nothing found"}</Spotlight.Empty>
        )}
      </Spotlight.ActionsList>
      <VisuallyHidden role="status">{text && `${results.length + entries.length} results`}</VisuallyHidden>
    </Spotlight.Root>
  );
}
