/** The tree of addresses. Every screen is a chunk of its own; its folder under features/ holds all of it. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";
import { IconMapPinOff } from "@tabler/icons-react";
import { callsQuery } from "@/api/calls";
import { channelsQuery } from "@/api/channels";
import { conversationsQuery } from "@/api/conversations";
import { leadsQuery } from "@/api/leads";
import { queryClient } from "@/api/queryClient";
import { meQuery, preferencesQuery, sessionQuery, setupQuery } from "@/api/session";
import { voicegramsQuery } from "@/api/voicegrams";
import { EmptyState, ErrorState, PageLoading } from "@/components/states";
import { filters as callFilters } from "@/features/calls/filters";
import { filters as channelFilters } from "@/features/channels/filters";
import { filters as contactFilters } from "@/features/contacts/filters";
import { filters as developerFilters } from "@/features/developers/filters";
import { filters as inboxFilters } from "@/features/inbox/filters";
import { conversationFilters } from "@/features/inbox/query";
import { filters as apiKeyFilters } from "@/features/settings/api-keys/filters";
import { filters as auditLogFilters } from "@/features/settings/audit-log/filters";
import { filters as numberFilters } from "@/features/settings/numbers/filters";
import { filters as peopleFilters } from "@/features/settings/people/filters";
import { filters as requestLogFilters } from "@/features/settings/request-log/filters";
import { filters as webhookFilters } from "@/features/settings/webhooks/filters";
import { filters as simulatorFilters } from "@/features/simulator/filters";
import { filters as voicegramFilters } from "@/features/voicegrams/filters";
import { loadList, loadOne } from "./loaders";

const text = (value: unknown) => (typeof value === "string" && value ? value : undefined);

const NotFound = () => (
  <EmptyState icon={<IconMapPinOff size={26} />} title="Page not found">
    There is nothing at this address.
  </EmptyState>
);

const root = createRootRoute({ component: Outlet });

/** While the installation has no account, every address leads to its set-up. */
async function toSetup() {
  if (await queryClient.ensureQueryData(setupQuery)) throw redirect({ to: "/setup", replace: true });
}

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search): { next?: string } => {
    const next = text(search.next);
    return next ? { next } : {};
  },
  beforeLoad: toSetup,
  component: lazyRouteComponent(() => import("@/features/session/SignInPage"), "SignInPage"),
});

const accept = createRoute({
  getParentRoute: () => root,
  path: "/accept",
  validateSearch: (search): { token: string } => ({ token: text(search.token) ?? "" }),
  component: lazyRouteComponent(() => import("@/features/session/AcceptPage"), "AcceptPage"),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  validateSearch: (search): { step?: "engines" | "mail" } =>
    search.step === "engines" || search.step === "mail" ? { step: search.step } : {},
  beforeLoad: async ({ search }) => {
    const session = await queryClient.ensureQueryData(sessionQuery);
    if (session ? !search.step : !(await queryClient.ensureQueryData(setupQuery))) throw redirect({ to: "/home", replace: true });
    if (session) await queryClient.ensureQueryData(meQuery);
  },
  component: lazyRouteComponent(() => import("@/features/setup/SetupPage"), "SetupPage"),
});

/** Everything below needs a session. */
const app = createRoute({
  getParentRoute: () => root,
  id: "app",
  beforeLoad: async ({ location }) => {
    const session = await queryClient.ensureQueryData(sessionQuery);
    if (!session) await toSetup();
    if (!session) throw redirect({ to: "/sign-in", search: location.href === "/" ? {} : { next: location.href } });
    await Promise.all([queryClient.ensureQueryData(meQuery), queryClient.ensureQueryData(preferencesQuery)]);
  },
  component: lazyRouteComponent(() => import("@/shell/Layout"), "Layout"),
});

const index = createRoute({
  getParentRoute: () => app,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/home" });
  },
});

const home = createRoute({
  getParentRoute: () => app,
  path: "/home",
  component: lazyRouteComponent(() => import("@/features/home/HomePage"), "HomePage"),
});

/** The inbox stays mounted while one moves between its conversations; it reads `id` itself. */
const inbox = createRoute({
  getParentRoute: () => app,
  path: "/inbox",
  validateSearch: inboxFilters.read,
  loaderDeps: ({ search }) => conversationFilters(search),
  loader: ({ deps, cause }) => loadList(conversationsQuery(deps), { cause }),
  component: lazyRouteComponent(() => import("@/features/inbox/InboxPage"), "InboxPage"),
});

const inboxConversation = createRoute({
  getParentRoute: () => inbox,
  path: "$id",
  // Links in mails and webhooks name voicegrams here (contracts/voicegram.md 5).
  beforeLoad: ({ params }) => {
    if (params.id.startsWith("vg_")) throw redirect({ to: "/voicegrams/$id", params, replace: true });
  },
  component: () => null,
});

const voicegrams = createRoute({
  getParentRoute: () => app,
  path: "/voicegrams",
  validateSearch: voicegramFilters.read,
  loaderDeps: ({ search }) => search,
  loader: ({ deps, cause }) => loadList(voicegramsQuery(deps), { cause }),
  component: lazyRouteComponent(() => import("@/features/voicegrams/VoicegramsPage"), "VoicegramsPage"),
});

const voicegram = createRoute({
  getParentRoute: () => app,
  path: "/voicegrams/$id",
  component: lazyRouteComponent(() => import("@/features/voicegrams/detail/VoicegramPage"), "VoicegramPage"),
});

const calls = createRoute({
  getParentRoute: () => app,
  path: "/calls",
  validateSearch: callFilters.read,
  loaderDeps: ({ search }) => search,
  loader: ({ deps, cause }) => loadList(callsQuery(deps), { cause }),
  component: lazyRouteComponent(() => import("@/features/calls/CallsPage"), "CallsPage"),
});

const callDetail = createRoute({
  getParentRoute: () => app,
  path: "/calls/$id",
  component: lazyRouteComponent(() => import("@/features/calls/CallPage"), "CallPage"),
});

const contacts = createRoute({
  getParentRoute: () => app,
  path: "/contacts",
  validateSearch: contactFilters.read,
  loaderDeps: ({ search: { new: _dialog, ...asked } }) => asked,
  loader: ({ deps, cause }) => loadList(leadsQuery(deps), { cause }),
  component: lazyRouteComponent(() => import("@/features/contacts/ContactsPage"), "ContactsPage"),
});

const contact = createRoute({
  getParentRoute: () => app,
  path: "/contacts/$id",
  component: lazyRouteComponent(() => import("@/features/contacts/ContactPage"), "ContactPage"),
});

const channels = createRoute({
  getParentRoute: () => app,
  path: "/channels",
  validateSearch: channelFilters.read,
  loader: ({ cause }) => loadOne(channelsQuery, { cause }),
  component: lazyRouteComponent(() => import("@/features/channels/ChannelsPage"), "ChannelsPage"),
});

const channel = createRoute({
  getParentRoute: () => app,
  path: "/channels/$id",
  component: lazyRouteComponent(() => import("@/features/channels/ChannelPage"), "ChannelPage"),
});

const simulator = createRoute({
  getParentRoute: () => app,
  path: "/simulator",
  validateSearch: simulatorFilters.read,
  component: lazyRouteComponent(() => import("@/features/simulator/SimulatorPage"), "SimulatorPage"),
});

const developers = createRoute({
  getParentRoute: () => app,
  path: "/developers",
  validateSearch: developerFilters.read,
  component: lazyRouteComponent(() => import("@/features/developers/DevelopersPage"), "DevelopersPage"),
});

const contract = createRoute({
  getParentRoute: () => app,
  path: "/developers/$contract",
  component: lazyRouteComponent(() => import("@/features/developers/ContractPage"), "ContractPage"),
});

const settings = createRoute({
  getParentRoute: () => app,
  path: "/settings",
  component: lazyRouteComponent(() => import("@/shell/SettingsLayout"), "SettingsLayout"),
});

const settingsIndex = createRoute({
  getParentRoute: () => settings,
  path: "/",
  component: lazyRouteComponent(() => import("@/shell/SettingsIndex"), "SettingsIndex"),
});

const profile = createRoute({
  getParentRoute: () => settings,
  path: "profile",
  component: lazyRouteComponent(() => import("@/features/settings/profile/ProfilePage"), "ProfilePage"),
});

const account = createRoute({
  getParentRoute: () => settings,
  path: "account",
  component: lazyRouteComponent(() => import("@/features/settings/account/AccountPage"), "AccountPage"),
});

const people = createRoute({
  getParentRoute: () => settings,
  path: "people",
  validateSearch: peopleFilters.read,
  component: lazyRouteComponent(() => import("@/features/settings/people/PeoplePage"), "PeoplePage"),
});

const numbers = createRoute({
  getParentRoute: () => settings,
  path: "numbers",
  validateSearch: numberFilters.read,
  component: lazyRouteComponent(() => import("@/features/settings/numbers/NumbersPage"), "NumbersPage"),
});

const engines = createRoute({
  getParentRoute: () => settings,
  path: "engines",
  component: lazyRouteComponent(() => import("@/features/settings/engines/EnginesPage"), "EnginesPage"),
});

const apiKeys = createRoute({
  getParentRoute: () => settings,
  path: "api-keys",
  validateSearch: apiKeyFilters.read,
  component: lazyRouteComponent(() => import("@/features/settings/api-keys/ApiKeysPage"), "ApiKeysPage"),
});

const webhooks = createRoute({
  getParentRoute: () => settings,
  path: "webhooks",
  validateSearch: webhookFilters.read,
  component: lazyRouteComponent(() => import("@/features/settings/webhooks/WebhooksPage"), "WebhooksPage"),
});

const webhook = createRoute({
  getParentRoute: () => settings,
  path: "webhooks/$id",
  component: lazyRouteComponent(() => import("@/features/settings/webhooks/WebhookPage"), "WebhookPage"),
});

const integrations = createRoute({
  getParentRoute: () => settings,
  path: "integrations",
  component: lazyRouteComponent(() => import("@/features/settings/integrations/IntegrationsPage"), "IntegrationsPage"),
});

const requestLog = createRoute({
  getParentRoute: () => settings,
  path: "request-log",
  validateSearch: requestLogFilters.read,
  component: lazyRouteComponent(() => import("@/features/settings/request-log/RequestLogPage"), "RequestLogPage"),
});

const auditLog = createRoute({
  getParentRoute: () => settings,
  path: "audit-log",
  validateSearch: auditLogFilters.read,
  component: lazyRouteComponent(() => import("@/features/settings/audit-log/AuditLogPage"), "AuditLogPage"),
});

const settingsRoutes = [
  settingsIndex,
  profile,
  account,
  people,
  numbers,
  engines,
  apiKeys,
  webhooks,
  webhook,
  integrations,
  requestLog,
  auditLog,
];

export const router = createRouter({
  basepath: "/dashboard",
  defaultPreload: "intent",
  defaultPendingComponent: PageLoading,
  defaultPendingMs: 300,
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: ({ error, reset }) => (
    <ErrorState error={error instanceof Error ? error : new Error(String(error))} retry={reset} />
  ),
  scrollRestoration: true,
  routeTree: root.addChildren([
    signIn,
    accept,
    setup,
    app.addChildren([
      index,
      home,
      inbox.addChildren([inboxConversation]),
      voicegrams,
      voicegram,
      calls,
      callDetail,
      contacts,
      contact,
      channels,
      channel,
      simulator,
      developers,
      contract,
      settings.addChildren(settingsRoutes),
    ]),
  ]),
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
