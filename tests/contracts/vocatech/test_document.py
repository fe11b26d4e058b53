"""The OpenAPI document and the page (contracts/vocatech.md 1, 5)."""

from __future__ import annotations

import re
from typing import Any, get_args

from antiphon.contracts.vocatech import schemas
from antiphon.contracts.vocatech.errors import STATUS
from antiphon.contracts.vocatech.events import CORE_TYPES, VocatechDialect
from phone_world import World

ALWAYS = {"401", "403", "429", "500"}
TABLE = {
    ("get", "/v1/calls"): "200 400",
    ("get", "/v1/messages"): "200 400",
    ("post", "/v1/messages"): "201 400",
    ("get", "/v1/media/{id}"): "200 404",
    ("get", "/v1/users"): "200",
    ("post", "/v1/users"): "201 400",
    ("get", "/v1/users/{id}"): "200 404",
    ("patch", "/v1/users/{id}"): "200 400 404",
    ("get", "/v1/contacts"): "200",
    ("post", "/v1/contacts"): "200 400",
    ("get", "/v1/contacts/fields"): "200",
    ("get", "/v1/contacts/{id}"): "200 404",
    ("patch", "/v1/contacts/{id}"): "200 400 404",
    ("delete", "/v1/contacts/{id}"): "204 404",
    ("get", "/v1/webhooks"): "200",
    ("post", "/v1/webhooks"): "201 400",
    ("patch", "/v1/webhooks/{id}"): "200 400 404",
    ("delete", "/v1/webhooks/{id}"): "204 404",
    ("post", "/v1/webhooks/{id}/test"): "200 400 404",
    ("get", "/v1/settings"): "200",
}


async def document(world: World) -> dict[str, Any]:
    return dict((await world.client.get("/openapi/vocatech.json")).json())


async def test_endpoints_and_their_answers(world: World) -> None:
    """5: exactly the table of endpoints, each with the statuses it can have."""
    found = {
        (method, path): set(operation["responses"])
        for path, methods in (await document(world))["paths"].items()
        for method, operation in methods.items()
    }
    assert found == {key: set(statuses.split()) | ALWAYS for key, statuses in TABLE.items()}


async def test_key_and_headers(world: World) -> None:
    """1, 3: a bearer key; the challenge with 401; limit headers with what is authenticated."""
    spec = await document(world)
    assert spec["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    for methods in spec["paths"].values():
        for operation in methods.values():
            assert operation["security"] == [{"key": []}]
            assert operation["summary"]
            answers = operation["responses"]
            assert "WWW-Authenticate" in answers["401"]["headers"]
            assert "Retry-After" in answers["429"]["headers"]
            for status in set(answers) - {"401", "500"}:
                assert "X-RateLimit-Reset" in answers[status]["headers"]


def test_eight_codes() -> None:
    """2: the codes of the table."""
    assert set(get_args(schemas.ErrorCode)) == set(STATUS)
    assert len(STATUS) == 8


async def test_references_resolve(world: World) -> None:
    """1: a document that tools can read."""
    spec = await document(world)
    names = set(spec["components"]["schemas"])

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if "$ref" in value:
                assert value["$ref"].removeprefix("#/components/schemas/") in names
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk(spec["paths"])
    walk(spec["webhooks"])
    walk(spec["components"])


async def test_bodies_say_where_null_is_no_value(world: World) -> None:
    """5.6, 5.7: null takes an extension, a zone or a number to forward to away, and is no value elsewhere."""
    spec = await document(world)
    schemas = {
        name: spec["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
        for name, method, path in (
            ("user", "patch", "/v1/users/{id}"),
            ("webhook", "patch", "/v1/webhooks/{id}"),
        )
    }
    schemas["settings"] = spec["components"]["schemas"]["SettingsChange"]
    nullable = {
        (name, key)
        for name, schema in schemas.items()
        for key, described in schema["properties"].items()
        if {"type": "null"} in described.get("anyOf", ())
    }
    assert nullable == {("user", "extension"), ("settings", "timezone"), ("settings", "forward_to")}
    for name, path in (("user", "/users/2"), ("webhook", "/webhooks/1")):
        if name == "webhook":
            await world.post("/webhooks", json={"name": "CRM", "url": "https://127.0.0.1:9/hook"})
        for key in schemas[name]["properties"]:
            status = (await world.patch(path, json={key: None})).status_code
            assert status == (200 if (name, key) in nullable else 400), key
    for key in schemas["settings"]["properties"]:
        status = (await world.patch("/users/2", json={"settings": {key: None}})).status_code
        assert status == (200 if ("settings", key) in nullable else 400), key


async def test_events_are_described(world: World) -> None:
    """6, 7: the seven events, in their order, each with its body and the headers of the signature."""
    spec = await document(world)
    assert list(spec["webhooks"]) == list(CORE_TYPES)
    for name, methods in spec["webhooks"].items():
        operation = methods["post"]
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        assert set(body["required"]) == {"id", "event_type", "created_at", "data"}
        assert body["properties"]["event_type"]["const"] == name
        signed = VocatechDialect(lambda media_id, at: "").signer("whsec_AAAA")("evt_1", 1_790_000_000, b"{}")
        described = {item["name"]: item["schema"] for item in operation["parameters"]}
        assert described.keys() == signed.keys() - {"Content-Type", "User-Agent"}
        assert re.fullmatch(described["X-Vocatech-Signature"]["pattern"], signed["X-Vocatech-Signature"])


async def test_page(world: World) -> None:
    """1: `/docs/vocatech`."""
    assert "/openapi/vocatech.json" in (await world.client.get("/docs/vocatech")).text
