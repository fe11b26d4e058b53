"""The caller: who it is, password, second factor, preferences (contracts/votel.md 11.1, 18)."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel.errors import forbidden, invalid
from antiphon.contracts.votel.routes.session import guard_of
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.contracts.votel.schemas_people import (
    Me,
    PasswordChange,
    Preferences,
    PreferencesChange,
    TotpCode,
    TotpEnrolment,
    TotpRemoval,
)
from antiphon.contracts.votel.views import account_view, user_view
from antiphon.core.crypto import hash_password
from antiphon.core.db.transaction import ReadTx
from antiphon.domain.accounts.errors import SignInError
from antiphon.domain.accounts.passwords import change_password, check_password
from antiphon.domain.accounts.preferences import PreferenceChanges, get_preferences, update_preferences
from antiphon.domain.accounts.queries import get_key_name, get_login, list_own_accounts
from antiphon.domain.accounts.records import Account, Role, Session
from antiphon.domain.accounts.second_factor import activate_totp, begin_totp, remove_totp

ROUTES = Routes("Me")


@ROUTES.add("GET", "/me", answer=Me)
async def get_me(call: Call) -> Response:
    """The caller: user, account, role, permissions, and the accounts to choose from."""
    caller = call.caller
    key_name, totp_active, places = await call.services.database.read(
        _facts, caller.home.id, caller.user.id, caller.key_id
    )
    if caller.session is None:
        places = [(account, role) for account, role in places if account.id == caller.home.id]
    acting_for = None
    if caller.account.id != caller.home.id:
        acting_for = {"id": caller.account.id, "name": caller.account.name}
    return json_response(
        {
            "user": {**user_view(caller.user), "totp_active": totp_active},
            "account": account_view(caller.account),
            "role": caller.role.label,
            "permissions": call.permissions,
            "key": None
            if caller.key_id is None
            else {"id": caller.key_id, "name": key_name, "scopes": caller.scopes},
            "acting_for": acting_for,
            "accounts": [
                {"id": account.id, "name": account.name, "role": role.label} for account, role in places
            ],
            "features": {"simulator": call.services.settings.has_simulator},
        }
    )


def _facts(
    tx: ReadTx, account_id: str, user_id: str, key_id: str | None
) -> tuple[str | None, bool, list[tuple[Account, Role]]]:
    key_name = None if key_id is None else get_key_name(tx, account_id, key_id)
    is_active = get_login(tx, user_id).sealed_totp_secret is not None
    return key_name, is_active, list_own_accounts(tx, user_id)


@ROUTES.add("PUT", "/me/password", body=PasswordChange, status=204)
async def put_password(call: Call) -> Response:
    """Choose another password; the person's other sessions end."""
    session = _own_session(call)
    body = await call.body(PasswordChange)
    services, user = call.services, call.caller.user
    if (await services.database.read(get_login, user.id)).password_hash is not None:
        await _confirm(call, body.current, "current")
    hashed = await asyncio.to_thread(_hash_checked, body.new)
    await services.database.write(
        change_password, call.caller.home.id, user.id, hashed, keep_session=session.token_hash
    )
    return Response(status_code=204)


@ROUTES.add(
    "POST",
    "/me/totp",
    body=TotpCode,
    status=201,
    answer=TotpEnrolment,
    extra={"responses": {"204": {"description": "The code is right: active from now on"}}},
)
async def add_totp(call: Call) -> Response:
    """Without a code, a new secret that waits for one; with its code, make it count (204)."""
    _own_session(call)
    body = await call.body(TotpCode)
    services, caller = call.services, call.caller
    if body.code is not None:
        await services.database.write(
            activate_totp, services.cipher, caller.home.id, caller.user.id, body.code
        )
        return Response(status_code=204)
    made = await services.database.write(begin_totp, services.cipher, caller.user.id, caller.home.name)
    return json_response(
        {"secret": made.secret, "uri": made.uri, "recovery_codes": list(made.recovery_codes)},
        201,
        headers={"Cache-Control": "no-store"},
    )


@ROUTES.add("DELETE", "/me/totp", body=TotpRemoval, status=204)
async def delete_totp(call: Call) -> Response:
    """Sign in by password alone again."""
    _own_session(call)
    body = await call.body(TotpRemoval)
    await _confirm(call, body.password, "password")
    await call.services.database.write(remove_totp, call.caller.home.id, call.caller.user.id)
    return Response(status_code=204)


@ROUTES.add("GET", "/me/preferences", answer=Preferences)
async def read_preferences(call: Call) -> Response:
    """What the person has chosen in this account; null means as the account has it."""
    found = await call.services.database.read(get_preferences, call.account_id, call.caller.user.id)
    return json_response(found)


@ROUTES.add("PATCH", "/me/preferences", body=PreferencesChange, answer=Preferences)
async def change_preferences(call: Call) -> Response:
    """Change the keys given; of `events`, each event named."""
    body = await call.body(PreferencesChange)
    given: dict[str, Any] = body.model_dump(exclude_unset=True)
    changed = await call.services.database.write(
        update_preferences, call.account_id, call.caller.user.id, PreferenceChanges(**given)
    )
    return json_response(changed)


def _hash_checked(password: str) -> str:
    return hash_password(check_password(password, "new"))


def _own_session(call: Call) -> Session:
    """What keys a person to the account is changed in person: a key is not enough."""
    if call.caller.session is None:
        raise forbidden("This needs a session")
    return call.caller.session


async def _confirm(call: Call, password: str, field: str) -> None:
    try:
        await guard_of(call).check_password(call.ip, call.caller.user.id, password)
    except SignInError:
        raise invalid(field, "This is not the password", "password_wrong") from None
