import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { IconMapPinOff } from "@tabler/icons-react";
import { queryClient } from "@/api/queryClient";
import { sessionQuery } from "@/api/session";
import { bareId, channelListLoader, voicegramQuery } from "./loaders";
import { ErrorNotice, Notice } from "@/components/Notice";
import { readInboxSearch } from "@/features/inbox/search";

const text = (value: unknown) => (typeof value === "string" && value ? value : undefined);

const NotFound = () => (
  <Notice icon={<IconMapPinOff size={26} />} title="Page not found">
    There is nothing at this address.
  </Notice>
);

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: NotFound,
  errorComponent: ({ error, reset }) => <ErrorNotice error={error instanceof Error ? error : new Error(String(error))} retry={reset} />,
});

const signInRoute = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search): { next?: string } => {
    const next = text(search.next);
    return next ? { next } : {};
  },
  component: lazyRouteComponent(() => import("@/features/session/SignInPage"), "SignInPage"),
});

const acceptRoute = createRoute({
  getParentRoute: () => root,
  path: "/accept",
  validateSearch: (search): { token: string } => ({ token: text(search.token) ?? "" }),
  component: lazyRouteComponent(() => import("@/features/session/AcceptPage"), "AcceptPage"),
});

/** Everything below needs a session. */
const appRoute = createRoute({
  getParentRoute: () => root,
  id: "app",
  beforeLoad: async ({ location }) => {
    const session = await queryClient.ensureQueryData(sessionQuery);
    if (!session) throw redirect({ to: "/sign-in", search: location.href === "/" ? {} : { next: location.href } });
  },
  component: lazyRouteComponent(() => import("@/components/Layout"), "Layout"),
});

const indexRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/inbox" });
  },
});

const inboxRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/inbox",
  validateSearch: readInboxSearch,
  component: lazyRouteComponent(() => import("@/features/inbox/InboxPage"), "InboxPage"),
});

const voicegramRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/inbox/$id",
  loader: ({ params }) => void queryClient.prefetchQuery(voicegramQuery(bareId(params.id))),
  component: lazyRouteComponent(() => import("@/features/voicegram/VoicegramPage"), "VoicegramPage"),
});

const channelsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/channels",
  loader: channelListLoader,
  component: lazyRouteComponent(() => import("@/features/channels/ChannelsPage"), "ChannelsPage"),
});

export const router = createRouter({
  basepath: "/dashboard",
  defaultPreload: "intent",
  scrollRestoration: true,
  routeTree: root.addChildren([
    signInRoute,
    acceptRoute,
    appRoute.addChildren([indexRoute, inboxRoute, voicegramRoute, channelsRoute]),
  ]),
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
