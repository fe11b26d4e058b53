"""Sign in, see the session, sign out (contracts/votel.md 18)."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from antiphon.contracts.http import info_of, json_response
from antiphon.contracts.votel.auth import check_csrf, find_live_session, renew
from antiphon.contracts.votel.cookies import clear_session_cookie, set_session_cookie
from antiphon.contracts.votel.errors import unauthenticated
from antiphon.contracts.votel.limits import LINKS_PER_ADDRESS, check_public
from antiphon.contracts.votel.routing import Access, Call, Routes
from antiphon.contracts.votel.schemas import AcceptLink, MailLink, SessionAnswer, SignIn
from antiphon.contracts.votel.sign_in import SignInGuard
from antiphon.contracts.votel.views import account_view, user_view
from antiphon.core.crypto import hash_password, sha256_hex
from antiphon.core.errors import NotFoundError
from antiphon.domain.accounts.commands import end_session, start_session
from antiphon.domain.accounts.errors import SignInError
from antiphon.domain.accounts.queries import find_session
from antiphon.domain.accounts.records import Session
from antiphon.domain.accounts.sign_in_links import mail_sign_in_link, use_sign_in_link

ROUTES = Routes("Session")


@ROUTES.add("POST", "/session", access=Access.OPEN, body=SignIn, answer=SessionAnswer)
async def sign_in(call: Call) -> Response:
    """Sign in with address and password; sets the session cookie."""
    body = await call.body(SignIn)
    guard: SignInGuard = call.request.app.state.sign_in
    user_id = await guard.check(call.ip, body.email.lower(), body.password)
    return await _start(call, user_id)


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
    """Sign in with a mailed link; who has no password yet chooses one."""
    body = await call.body(AcceptLink)
    await check_public(call.services, call.ip)
    hashed = None if body.password is None else await asyncio.to_thread(hash_password, body.password)
    return await _start(call, await call.services.database.write(use_sign_in_link, body.token, hashed))


async def _start(call: Call, user_id: str) -> Response:
    services = call.services
    try:
        token, _ = await services.database.write(start_session, user_id)
    except NotFoundError:
        raise SignInError("Wrong email, password or code") from None
    session = await services.database.read(find_session, sha256_hex(token))
    if session is None:
        raise SignInError("Wrong email, password or code")
    response = _answer(session)
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


def _answer(session: Session) -> Response:
    return json_response(
        {
            "user": user_view(session.user),
            "account": account_view(session.account),
            "csrf_token": session.csrf_token,
        },
        headers={"Cache-Control": "no-store"},
    )
