"""The account's speech engines: chosen, shown without their keys, tried (contracts/votel.md 11.1)."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import Response

from antiphon.contracts.http import BodyError, json_response, read_body
from antiphon.contracts.votel.errors import invalid
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.contracts.votel.schemas_engines import (
    EngineChange,
    Engines,
    EnginesChange,
    EngineTestRequest,
    EngineTestResult,
)
from antiphon.core.clock import to_iso_or_none
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import DomainError
from antiphon.core.http import HttpFailure, parse_destination
from antiphon.domain.accounts.engines import (
    PROFILES,
    EngineChoice,
    EngineKind,
    choose_engine,
    get_engine,
    list_engines,
    report_engine,
)
from antiphon.domain.engine_tests import EngineTest, effective_engine, try_engine

ROUTES = Routes("Engines")

MAX_RECORDING_BYTES = 5 * 1024 * 1024
_AUDIO = {"content": {"audio/*": {"schema": {"type": "string", "format": "binary"}}}}


@ROUTES.add("GET", "/engines", permission="settings:read", answer=Engines)
async def get_engines(call: Call) -> Response:
    """What hears, reads and speaks for the account; keys are never shown."""
    return json_response(await _view(call))


@ROUTES.add("PUT", "/engines", permission="settings:write", body=EnginesChange, answer=Engines)
async def put_engines(call: Call) -> Response:
    """Choose engines: the kinds given, each with the keys given."""
    body = await call.body(EnginesChange)
    given: dict[EngineKind, dict[str, Any]] = {}
    for kind in EngineKind:
        value: EngineChange | str | None = getattr(body, kind.value)
        if value is None:
            continue
        changes = {"profile": value} if isinstance(value, str) else value.model_dump(exclude_unset=True)
        if changes.get("base_url"):
            await check_address(call, f"{kind}.base_url", changes["base_url"])
        given[kind] = changes
    services = call.services

    def write(tx: WriteTx) -> None:
        for kind, changes in given.items():
            choose_engine(tx, services.cipher, call.account_id, kind, changes)

    await services.database.write(write)
    return json_response(await _view(call))


@ROUTES.add(
    "POST", "/engines/test", permission="settings:send", body=EngineTestRequest, answer=EngineTestResult
)
async def test_engine(call: Call) -> Response:
    """Let an engine work once; recognition hears a sentence spoken by the built-in voice."""
    body = await call.body(EngineTestRequest)
    return await _try(call, EngineKind(body.kind), None)


@ROUTES.add(
    "POST",
    "/engines/test/recording",
    permission="settings:send",
    answer=EngineTestResult,
    extra={"requestBody": _AUDIO},
)
async def test_recognition(call: Call) -> Response:
    """Recognise the sound sent as the body, at most 5 MiB."""
    try:
        sound = await read_body(call.request, MAX_RECORDING_BYTES)
    except BodyError as error:
        raise invalid("", str(error), "too_large") from None
    if not sound:
        raise invalid("", "A recording is needed", "required")
    return await _try(call, EngineKind.STT, sound)


async def _try(call: Call, kind: EngineKind, sound: bytes | None) -> Response:
    services, account_id = call.services, call.account_id
    choice = await services.database.read(get_engine, account_id, kind)
    found: EngineTest = await try_engine(services, account_id, choice, sound)
    if sound is None:
        await services.database.write(report_engine, account_id, kind, found.error)
    return json_response(
        {
            "success": found.error is None,
            "latency_ms": found.latency_ms,
            "error": found.error,
            "engine": found.engine,
            "heard": found.heard,
            "confidence": found.confidence,
            "duration_ms": found.duration_ms,
        }
    )


async def check_address(call: Call, field: str, url: str) -> None:
    """Raises ApiError 400 for what is no address or one that the operator does not allow."""
    try:
        parse_destination(url, allow_insecure=True)
        await call.services.http.check_destination(url)
    except DomainError as error:
        raise invalid(field, error.message) from None
    except HttpFailure:
        raise invalid(field, "This address is not allowed", "address_blocked") from None


async def _view(call: Call) -> dict[str, Any]:
    services, account_id = call.services, call.account_id
    chosen = await services.database.read(list_engines, account_id)

    def effective(choice: EngineChoice) -> str | None:
        return effective_engine(services, account_id, choice)

    return {
        kind.value: {
            "profile": choice.profile,
            "base_url": choice.base_url or None,
            "model": choice.model or None,
            "has_api_key": choice.sealed_api_key is not None,
            "effective": await asyncio.to_thread(effective, choice),
            "healthy": choice.is_healthy,
            "last_error": choice.last_error,
            "checked_at": to_iso_or_none(choice.checked_at),
            "profiles": list(PROFILES[kind]),
        }
        for kind, choice in chosen.items()
    }
