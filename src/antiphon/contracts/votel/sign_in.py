"""Password checks that cost the same for everyone and that nobody may fail more than ten times."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from antiphon.contracts.votel.errors import too_many
from antiphon.contracts.votel.limits import SIGN_IN_FAILURES, ip_key
from antiphon.core.crypto import sha256_hex, verify_password
from antiphon.domain.accounts.errors import SignInError
from antiphon.domain.accounts.queries import find_login
from antiphon.domain.services import Services

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

    async def check(self, ip: str, email: str, password: str) -> str:
        """The user's id. Raises SignInError, or ApiError 429 beyond the failures."""
        address_key = f"votel:sign-in:address:{sha256_hex(email)}"
        client_key = f"votel:sign-in:ip:{ip_key(ip)}"
        async with self._turn(client_key, address_key):
            for key in (client_key, address_key):
                decision = await self._services.limiter.peek(key, SIGN_IN_FAILURES)
                if not decision.allowed:
                    raise too_many(decision.retry_after_seconds)
            user_id = await self._verify(email, password)
            if user_id is None:
                for key in (client_key, address_key):
                    await self._services.limiter.hit(key, SIGN_IN_FAILURES)
                raise SignInError("Wrong email, password or code")
            return user_id

    async def _verify(self, email: str, password: str) -> str | None:
        login = await self._services.database.read(find_login, email)
        user_id, stored, disabled = login if login is not None else (None, None, False)
        matches = await asyncio.to_thread(verify_password, stored, password)
        return user_id if matches and not disabled else None

    @asynccontextmanager
    async def _turn(self, client_key: str, address_key: str) -> AsyncIterator[None]:
        # Always the client first: two orders could wait for each other.
        async with (
            self._by_ip[hash(client_key) % _STRIPES],
            self._by_address[hash(address_key) % _STRIPES],
        ):
            yield
