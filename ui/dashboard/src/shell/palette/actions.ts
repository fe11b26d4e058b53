/** What the palette can do besides opening screens. */
import { IconKey, IconMicrophone2, IconUserPlus, IconWebhook } from "@tabler/icons-react";
import type { Screen } from "../navigation";

/** Each opens a screen with its dialog: the screen reads `new` from its address. */
export const paletteActions: readonly (Screen & { search: Record<string, string | boolean> })[] = [
  { to: "/contacts", search: { new: true }, label: "Add a contact", icon: IconUserPlus, permission: "contacts:write" },
  { to: "/channels", search: { new: true }, label: "Create a recording channel", icon: IconMicrophone2, permission: "channels:write" },
  { to: "/settings/api-keys", search: { new: true }, label: "Create an API key", icon: IconKey, permission: "keys:write" },
  { to: "/settings/webhooks", search: { new: true }, label: "Add a webhook", icon: IconWebhook, permission: "settings:write" },
];
