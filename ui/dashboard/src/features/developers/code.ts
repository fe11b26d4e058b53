/** A sample call in the languages people copy. */
import type { Contract, Sample } from "./contracts";

export type Language = "curl" | "python" | "javascript";

export const LANGUAGES: readonly { value: Language; label: string }[] = [
  { value: "curl", label: "curl" },
  { value: "python", label: "Python" },
  { value: "javascript", label: "JavaScript" },
];

/** Stands where no key has been made yet. */
export const NO_KEY = "YOUR_KEY";

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

function curl(url: string, { method, body }: Sample, header: string): string {
  const parts = [`curl -fsS${method === "GET" ? "" : ` -X ${method}`} -H ${quoted(header)}`];
  if (body) parts.push(`-H 'Content-Type: application/json'`, `-d ${quoted(JSON.stringify(body))}`);
  return [...parts, quoted(url)].join(" \\\n  ");
}

function python(url: string, { method, body }: Sample, name: string, value: string): string {
  const headers = { [name]: value, ...(body && { "Content-Type": "application/json" }) };
  return [
    "import json",
    "from urllib.request import Request, urlopen",
    "",
    "request = Request(",
    `    ${JSON.stringify(url)},`,
    ...(body ? [`    data=json.dumps(${JSON.stringify(body)}).encode(),`] : []),
    `    headers=${JSON.stringify(headers)},`,
    ...(method === "GET" ? [] : [`    method="${method}",`]),
    ")",
    "with urlopen(request) as response:",
    "    print(json.dumps(json.load(response), indent=2))",
  ].join("\n");
}

function javascript(url: string, { method, body }: Sample, name: string, value: string): string {
  const headers = { [name]: value, ...(body && { "Content-Type": "application/json" }) };
  return [
    `const response = await fetch(${JSON.stringify(url)}, {`,
    ...(method === "GET" ? [] : [`  method: "${method}",`]),
    `  headers: ${JSON.stringify(headers)},`,
    ...(body ? [`  body: JSON.stringify(${JSON.stringify(body)}),`] : []),
    "});",
    "console.log(response.status, await response.json());",
  ].join("\n");
}

export function codeOf(language: Language, contract: Contract, sample: Sample, origin: string, key: string): string {
  const url = origin + contract.base + sample.path;
  const [name, value] = contract.header(key);
  if (language === "python") return python(url, sample, name, value);
  if (language === "javascript") return javascript(url, sample, name, value);
  return curl(url, sample, `${name}: ${value}`);
}
