"""The key of a request and what it may do (contracts/vocatech.md 1, 2)."""

from __future__ import annotations

import re

from starlette.requests import Request

from antiphon.contracts.http import info_of, note_key
from antiphon.contracts.vocatech.errors import ApiError
from antiphon.core.actors import Actor, set_actor
from antiphon.core.crypto import sha256_hex
from antiphon.domain.accounts.queries import find_key
from antiphon.domain.accounts.records import KeyKind, KeyOwner, Role
from antiphon.domain.services import Services

_KEY = re.compile(r"(pk|sk)_[0-9A-Za-z]{32}", re.ASCII)


async def authenticate(request: Request, services: Services) -> KeyOwner:
    """The owner of a live key, of either kind. Raises ApiError 401."""
    scheme, _, token = request.headers.get("authorization", "").strip(" \t").partition(" ")
    token = token.strip(" \t")
    if scheme.lower() != "bearer" or not token:
        raise ApiError("missing_token")
    match = _KEY.fullmatch(token)
    owner = None if match is None else await services.database.fetch(find_key, key_hash=sha256_hex(token))
    note_key(request, owner)
    if owner is None or owner.kind is KeyKind.PAT or not _in_scope(owner):
        raise ApiError("invalid_token")
    if owner.revoked_at is not None or owner.user_disabled:
        raise ApiError("invalid_token")
    if not owner.is_live(services.clock.now()):
        raise ApiError("token_expired")
    set_actor(Actor("api", owner.user_id, key_id=owner.key_id, ip=info_of(request).ip))
    return owner


def check_allowed(owner: KeyOwner, method: str, role: Role) -> None:
    """Raises ApiError 403 for a public key, a key limited to reading, or a user below `role`."""
    if owner.kind is not KeyKind.SECRET:
        raise ApiError("forbidden", "A public key cannot be used here.")
    if method != "GET" and owner.scopes is not None and not _may_write(owner.scopes):
        raise ApiError("forbidden", "This API key may only read.")
    if owner.role < role:
        raise ApiError("forbidden", f"This needs a key of a user with the role {role.label}.")


def _in_scope(owner: KeyOwner) -> bool:
    if owner.scopes is None:
        return True
    return any(scope == "*" or scope.startswith("vocatech:") for scope in owner.scopes)


def _may_write(scopes: tuple[str, ...]) -> bool:
    return any(
        scope == "*" or (scope.startswith("vocatech:") and scope != "vocatech:read") for scope in scopes
    )
