import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, isMissing } from "@/api/client";
import { keys } from "@/api/keys";

export interface Found {
  kind: string;
  id: string;
  title: string;
  subtitle: string | null;
}

const places: Record<string, { path: string; label: string }> = {
  lead: { path: "/contacts", label: "Contact" },
  conversation: { path: "/inbox", label: "Conversation" },
  voicegram: { path: "/voicegrams", label: "Voicegram" },
  call: { path: "/calls", label: "Call" },
};

/** Where a found object is shown; null for kinds that have no screen. */
export const placeOf = ({ kind, id }: Pick<Found, "kind" | "id">) => {
  const place = places[kind];
  return place ? { to: `${place.path}/${encodeURIComponent(id)}`, label: place.label } : null;
};

/** `GET /search` (contracts/votel.md 0.7). */
export const searchQuery = (text: string) =>
  queryOptions({
    queryKey: [...keys.search, text],
    queryFn: async ({ signal }): Promise<Found[]> => {
      try {
        return (await api.get<{ results: Found[] }>("/search", { q: text }, signal)).results;
      } catch (error) {
        if (isMissing(error)) return [];
        throw error;
      }
    },
    enabled: text.length >= 2,
    placeholderData: keepPreviousData,
    staleTime: 5_000,
  });
