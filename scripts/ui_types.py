"""Writes ui/dashboard/generated/votel.ts from the native contract's OpenAPI document.

The file holds types only: the build drops every import of it, the type check and editors need it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parents[1] / "ui" / "dashboard" / "generated" / "votel.ts"
HEADER = "// Made by scripts/ui_types.py from /openapi/votel.json; not committed.\n"
PREFIX = "/api"
METHODS = ("get", "post", "put", "patch", "delete")
PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}

Schema = Mapping[str, Any]

_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*")


def key(name: str) -> str:
    return name if _IDENTIFIER.fullmatch(name) else json.dumps(name)


def union(parts: Sequence[str]) -> str:
    return " | ".join(dict.fromkeys(parts)) or "never"


def type_of(schema: Schema, definitions: Mapping[str, Schema], indent: str = "") -> str:
    """The TypeScript type of one JSON schema; references to `definitions` are written out in place."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return type_of(definitions[name], definitions, indent) if name in definitions else name
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return union([json.dumps(value) for value in schema["enum"]])
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return union([type_of(part, definitions, indent) for part in schema[word]])
    if "allOf" in schema:
        return " & ".join(type_of(part, definitions, indent) for part in schema["allOf"])
    kind = schema.get("type")
    if isinstance(kind, list):
        return union([type_of({**schema, "type": one}, definitions, indent) for one in kind])
    if kind == "array":
        items = type_of(schema.get("items", {}), definitions, indent)
        return f"({items})[]" if "|" in items or "&" in items else f"{items}[]"
    if kind == "object" or "properties" in schema:
        return object_type(schema, definitions, indent)
    if schema.get("format") == "binary":
        return "Blob"
    return PLAIN.get(str(kind), "unknown")


def object_type(schema: Schema, definitions: Mapping[str, Schema], indent: str) -> str:
    properties: Mapping[str, Schema] = schema.get("properties", {})
    if not properties:
        rest = schema.get("additionalProperties", True)
        value = type_of(rest, definitions, indent) if isinstance(rest, Mapping) else "unknown"
        return f"Record<string, {value}>"
    required = schema.get("required", ())
    deeper = f"{indent}  "
    lines = [
        f"{deeper}{key(name)}{'' if name in required else '?'}: {type_of(part, definitions, deeper)};"
        for name, part in properties.items()
    ]
    return "\n".join(["{", *lines, f"{indent}}}"])


def inputs(parameters: Sequence[Schema], place: str) -> str:
    """The parameters of one place (path, query); empty when there are none."""
    found = [one for one in parameters if one["in"] == place]
    parts = [
        f"{key(one['name'])}{'' if one.get('required') else '?'}: {type_of(one.get('schema', {}), {})}"
        for one in found
    ]
    return f"{{ {'; '.join(parts)} }}" if parts else ""


def content_schema(holder: Mapping[str, Any]) -> Schema | None:
    for media, content in holder.get("content", {}).items():
        if media in ("application/json", "multipart/form-data"):
            schema: Schema = content.get("schema", {})
            return schema
    return None


def answer_of(responses: Mapping[str, Any]) -> str:
    found: list[str] = []
    for code, response in responses.items():
        if code.startswith("2"):
            schema = content_schema(response)
            found.append("undefined" if schema is None else type_of(schema, {}, "    "))
    return union(found)


def endpoint(operation: Mapping[str, Any]) -> str:
    """One entry of `Endpoints`: only the inputs there are, and the answer."""
    parameters = operation.get("parameters", ())
    entries = [("path", inputs(parameters, "path")), ("query", inputs(parameters, "query"))]
    body = content_schema(operation.get("requestBody", {}))
    if body is not None:
        entries.append(("body", type_of(body, body.get("$defs", {}), "    ")))
    entries.append(("answer", answer_of(operation["responses"])))
    return "{ " + "; ".join(f"{name}: {text}" for name, text in entries if text) + " }"


def typescript(document: Mapping[str, Any]) -> str:
    """The whole file: one exported type per component schema, and `Endpoints` by "METHOD /path"."""
    parts = [HEADER]
    for name, schema in sorted(document["components"]["schemas"].items()):
        parts.append(f"export type {name} = {type_of(schema, {})};\n")
    lines = ["export interface Endpoints {"]
    for path, operations in sorted(document["paths"].items()):
        for method in METHODS:
            if method in operations:
                name = f"{method.upper()} {path.removeprefix(PREFIX)}"
                lines.append(f"  {json.dumps(name)}: {endpoint(operations[method])};")
    parts.append("\n".join([*lines, "}\n"]))
    return "\n".join(parts)


def main() -> int:
    from antiphon.contracts.votel.document import document

    text = typescript(document())
    if not TARGET.is_file() or TARGET.read_text() != text:
        TARGET.parent.mkdir(exist_ok=True)
        TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
