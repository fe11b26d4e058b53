"""The account's speech engines (contracts/votel.md 11.1)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from antiphon.core.db.transaction import ReadTx
from antiphon.domain.accounts.tables import account_engines
from antiphon.domain.engines import account_insight, account_transcription
from antiphon.speech.insight.factory import InsightConfig, create_insight
from antiphon.speech.insight.port import InsightHints
from speech_stand_in import serve
from votel_world import OpenWorld, World, audit_actions, fault

KEY = "sk-secret-of-the-service"
HINTS = InsightHints(now_ms=1_790_000_000_000, country="US", timezone="UTC", language="en")


@pytest.fixture
async def local(open_world: OpenWorld) -> World:
    """The operator allows services on this machine."""
    return await open_world(webhook_allowed_networks=["127.0.0.0/8"])


async def put(world: World, **body: Any) -> dict[str, Any]:
    answer = await world.request("PUT", "/engines", json=body)
    assert answer.status_code == 200, answer.text
    assert KEY not in answer.text
    return dict(answer.json())


async def try_kind(world: World, kind: str) -> dict[str, Any]:
    answer = await world.post("/engines/test", json={"kind": kind})
    assert answer.status_code == 200, answer.text
    assert KEY not in answer.text
    return dict(answer.json())


async def test_the_operators_engines_hold_first(world: World) -> None:
    """votel.md 11.1: `effective` names what works now, `healthy` is unknown before a test."""
    found = (await world.get("/engines")).json()
    assert (found["llm"]["effective"], found["stt"]["effective"]) == ("rules", "pocketsphinx")
    assert (found["tts"]["effective"] in ("flite", "espeak-ng"), found["embedding"]["effective"]) == (
        True,
        None,
    )
    for engine in found.values():
        assert (engine["profile"], engine["healthy"], engine["has_api_key"]) == ("default", None, False)


async def test_a_key_is_kept_and_never_shown(local: World) -> None:
    """votel.md 11.1: encrypted, not in answers, not in the log; for its own host only."""
    own = {"base_url": "http://127.0.0.1:9/v1/", "model": "small", "api_key": KEY}
    made = (await put(local, llm=own))["llm"]
    assert (made["profile"], made["base_url"], made["has_api_key"]) == (
        "openai_compatible",
        "http://127.0.0.1:9/v1",
        True,
    )
    assert (made["effective"], made["healthy"]) == ("openai:small", None)
    rows = await local.services.database.read(lambda tx: tx.all(account_engines.select()))
    assert rows[0].sealed_api_key.startswith("v1.")
    assert KEY not in (await local.get("/audit-log?action=engine.updated")).text
    assert (await put(local, llm={"model": "big"}))["llm"]["has_api_key"] is True
    assert (await put(local, llm={"base_url": "http://127.0.0.1:9/v2"}))["llm"]["has_api_key"] is True
    moved = (await put(local, llm={"base_url": "http://127.0.0.2:9/v2"}))["llm"]
    assert moved["has_api_key"] is False, "another host must not get the key"
    assert (await put(local, llm={"api_key": KEY}))["llm"]["has_api_key"] is True
    assert (await put(local, llm={"api_key": None}))["llm"]["has_api_key"] is False
    back = await put(local, llm="default")
    assert (back["llm"]["profile"], back["llm"]["base_url"]) == ("default", None)
    assert (await audit_actions(local)).count("engine.updated") == 7


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"llm": "gpt"}, "llm.profile", "invalid"),
        ({"stt": {"profile": "rules"}}, "stt.profile", "invalid"),
        ({"llm": {"model": "x"}}, "llm.base_url", "required"),
        ({"llm": {"base_url": "https://api.example.org/v1"}}, "llm.model", "required"),
        ({"llm": {"base_url": "file:///etc/passwd", "model": "x"}}, "llm.base_url", "invalid"),
        ({"llm": {"base_url": "http://127.0.0.1/v1", "model": "x"}}, "llm.base_url", "address_blocked"),
        ({"tts": {"base_url": "http://169.254.169.254/", "model": "x"}}, "tts.base_url", "address_blocked"),
        ({"stt": {"base_url": "http://[::1]:8080", "model": "x"}}, "stt.base_url", "address_blocked"),
        (
            {"llm": {"base_url": "https://api.example.org", "model": "x", "api_key": "a b"}},
            "llm.api_key",
            "invalid",
        ),
    ],
)
async def test_refused(world: World, body: dict[str, Any], field: str, code: str) -> None:
    """votel.md 11.1: base URLs pass the address check; nothing changes."""
    found = fault(await world.request("PUT", "/engines", json={"tts": "espeak-ng", **body}))
    assert (found["field"], found["code"]) == (field, code)
    rows = await world.services.database.read(lambda tx: tx.all(account_engines.select()))
    assert rows == []


async def test_built_in_engines_are_tried_for_real(world: World) -> None:
    """votel.md 11.1: `POST /engines/test` speaks, hears and reads; the outcome is `healthy`."""
    spoken = await try_kind(world, "tts")
    assert (spoken["success"], spoken["error"]) == (True, None)
    assert spoken["duration_ms"] > 500
    heard = await try_kind(world, "stt")
    assert (heard["success"], heard["engine"]) == (True, "pocketsphinx")
    assert heard["heard"]
    read = await try_kind(world, "llm")
    assert (read["success"], read["engine"]) == (True, "rules")
    none = await try_kind(world, "embedding")
    assert none["success"] is False
    found = (await world.get("/engines")).json()
    assert [found[kind]["healthy"] for kind in ("llm", "stt", "tts", "embedding")] == [
        True,
        True,
        True,
        False,
    ]
    sent = await world.post(
        "/engines/test/recording", content=b"no sound", headers={"Content-Type": "audio/wav"}
    )
    assert sent.json()["success"] is False
    assert fault(await world.post("/engines/test/recording"))["code"] == "required"
    assert fault(await world.post("/engines/test", json={"kind": "video"}))["field"] == "kind"


async def test_services_are_tried_for_real(local: World) -> None:
    """votel.md 11.1: a refused key, an unreachable service, a good answer; the key stays secret."""
    with serve() as service:
        own = {"base_url": f"{service.url}/v1", "model": "m", "api_key": KEY}
        await put(local, llm=own, stt=own, tts=own, embedding=own)
        service.reply(401, f'{{"error": {{"message": "bad key {KEY}"}}}}'.encode())
        for kind in ("llm", "stt", "tts", "embedding"):
            tried = await try_kind(local, kind)
            assert tried["success"] is False, kind
            assert "401" in tried["error"], kind
            assert KEY not in (await local.get("/engines")).text
        service.reply(200, b'{"data": [{"embedding": [0.5, 0.25]}]}')
        assert (await try_kind(local, "embedding"))["success"] is True
        service.reply(200, json.dumps({"text": "please call me"}).encode())
        heard = await try_kind(local, "stt")
        assert (heard["success"], heard["heard"], heard["engine"]) == (True, "please call me", "openai:m")
        assert {request.headers["Authorization"] for request in service.requests} == {f"Bearer {KEY}"}
    assert (await try_kind(local, "stt"))["success"] is False


async def test_the_pipelines_use_the_accounts_engines(local: World) -> None:
    """votel.md 11.1: what an account chose hears and reads for it, and for it alone."""
    ours, theirs = local.ours.account.id, local.theirs.account.id
    own = {"base_url": "http://127.0.0.1:9/v1", "model": "m", "api_key": KEY}
    await put(local, llm=own, stt=own)
    config = await account_transcription(local.services, ours)
    assert (config.engine, config.base_url, config.api_key) == ("openai", own["base_url"], KEY)
    assert config.allowed_networks == ("127.0.0.0/8",)
    assert (await account_transcription(local.services, theirs)).base_url == ""
    operators = create_insight(InsightConfig())
    async with account_insight(local.services, theirs, operators) as engine:
        assert engine is operators
    async with account_insight(local.services, ours, operators) as engine:
        assert engine.name == "openai:m"


async def test_a_private_address_is_refused_when_it_is_used(local: World) -> None:
    """issue 4, 3: what was allowed when it was stored may not be later, as after a changed name."""
    with serve() as service:
        await put(local, llm={"base_url": f"{service.url}/v1", "model": "m"})
        local.services.settings.webhook_allowed_networks.clear()
        tried = await try_kind(local, "llm")
        assert tried["success"] is False
        assert service.requests == []


async def test_engines_of_others(local: World) -> None:
    """design, 2: another account's choice is its own."""
    await put(local, llm={"base_url": "http://127.0.0.1:9/v1", "model": "m"})
    theirs = (await local.get("/engines", tenant=local.theirs)).json()
    assert theirs["llm"]["profile"] == "default"

    def kinds(tx: ReadTx) -> list[str]:
        return [row.account_id for row in tx.all(account_engines.select())]

    assert await local.services.database.read(kinds) == [local.ours.account.id]
