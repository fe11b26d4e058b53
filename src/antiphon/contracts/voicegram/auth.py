"""Key, plan and rate limit, in this order (contracts/voicegram.md 1 and 2)."""

from __future__ import annotations

import re

from starlette.requests import Request

from antiphon.contracts.http import info_of, note_key, services_of
from antiphon.contracts.voicegram.errors import ApiError
from antiphon.core.crypto import sha256_hex
from antiphon.core.limits import Window
from antiphon.domain.accounts.queries import find_key
from antiphon.domain.accounts.records import KeyKind, KeyOwner, Plan

LIMIT = (Window(60, 60),)

_BEARER = re.compile(r"bearer +(vg_pat_[0-9a-f]{64})", re.IGNORECASE | re.ASCII)
_UNAUTHORIZED = {"WWW-Authenticate": "Bearer"}


async def authorize(request: Request, endpoint: str, *, paid: bool = True) -> KeyOwner:
    """The caller, after 401, 403 and 429; `endpoint` is method and route template.

    Raises ApiError.
    """
    services = services_of(request)
    info = info_of(request)
    info.contract = "voicegram"
    match = _BEARER.fullmatch(request.headers.get("authorization", "").strip(" \t"))
    owner = None if match is None else await services.database.fetch(find_key, key_hash=sha256_hex(match[1]))
    note_key(request, owner)
    if owner is None or not _is_accepted(owner, services.clock.now()):
        raise ApiError("invalid_token", headers=_UNAUTHORIZED)
    if paid and owner.plan is Plan.FREE:
        raise ApiError("plan_required")
    decision = await services.limiter.hit(f"voicegram:{owner.account_id}:{endpoint}", LIMIT)
    if not decision.allowed:
        raise ApiError("rate_limited", headers={"Retry-After": str(decision.retry_after_seconds)})
    return owner


def _is_accepted(owner: KeyOwner, now: int) -> bool:
    in_scope = owner.scopes is None or any(
        scope == "*" or scope.startswith("voicegram:") for scope in owner.scopes
    )
    return owner.kind is KeyKind.PAT and in_scope and owner.is_live(now)
