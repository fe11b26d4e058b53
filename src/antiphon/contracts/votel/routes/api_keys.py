"""API keys: members manage their own, admins all (contracts/votel.md 11.1, 17)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel.errors import forbidden, invalid
from antiphon.contracts.votel.inputs import LIST_QUERY
from antiphon.contracts.votel.permissions import LOWEST_ROLE, allows, is_scope
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.contracts.votel.schemas import (
    ApiKey,
    ApiKeyChange,
    ApiKeyCreate,
    ApiKeyList,
    ApiKeyRotation,
    NewApiKey,
)
from antiphon.core.clock import to_iso, to_iso_or_none
from antiphon.core.db.transaction import AnyRow
from antiphon.core.errors import NotFoundError
from antiphon.domain.accounts.keys import KeyChanges, create_key, revoke_key, rotate_key, update_key
from antiphon.domain.accounts.queries import get_user, list_keys
from antiphon.domain.accounts.records import KeyKind

ROUTES = Routes("API keys")

PAT_DAYS = (None, 30, 90, 365)
MAX_DAYS = 3650


@ROUTES.add("GET", "/api-keys", permission="keys:read", answer=ApiKeyList, query=LIST_QUERY)
async def list_api_keys(call: Call) -> Response:
    """Keys that are not revoked, newest first."""
    rows = await _visible(call)
    query = call.query
    start = (query.page - 1) * query.limit
    return json_response(
        {"api_keys": [_view(row) for row in rows[start : start + query.limit]], "total": len(rows)}
    )


@ROUTES.add("POST", "/api-keys", permission="keys:write", status=201, body=ApiKeyCreate, answer=NewApiKey)
async def create_api_key(call: Call) -> Response:
    """Make a key; its text is in this answer only."""
    body = await call.body(ApiKeyCreate)
    kind = KeyKind(body.kind)
    if kind is KeyKind.PAT:
        call.require("keys:manage")
        if body.expires_in_days not in PAT_DAYS:
            raise invalid("expires_in_days", "null, 30, 90 or 365")
        if body.scopes is not None:
            raise invalid("scopes", "A personal access token has no scopes")
    elif body.expires_in_days is not None and not 1 <= body.expires_in_days <= MAX_DAYS:
        raise invalid("expires_in_days", f"1 to {MAX_DAYS}")
    if body.scopes is not None:
        _check_scopes(call, body.scopes)
    _check_own_scopes(call, kind, body.scopes)
    key = await call.services.database.write(
        create_key,
        call.account_id,
        call.caller.user.id,
        kind=kind,
        name=body.name,
        expires_in_days=body.expires_in_days,
        scopes=body.scopes,
    )
    return json_response({**_view(await _row(call, key.id)), "key": key.key}, 201)


@ROUTES.add("PATCH", "/api-keys/{id:uuid}", permission="keys:write", body=ApiKeyChange, answer=ApiKey)
async def change_api_key(call: Call) -> Response:
    """Rename a key or set its scopes; kind and end stay."""
    row = await _manageable(call)
    body = await call.body(ApiKeyChange)
    has_scopes = "scopes" in body.model_fields_set
    if has_scopes:
        kind = KeyKind(row.kind)
        if kind is KeyKind.PAT and body.scopes is not None:
            raise invalid("scopes", "A personal access token has no scopes")
        _check_scopes(call, body.scopes or ())
        _check_own_scopes(call, kind, body.scopes)
    changes = KeyChanges(name=body.name, scopes=body.scopes, has_scopes=has_scopes)
    await call.services.database.write(update_key, call.account_id, row.id, changes)
    return json_response(_view(await _row(call, row.id)))


@ROUTES.add(
    "POST",
    "/api-keys/{id:uuid}/rotate",
    permission="keys:write",
    status=201,
    body=ApiKeyRotation,
    answer=NewApiKey,
)
async def rotate_api_key(call: Call) -> Response:
    """A new key in the old one's place, which works on for the grace time."""
    row = await _manageable(call)
    if row.kind == KeyKind.PAT.value:
        call.require("keys:manage")
    owner = await call.services.database.read(get_user, call.account_id, row.user_id)
    if owner.role > call.caller.role:
        # The new text acts as its owner.
        raise forbidden("Insufficient permissions: users:manage")
    body = await call.body(ApiKeyRotation)
    scopes = None if row.scopes is None else msgspec.json.decode(row.scopes, type=list[str])
    _check_own_scopes(call, KeyKind(row.kind), scopes)
    made = await call.services.database.write(
        rotate_key, call.account_id, row.id, grace_hours=body.grace_hours
    )
    return json_response({**_view(await _row(call, made.id)), "key": made.key}, 201)


@ROUTES.add("DELETE", "/api-keys/{id:uuid}", permission="keys:write", status=204)
async def revoke_api_key(call: Call) -> Response:
    """Revoke a key at once."""
    row = await _manageable(call, revoked=True)
    await call.services.database.write(revoke_key, call.account_id, row.id)
    return Response(status_code=204)


async def _manageable(call: Call, *, revoked: bool = False) -> AnyRow:
    """The key of the path; members manage their own, admins all. Raises NotFoundError, ApiError 403."""
    row = await _row(call, call.path_id(), revoked=revoked)
    if row.user_id != call.caller.user.id:
        call.require("keys:manage")
    return row


async def _row(call: Call, key_id: str, *, revoked: bool = False) -> AnyRow:
    rows = await call.services.database.read(list_keys, call.account_id)
    row = next((row for row in rows if row.id == key_id and (revoked or row.revoked_at is None)), None)
    if row is None:
        raise NotFoundError("API key not found")
    return row


async def _visible(call: Call) -> Sequence[AnyRow]:
    rows = await call.services.database.read(list_keys, call.account_id)
    everyones = call.may("keys:manage")
    return [
        row for row in rows if row.revoked_at is None and (everyones or row.user_id == call.caller.user.id)
    ]


def _check_scopes(call: Call, scopes: Sequence[str]) -> None:
    for index, scope in enumerate(scopes):
        if not is_scope(scope):
            raise invalid(f"scopes.{index}", "no such scope")
        if scope in LOWEST_ROLE and not allows(call.caller.role, None, scope):
            raise forbidden(f"Insufficient permissions: {scope}")


def _check_own_scopes(call: Call, kind: KeyKind, scopes: Sequence[str] | None) -> None:
    """A key with scopes makes no key that may do more than itself."""
    own = call.caller.scopes
    if own is None or "*" in own:
        return
    if kind is not KeyKind.SECRET or scopes is None:
        raise forbidden("Insufficient permissions: keys:manage")
    for scope in scopes:
        if scope not in own and f"{scope.partition(':')[0]}:*" not in own:
            raise forbidden(f"Insufficient permissions: {scope}")


def _view(row: AnyRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "kind": row.kind,
        "prefix": row.prefix,
        "scopes": None if row.scopes is None else msgspec.Raw(row.scopes.encode()),
        "user_id": row.user_id,
        "expires_at": to_iso_or_none(row.expires_at),
        "last_used_at": to_iso_or_none(row.last_used_at),
        "created_at": to_iso(row.created_at),
        "updated_at": to_iso(row.updated_at or row.created_at),
    }
