/** Every screen once: the sidebar, the settings' own navigation, the command palette and the titles read this table. */
import {
  IconAddressBook,
  IconAntennaBars5,
  IconApi,
  IconBuilding,
  IconCode,
  IconEar,
  IconHistory,
  IconHome,
  IconInbox,
  IconKey,
  IconMicrophone2,
  IconPhone,
  IconPlugConnected,
  IconRecordMail,
  IconSettings,
  IconTestPipe,
  IconUserCircle,
  IconUsers,
  IconWebhook,
} from "@tabler/icons-react";

export interface Screen {
  to: string;
  label: string;
  icon: typeof IconHome;
  /** Shown to people who hold it; none: to everybody. */
  permission?: string;
  /** Shown while the server has it switched on. */
  feature?: "simulator";
  /** What else people type in the palette. */
  words?: string;
}

export const mainScreens: readonly Screen[] = [
  { to: "/home", label: "Home", icon: IconHome, words: "overview start dashboard" },
  { to: "/inbox", label: "Inbox", icon: IconInbox, permission: "conversations:read", words: "conversations messages sms whatsapp" },
  { to: "/voicegrams", label: "Voicegrams", icon: IconRecordMail, permission: "conversations:read", words: "voice messages recordings" },
  { to: "/calls", label: "Calls", icon: IconPhone, permission: "activity:read", words: "phone transcripts" },
  { to: "/contacts", label: "Contacts", icon: IconAddressBook, permission: "contacts:read", words: "leads people customers" },
  { to: "/channels", label: "Channels", icon: IconMicrophone2, permission: "channels:read", words: "widget campaign page" },
  { to: "/simulator", label: "Simulator", icon: IconTestPipe, permission: "settings:write", feature: "simulator", words: "demo test phone network" },
  { to: "/developers", label: "Developers", icon: IconCode, words: "api contracts documentation events" },
];

export const settingsScreens: readonly Screen[] = [
  { to: "/settings/profile", label: "Your profile", icon: IconUserCircle, words: "password two-factor totp time zone language" },
  { to: "/settings/account", label: "Account", icon: IconBuilding, permission: "settings:read", words: "company name workspace retention quiet hours" },
  { to: "/settings/people", label: "People", icon: IconUsers, permission: "users:read", words: "users roles invite team" },
  { to: "/settings/numbers", label: "Numbers and carriers", icon: IconAntennaBars5, permission: "settings:read", words: "phone twilio meta whatsapp" },
  { to: "/settings/engines", label: "Speech engines", icon: IconEar, permission: "settings:read", words: "transcription models summary llm" },
  { to: "/settings/api-keys", label: "API keys", icon: IconKey, permission: "keys:read", words: "tokens secrets" },
  { to: "/settings/webhooks", label: "Webhooks", icon: IconWebhook, permission: "settings:read", words: "subscriptions deliveries" },
  { to: "/settings/integrations", label: "Integrations", icon: IconPlugConnected, permission: "settings:read", words: "mail smtp connections" },
  { to: "/settings/request-log", label: "Request log", icon: IconApi, permission: "settings:read", words: "api requests" },
  { to: "/settings/audit-log", label: "Audit log", icon: IconHistory, permission: "audit:read", words: "changes history who" },
];

export const settingsEntry: Screen = { to: "/settings", label: "Settings", icon: IconSettings };
export const allScreens: readonly Screen[] = [...mainScreens, ...settingsScreens];

/** Entries of one person on this server. */
export const shownTo = (screens: readonly Screen[], permissions: readonly string[], features: { simulator: boolean }) =>
  screens.filter(
    ({ permission, feature }) => (!permission || permissions.includes(permission)) && (!feature || features[feature]),
  );
