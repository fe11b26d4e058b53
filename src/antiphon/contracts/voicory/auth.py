"""The key of a request (contracts/voicory.md 1, 5)."""

from __future__ import annotations

import re

from starlette.requests import Request

from antiphon.contracts.http import note_key
from antiphon.contracts.voicory.errors import ApiError
from antiphon.contracts.voicory.headers import KEY_HEADER
from antiphon.core.crypto import sha256_hex
from antiphon.domain.accounts.queries import find_key
from antiphon.domain.accounts.records import KeyKind, KeyOwner
from antiphon.domain.services import Services

_KEY = re.compile(r"(pk|sk)_[0-9A-Za-z]{32}", re.ASCII)


async def authenticate(request: Request, services: Services) -> KeyOwner:
    """The owner of a live key. Raises ApiError 401."""
    text = request.headers.get(KEY_HEADER, "").strip(" \t")
    if not text:
        raise ApiError("MISSING_API_KEY")
    match = _KEY.fullmatch(text)
    owner = None if match is None else await services.database.fetch(find_key, key_hash=sha256_hex(text))
    note_key(request, owner)
    if owner is None or owner.kind is KeyKind.PAT or not _in_scope(owner):
        raise ApiError("INVALID_API_KEY")
    if not owner.is_live(services.clock.now()):
        raise ApiError("REVOKED_API_KEY")
    return owner


def _in_scope(owner: KeyOwner) -> bool:
    if owner.scopes is None:
        return True
    return any(scope == "*" or scope.startswith("voicory:") for scope in owner.scopes)
