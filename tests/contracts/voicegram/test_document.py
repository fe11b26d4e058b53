"""The OpenAPI document, the page, and that document and bytes agree (contracts/voicegram.md 1, 3, 4)."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from antiphon.contracts.docs_page import STATIC_PATH
from antiphon.contracts.voicegram import schemas
from antiphon.contracts.voicegram.errors import STATUS
from receivers import Receiver
from voicegram_world import World

SUBSCRIPTIONS = "/api/v1/webhook-subscriptions"
TABLE = {
    ("get", "/api/v1/me"): "200 401 429 500",
    ("get", "/api/v1/channels"): "200 401 403 429 500",
    ("get", "/api/v1/voicegrams/recent"): "200 401 403 429 500",
    ("post", SUBSCRIPTIONS): "201 400 401 403 409 429 500",
    ("get", SUBSCRIPTIONS): "200 400 401 403 429 500",
    ("get", f"{SUBSCRIPTIONS}/{{id}}"): "200 401 403 404 429 500",
    ("delete", f"{SUBSCRIPTIONS}/{{id}}"): "204 401 403 404 429 500",
    ("get", "/api/listen/{id}"): "200 206 403 410 416",
}


async def document(world: World) -> dict[str, Any]:
    answer = await world.client.get("/openapi/voicegram.json")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def operation(spec: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = spec["paths"][path][method]
    return found


def schema_of(spec: dict[str, Any], method: str, path: str, status: int) -> dict[str, Any]:
    content = operation(spec, method, path)["responses"][str(status)]["content"]
    return {**content["application/json"]["schema"], "components": spec["components"]}


async def test_operations_and_statuses(world: World) -> None:
    """contracts/voicegram.md 4: exactly these endpoints with these answers."""
    spec = await document(world)
    found = {
        (method, path): " ".join(sorted(item["responses"]))
        for path, methods in spec["paths"].items()
        for method, item in methods.items()
    }
    assert found == TABLE


async def test_security_and_headers(world: World) -> None:
    """contracts/voicegram.md 1, 2: a bearer token for `/api/v1`, none for links; Retry-After with 429."""
    spec = await document(world)
    assert spec["components"]["securitySchemes"]["pat"]["scheme"] == "bearer"
    for method, path in TABLE:
        found = operation(spec, method, path)
        assert found["security"] == ([{"pat": []}] if path.startswith("/api/v1") else [])
        if "429" in found["responses"]:
            assert "Retry-After" in found["responses"]["429"]["headers"]


def test_ten_codes() -> None:
    """contracts/voicegram.md 3: the ten codes are the whole enum."""
    assert set(STATUS) == set(get_args(schemas.ErrorCode))
    assert len(STATUS) == 10


async def test_bytes_agree_with_the_document(world: World, receiver: Receiver) -> None:
    """What is sent validates against the document, with every field present and none besides."""
    spec = await document(world)
    made = await world.post(SUBSCRIPTIONS, json={"url": receiver.url(), "channel_id": world.ours.domain.id})
    one = f"{SUBSCRIPTIONS}/{{id}}"
    own = f"{SUBSCRIPTIONS}/{made.json()['id']}"
    sample = await world.get("/api/v1/voicegrams/recent")
    await world.complete(tags=("a",))
    await world.work()
    recent = "/api/v1/voicegrams/recent"
    cases = [
        (await world.get("/api/v1/me"), "get", "/api/v1/me", schemas.Me),
        (await world.get("/api/v1/channels"), "get", "/api/v1/channels", schemas.ChannelList),
        (sample, "get", recent, schemas.RecentVoicegrams),
        (await world.get(recent), "get", recent, schemas.RecentVoicegrams),
        (made, "post", SUBSCRIPTIONS, schemas.CreatedSubscription),
        (await world.get(SUBSCRIPTIONS), "get", SUBSCRIPTIONS, schemas.SubscriptionList),
        (await world.get(own), "get", one, schemas.Subscription),
        (await world.get("/api/v1/me", key=""), "get", "/api/v1/me", schemas.Error),
        (await world.get(recent, tenant=world.free), "get", recent, schemas.Error),
        (await world.get(SUBSCRIPTIONS + "?limit=x"), "get", SUBSCRIPTIONS, schemas.Error),
        (await world.get("/api/listen/vg_x?t=x"), "get", "/api/listen/{id}", schemas.ListenError),
    ]
    for answer, method, path, model in cases:
        checked: type[BaseModel] = model
        Draft202012Validator(schema_of(spec, method, path, answer.status_code)).validate(answer.json())
        parsed = checked.model_validate_json(answer.content)
        assert parsed.model_dump(mode="json", exclude_unset=True) == answer.json()
        if model is not schemas.Error:
            assert parsed.model_dump(mode="json") == answer.json()
    sent = schemas.VoicegramEvent.model_validate_json(receiver.received[0].body)
    assert sent.model_dump(mode="json") == receiver.received[0].event


@pytest.mark.parametrize("missing", ["page_url", "tags"])
def test_a_missing_field_would_be_noticed(missing: str) -> None:
    """The models require every field, so the agreement above means something."""
    fields = {**schemas.EventChannel.model_fields, **schemas.EventData.model_fields}
    assert fields[missing].is_required()


async def test_page(world: World) -> None:
    """contracts/voicegram.md 1: the page at `/docs/voicegram`, from our own origin alone."""
    page = await world.client.get("/docs/voicegram")
    assert page.status_code == 200
    assert 'data-openapi-url="/openapi/voicegram.json"' in page.text
    references = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(references) == 3
    for reference in references:
        assert reference.startswith(STATIC_PATH + "/")
        assert (await world.client.get(reference)).status_code == 200
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=", page.text)
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert (await world.client.get(f"{STATIC_PATH}/../../pyproject.toml")).status_code == 404
    assert (await world.client.get(f"{STATIC_PATH}/redoc.standalone.js")).status_code == 404
