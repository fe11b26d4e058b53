import type { Role } from "@/api/people";

/** From the least to the most; each may also do what stands before it. */
export const roles: readonly Role[] = ["viewer", "member", "admin", "owner"];

export const roleNames: Record<Role, string> = { viewer: "Viewer", member: "Member", admin: "Admin", owner: "Owner" };

export const roleTexts: Record<Role, string> = {
  viewer: "Reads conversations, voicegrams, calls, contacts and reports. Changes nothing.",
  member: "Daily work: answers messages, edits contacts, assigns and tags, makes own API keys.",
  admin: "Sets things up: channels, numbers, engines, webhooks, people, exports, logs.",
  owner: "Everything, and makes other owners. One owner always remains.",
};

/** The roles that a person of one role may give: none above their own. */
export const rolesUpTo = (own: Role): Role[] => roles.slice(0, roles.indexOf(own) + 1);
