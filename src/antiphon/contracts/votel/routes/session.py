"""Set up, sign in, see the session, sign out (contracts/votel.md 18)."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from antiphon.contracts.http import info_of, json_response
from antiphon.contracts.votel.auth import check_csrf, find_live_session, renew
from antiphon.contracts.votel.cookies import clear_session_cookie, set_session_cookie
from antiphon.contracts.votel.errors import invalid, unauthenticated
from antiphon.contracts.votel.limits import LINKS_PER_ADDRESS, check_public
from antiphon.contracts.votel.routing import Access, Call, Routes
from antiphon.contracts.votel.schemas import AcceptLink, MailLink, SessionAnswer, SignIn
from antiphon.contracts.votel.schemas_people import SetUp, SetupState
from antiphon.contracts.votel.sign_in import WRONG, SignInGuard
from antiphon.contracts.votel.views import account_view, user_view
from antiphon.core.actors import Actor, set_actor
from antiphon.core.crypto import hash_password, sha256_hex
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import NotFoundError
from antiphon.domain.accounts.errors import LinkError, SignInError
from antiphon.domain.accounts.passwords import check_password
from antiphon.domain.accounts.queries import find_session
from antiphon.domain.accounts.records import Login, Session
from antiphon.domain.accounts.sessions import end_session, start_session
from antiphon.domain.accounts.setup import needs_setup, set_up
from antiphon.domain.accounts.sign_in_links import find_link_login, mail_sign_in_link, use_sign_in_link
from antiphon.domain.demo import add_demo_data
from antiphon.domain.services import Services

ROUTES = Routes("Session")


@ROUTES.add("GET", "/setup", access=Access.OPEN, answer=SetupState)
async def get_setup(call: Call) -> Response:
    """Whether the installation waits for its first account; 404 once there is one."""
    await check_public(call.services, call.ip)
    if not await call.services.database.read(needs_setup):
        raise NotFoundError("Not found")
    return json_response({"simulator": call.services.settings.simulated_numbers != "none"})


@ROUTES.add("POST", "/setup", access=Access.OPEN, body=SetUp, answer=SessionAnswer, status=201)
async def set_up_installation(call: Call) -> Response:
    """Make the first account with its owner and sign in; 404 once there is an account."""
    services = call.services
    await check_public(services, call.ip)
    if not await services.database.read(needs_setup):
        raise NotFoundError("Not found")
    body = await call.body(SetUp)
    hashed = await asyncio.to_thread(_hash_checked, body.password)
    set_actor(Actor("user", name=body.name, ip=call.ip))
    token = await services.database.write(_set_up, services, body, hashed)
    return await _signed_in(call, token, 201)


def _set_up(tx: WriteTx, services: Services, body: SetUp, password_hash: str) -> str:
    account, user_id = set_up(
        tx,
        account_name=body.account_name,
        name=body.name,
        email=body.email,
        password_hash=password_hash,
        country=body.country,
        timezone=body.timezone,
    )
    if body.demo_data:
        add_demo_data(tx, services, account, with_story=True)
    return start_session(tx, user_id)[0]


@ROUTES.add("POST", "/session", access=Access.OPEN, body=SignIn, answer=SessionAnswer)
async def sign_in(call: Call) -> Response:
    """Sign in with address, password and, where one is active, second factor; sets the session cookie."""
    body = await call.body(SignIn)
    login = await guard_of(call).check(call.ip, body.email.lower(), body.password, body.totp)
    return await _start(call, login)


@ROUTES.add("POST", "/session/link", access=Access.OPEN, body=MailLink, status=204)
async def mail_link(call: Call) -> Response:
    """Mail a sign-in link; the answer does not tell whether anybody has the address."""
    services = call.services
    email = (await call.body(MailLink)).email.lower()
    await check_public(services, call.ip)
    decision = await services.limiter.hit(f"votel:links:{sha256_hex(email)}", LINKS_PER_ADDRESS)
    if decision.allowed:
        await services.database.write(mail_sign_in_link, services.cipher, services.settings.origin, email)
    return Response(status_code=204)


@ROUTES.add("POST", "/session/accept", access=Access.OPEN, body=AcceptLink, answer=SessionAnswer)
async def accept_link(call: Call) -> Response:
    """Sign in with a mailed link; who has no password yet chooses one, a second factor is asked for."""
    body = await call.body(AcceptLink)
    services = call.services
    await check_public(services, call.ip)
    login = await services.database.read(find_link_login, body.token)
    if login is None:
        raise LinkError("This link does not work any more", field="token", code="link_void")
    hashed = None if body.password is None else await asyncio.to_thread(_hash_checked, body.password)
    if login.sealed_totp_secret is not None:
        if body.totp is None:
            raise invalid("totp", "The code of the second factor is needed", "required")
        await guard_of(call).check_code(call.ip, login, body.totp)
    _act_as(call, login)
    used = await services.database.write(use_sign_in_link, body.token, hashed)
    return await _start(call, login, used.account_id)


def guard_of(call: Call) -> SignInGuard:
    guard: SignInGuard = call.request.app.state.sign_in
    return guard


def _hash_checked(password: str) -> str:
    return hash_password(check_password(password))


def _act_as(call: Call, login: Login) -> None:
    set_actor(Actor("user", login.user_id, login.name, ip=call.ip))


async def _start(call: Call, login: Login, account_id: str | None = None) -> Response:
    """A new session, never the one that the browser brought along."""
    services = call.services
    before = await find_live_session(call.request, services)
    _act_as(call, login)
    try:
        token, _ = await services.database.write(
            start_session,
            login.user_id,
            account_id=account_id,
            replacing=None if before is None else before.token_hash,
        )
    except NotFoundError:
        raise SignInError(WRONG) from None
    return await _signed_in(call, token, 200)


async def _signed_in(call: Call, token: str, status: int) -> Response:
    services = call.services
    session = await services.database.read(find_session, sha256_hex(token))
    if session is None:
        raise SignInError(WRONG)
    response = _answer(session, status)
    set_session_cookie(response, services.settings, call.request, token)
    info_of(call.request).account_id = session.account.id
    return response


@ROUTES.add("GET", "/session", access=Access.OPEN, answer=SessionAnswer)
async def get_session(call: Call) -> Response:
    """The session of the cookie, with the token that changing requests need."""
    session = await _session(call)
    call.renews_cookie = await renew(call.services, session)
    return _answer(session)


@ROUTES.add("DELETE", "/session", access=Access.OPEN, status=204)
async def sign_out(call: Call) -> Response:
    """End the session on the server."""
    session = await _session(call)
    check_csrf(call.request, session)
    set_actor(Actor("user", session.user.id, session.user.name, ip=call.ip))
    await call.services.database.write(end_session, session.token_hash)
    call.request.app.state.live.check_now()
    response = Response(status_code=204)
    clear_session_cookie(response, call.services.settings)
    return response


async def _session(call: Call) -> Session:
    session = await find_live_session(call.request, call.services)
    if session is None:
        raise unauthenticated()
    info_of(call.request).account_id = session.account.id
    return session


def _answer(session: Session, status: int = 200) -> Response:
    return json_response(
        {
            "user": user_view(session.user),
            "account": account_view(session.account),
            "csrf_token": session.csrf_token,
        },
        status,
        headers={"Cache-Control": "no-store"},
    )
