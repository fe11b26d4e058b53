/** The contracts this server speaks, and the first calls of each. */

export interface Sample {
  title: string;
  method: "GET" | "POST";
  path: string;
  body?: Record<string, unknown>;
}

export type Access = "read" | "write";

export interface Contract {
  name: "votel" | "voicegram" | "vocatech" | "voicory";
  title: string;
  text: string;
  /** Behind the server's address. */
  base: string;
  header: (key: string) => [name: string, value: string];
  headerText: string;
  kind: "secret" | "pat";
  /** The `scopes` of a key (contracts/votel.md 11.1); null is all its user may do. */
  scopes: (access: Access, permissions: readonly string[]) => string[] | null;
  canWrite: boolean;
  guide: string;
  samples: readonly [Sample, ...Sample[]];
}

const bearer = (key: string): [string, string] => ["Authorization", `Bearer ${key}`];

export const CONTRACTS: readonly Contract[] = [
  {
    name: "votel",
    title: "Antiphon",
    text: "Everything this dashboard does: conversations, messages, calls, voicegrams, contacts, channels, settings.",
    base: "/api",
    header: (key) => ["X-API-Key", key],
    headerText: "X-API-Key",
    kind: "secret",
    scopes: (access, permissions) => (access === "read" ? permissions.filter((word) => word.endsWith(":read")) : null),
    canWrite: true,
    guide: "/guide",
    samples: [
      { title: "Who am I", method: "GET", path: "/me" },
      { title: "The newest conversations", method: "GET", path: "/conversations?limit=5" },
      { title: "Voicegrams that ask for a call back", method: "GET", path: "/voicegrams?callback_required=true&limit=5" },
      {
        title: "Add a contact",
        method: "POST",
        path: "/leads",
        body: { first_name: "Ada", phone: "+12025550143", tags: ["From the API"] },
      },
    ],
  },
  {
    name: "voicegram",
    title: "Voicegram",
    text: "Voice messages with transcript, summary and listen link, and webhooks for each.",
    base: "/api/v1",
    header: bearer,
    headerText: "Authorization: Bearer",
    kind: "pat",
    scopes: () => null,
    canWrite: true,
    guide: "/guide/api",
    samples: [
      { title: "The newest voicegrams", method: "GET", path: "/voicegrams/recent" },
      {
        title: "Be told of each one",
        method: "POST",
        path: "/webhook-subscriptions",
        body: { url: "https://www.example.com/voicegrams" },
      },
    ],
  },
  {
    name: "vocatech",
    title: "Vocatech",
    text: "Calls with their journey, messages, contacts and users of a company's phone.",
    base: "/v1",
    header: bearer,
    headerText: "Authorization: Bearer",
    kind: "secret",
    scopes: (access) => [access === "read" ? "vocatech:read" : "vocatech:*"],
    canWrite: true,
    guide: "/guide/vocatech",
    samples: [
      { title: "Today's incoming calls", method: "GET", path: "/calls?direction=incoming" },
      {
        title: "Add a contact",
        method: "POST",
        path: "/contacts",
        body: { contacts: [{ fields: { "First Name": "Ada", Phone: "+12025550143" } }] },
      },
    ],
  },
  {
    name: "voicory",
    title: "Voicory",
    text: "Reads calls, customers and WhatsApp messages.",
    base: "/api/v1",
    header: (key) => ["x-api-key", key],
    headerText: "x-api-key",
    kind: "secret",
    scopes: () => ["voicory:read"],
    canWrite: false,
    guide: "/guide/voicory",
    samples: [{ title: "The newest calls", method: "GET", path: "/calls?limit=5" }],
  },
];

export const contractNamed = (name: string): Contract | undefined =>
  CONTRACTS.find((contract) => contract.name === name);
