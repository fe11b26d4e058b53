"""Who is asking: an `sk_` key or a dashboard session (contracts/votel.md 0.2)."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request

from antiphon.contracts.http import info_of, note_key
from antiphon.contracts.votel.errors import forbidden, unauthenticated
from antiphon.core.clock import DAY
from antiphon.core.crypto import sha256_hex
from antiphon.core.db.transaction import ReadTx
from antiphon.core.ids import is_uuid
from antiphon.domain.accounts.queries import (
    find_key,
    find_member_account,
    find_session,
    get_account,
    get_user,
)
from antiphon.domain.accounts.records import Account, KeyKind, KeyOwner, Role, Session, User
from antiphon.domain.accounts.sessions import SESSION_MS, extend_session
from antiphon.domain.services import Services

COOKIE = "antiphon_session"
CSRF_HEADER = "X-CSRF-Token"
KEY_HEADER = "X-API-Key"
SUB_ACCOUNT_HEADER = "X-Sub-Account-Id"

_KEY = re.compile(r"(sk|pk)_[0-9A-Za-z]{32}")
_SAFE_METHODS = frozenset(("GET", "HEAD"))
_NO_ACCESS = "No access to this sub-account"


@dataclass(frozen=True, slots=True)
class Caller:
    """`account` is the one acted in; `home` differs when another was chosen by `X-Sub-Account-Id`."""

    account: Account
    home: Account
    user: User
    role: Role
    scopes: Sequence[str] | None
    key_id: str | None
    session: Session | None

    @property
    def limit_key(self) -> str:
        """A session counts as its user's key (contracts/votel.md 0.5)."""
        if self.key_id is not None:
            return f"votel:key:{self.key_id}"
        return f"votel:user:{self.home.id}:{self.user.id}"


async def authenticate(request: Request, services: Services) -> Caller:
    """Raises ApiError 401 or 403. If a request has a key, the key alone counts."""
    key = request.headers.get(KEY_HEADER)
    caller = (
        await _by_key(request, services, key) if key is not None else await _by_session(request, services)
    )
    info = info_of(request)
    info.account_id, info.key_id = caller.account.id, caller.key_id
    return caller


async def find_live_session(request: Request, services: Services) -> Session | None:
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    return await services.database.read(find_session, sha256_hex(token))


def check_csrf(request: Request, session: Session) -> None:
    """Raises ApiError 403 for a changing request without the session's token."""
    if request.method in _SAFE_METHODS:
        return
    given = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(given.encode(), session.csrf_token.encode()):
        raise forbidden(f"Invalid or missing {CSRF_HEADER}")


async def renew(services: Services, session: Session) -> bool:
    """Slide the session's end, at most once a day; true when the cookie must be sent again."""
    if session.expires_at - services.clock.now() > SESSION_MS - DAY:
        return False
    await services.database.write(extend_session, session.token_hash)
    return True


async def _by_key(request: Request, services: Services, text: str) -> Caller:
    if not _KEY.fullmatch(text):
        raise unauthenticated()
    found = await services.database.read(_load_key, sha256_hex(text))
    note_key(request, None if found is None else found[0])
    if found is None or not found[0].is_live(services.clock.now()):
        raise unauthenticated()
    owner, account, user = found
    if owner.kind is KeyKind.PUBLIC:
        raise forbidden("A public key cannot be used here")
    if owner.kind is not KeyKind.SECRET:
        raise unauthenticated()
    return Caller(account, account, user, owner.role, owner.scopes, owner.key_id, None)


def _load_key(tx: ReadTx, key_hash: str) -> tuple[KeyOwner, Account, User] | None:
    owner = find_key(tx, key_hash=key_hash)
    if owner is None:
        return None
    return owner, get_account(tx, owner.account_id), get_user(tx, owner.account_id, owner.user_id)


async def _by_session(request: Request, services: Services) -> Caller:
    session = await find_live_session(request, services)
    if session is None:
        raise unauthenticated()
    check_csrf(request, session)
    return Caller(session.account, session.account, session.user, session.user.role, None, None, session)


async def act_for(
    request: Request, services: Services, caller: Caller, sub_account_id: str | None = None
) -> Caller:
    """The caller in the account that `X-Sub-Account-Id`, else `sub_account_id`, names. Raises ApiError 403.

    A key stays in its own account; a session may choose any account its user is a member of.
    """
    wanted = request.headers.get(SUB_ACCOUNT_HEADER, sub_account_id)
    if wanted is None or wanted.lower() == caller.home.id:
        return caller
    if caller.session is None or not is_uuid(wanted):
        raise forbidden(_NO_ACCESS)
    found = await services.database.read(find_member_account, wanted.lower(), caller.user.id)
    if found is None:
        raise forbidden(_NO_ACCESS)
    account, role = found
    info_of(request).account_id = account.id
    user = User(caller.user.id, caller.user.email, caller.user.name, role)
    return Caller(account, caller.home, user, role, None, None, caller.session)
