"""Checks of passwords and codes: equal cost for everyone, and nobody may fail more than ten times."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from antiphon.contracts.votel.errors import too_many
from antiphon.contracts.votel.limits import SIGN_IN_FAILURES, ip_key
from antiphon.core.crypto import sha256_hex, verify_password
from antiphon.domain.accounts.errors import SignInError
from antiphon.domain.accounts.queries import find_login, get_login
from antiphon.domain.accounts.records import Login
from antiphon.domain.accounts.second_factor import find_claim, use_claim
from antiphon.domain.services import Services

WRONG = "Wrong email, password or code"
_STRIPES = 64


class SignInGuard:
    """10 failures per address or IP in 15 minutes; successes do not count (contracts/votel.md 18).

    Attempts of one address or one IP are checked one after the other, so that guesses made at the same
    moment cannot pass together.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._by_ip = [asyncio.Lock() for _ in range(_STRIPES)]
        self._by_address = [asyncio.Lock() for _ in range(_STRIPES)]

    async def check(self, ip: str, email: str, password: str, totp: str | None) -> Login:
        """Whose password and, where one is active, second factor these are; a code is used up.

        Raises SignInError, or ApiError 429 beyond the failures.
        """
        async with self._attempt(ip, email):
            login = await self._services.database.read(find_login, email)
            stored = None if login is None else login.password_hash
            matches = await asyncio.to_thread(verify_password, stored, password)
            if login is None or not matches or login.is_disabled:
                raise SignInError(WRONG)
            await self._use_code(login, totp)
            return login

    async def check_password(self, ip: str, user_id: str, password: str) -> None:
        """Whether somebody signed in knows the password. Raises as `check`."""
        login = await self._services.database.read(get_login, user_id)
        async with self._attempt(ip, login.email):
            if not await asyncio.to_thread(verify_password, login.password_hash, password):
                raise SignInError(WRONG)

    async def check_code(self, ip: str, login: Login, totp: str) -> None:
        """The second factor alone, of who has proved the rest otherwise. Raises as `check`."""
        async with self._attempt(ip, login.email):
            await self._use_code(login, totp)

    async def _use_code(self, login: Login, totp: str | None) -> None:
        if login.sealed_totp_secret is None:
            return
        services = self._services
        claim = find_claim(services.cipher, login, totp or "", services.clock.now())
        if claim is None or not await services.database.write(use_claim, login.user_id, claim):
            raise SignInError(WRONG)

    @asynccontextmanager
    async def _attempt(self, ip: str, email: str) -> AsyncIterator[None]:
        """One attempt at a time; a SignInError from within counts as a failure."""
        address_key = f"votel:sign-in:address:{sha256_hex(email)}"
        client_key = f"votel:sign-in:ip:{ip_key(ip)}"
        limiter = self._services.limiter
        async with self._turn(client_key, address_key):
            for key in (client_key, address_key):
                decision = await limiter.peek(key, SIGN_IN_FAILURES)
                if not decision.allowed:
                    raise too_many(decision.retry_after_seconds)
            try:
                yield
            except SignInError:
                for key in (client_key, address_key):
                    await limiter.hit(key, SIGN_IN_FAILURES)
                raise

    @asynccontextmanager
    async def _turn(self, client_key: str, address_key: str) -> AsyncIterator[None]:
        # Always the client first: two orders could wait for each other.
        async with (
            self._by_ip[hash(client_key) % _STRIPES],
            self._by_address[hash(address_key) % _STRIPES],
        ):
            yield
