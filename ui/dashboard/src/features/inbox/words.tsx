/** What channels and states are called in the inbox. */
import {
  IconBrandWhatsapp,
  IconMail,
  IconMessage,
  IconMessages,
  IconNote,
  IconPhone,
  IconRecordMail,
} from "@tabler/icons-react";
import { ApiError } from "@/api/client";
import type { Conversation, Message } from "@/api/conversations";
import { phoneText } from "@/format";

export const channelIcons = {
  sms: IconMessage,
  whatsapp: IconBrandWhatsapp,
  email: IconMail,
  webchat: IconMessages,
  call: IconPhone,
  voicegram: IconRecordMail,
  note: IconNote,
} as const;

export const channelNames: Record<Message["channel"], string> = {
  sms: "SMS",
  whatsapp: "WhatsApp",
  email: "Email",
  webchat: "Web chat",
  call: "Call",
  voicegram: "Voice message",
  note: "Note",
};

export const channelName = (channel: string): string => channelNames[channel as Message["channel"]] ?? channel;

export function partnerName({ lead }: Pick<Conversation, "lead">): string {
  if (!lead) return "Unknown";
  return lead.name ?? lead.company ?? lead.email ?? (lead.phone ? phoneText(lead.phone) : "Unknown");
}

const REASONS: Record<string, string> = {
  invalid_number: "The number does not exist.",
  unreachable: "The phone could not be reached.",
  blocked: "The carrier blocked it.",
  opted_out: "This person has opted out.",
  window_closed: "WhatsApp takes free text only within 24 hours of the last message from there.",
  too_long: "The text is too long.",
  carrier_refused: "The carrier refused it.",
  bounced: "The mail came back.",
  spam: "It was taken for spam.",
  unknown_outcome: "It is not known whether it arrived.",
  no_channel: "None of your numbers can send this. Connect one in the settings.",
  no_address: "This contact has no address for it.",
  too_large: "The files are too large.",
};

/** Why a message failed, or why one was refused before it left. */
export const reasonText = (code: string, message?: string | null): string =>
  REASONS[code] ?? message ?? "It could not be delivered.";

export const refusal = (error: unknown): string =>
  error instanceof ApiError ? reasonText(error.code, error.faults[0]?.message ?? error.message) : "Please try again.";
