"""`Idempotency-Key`: the same request under the same key acts once (contracts/votel.md 0.8)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy.exc import DBAPIError
from starlette.responses import Response

from antiphon.contracts.votel.errors import invalid, too_many
from antiphon.contracts.votel.routing import Call
from antiphon.core.db.transaction import WriteTx
from antiphon.domain.accounts.idempotency import Repeatable, begin_once, find_answer, finish_once

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_LOCK_TIMEOUT = "55P03"

Effect = Callable[[WriteTx], tuple[int, Any]]
"""Acts within a transaction; the status and what the answer holds."""


async def known_answer(call: Call, body: Any) -> Response | None:
    """The first answer under the request's key, whatever would be refused by now; `body` as in `once`.

    Raises ApiError 400.
    """
    request = _repeatable(call, body)
    found = None if request is None else await call.services.database.read(find_answer, request)
    return None if found is None else _response(*found, replayed=True)


def _response(status: int, content: bytes, *, replayed: bool) -> Response:
    headers = {REPLAYED: "true"} if replayed else None
    return Response(content, status, headers, media_type="application/json")


async def once(call: Call, body: Any, effect: Effect) -> Response:
    """Run the effect and answer; under a key that was used before, the first answer instead.

    `body` is what was asked for, as JSON values. Raises ApiError 400 and 429, and whatever the effect raises.
    """
    request = _repeatable(call, body)
    try:
        status, content, replayed = await call.services.database.write(_run, request, effect)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _LOCK_TIMEOUT:
            raise too_many(1) from error
        raise
    return _response(status, content, replayed=replayed)


def _run(tx: WriteTx, request: Repeatable | None, effect: Effect) -> tuple[int, bytes, bool]:
    if request is not None:
        known = begin_once(tx, request)
        if known is not None:
            return *known, True
    status, answer = effect(tx)
    content = msgspec.json.encode(answer)
    if request is not None:
        finish_once(tx, request, status, content)
    return status, content, False


def _repeatable(call: Call, body: Any) -> Repeatable | None:
    key = call.request.headers.get(HEADER)
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise invalid(HEADER, "1 to 255 visible ASCII characters")
    digest = hashlib.sha256(msgspec.json.encode(body, order="deterministic")).hexdigest()
    return Repeatable(call.account_id, call.caller.user.id, key, call.request.url.path, digest)
