"""Rate limits of this contract (contracts/votel.md 0.5, 18)."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from antiphon.contracts.votel.errors import too_many
from antiphon.core.limits import Decision, Window
from antiphon.domain.services import Services

PER_KEY = (Window(600, 60),)
SENDS_PER_KEY = (Window(60, 60),)
PUBLIC = (Window(60, 60),)
SIGN_IN_FAILURES = (Window(10, 15 * 60),)
LINKS_PER_ADDRESS = (Window(5, 3600),)
CODES_PER_ADDRESS = (Window(5, 3600),)
CODES_PER_IP = (Window(20, 3600),)


def headers_of(decision: Decision) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(decision.limit),
        "X-RateLimit-Remaining": str(decision.remaining),
        "X-RateLimit-Reset": str(-(-decision.reset_at_ms // 1000)),
    }


@lru_cache(maxsize=1024)
def ip_key(ip: str) -> str:
    """One client's addresses: an IPv4 address, or the /64 that an IPv6 client is given."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ip
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((int(address), 64), strict=False).network_address)
    return str(address)


async def count_send(services: Services, key: str, headers: dict[str, str]) -> None:
    """Raises ApiError 429 beyond 60 accepted sends and calls a minute; `key` is the caller's own.

    The answer's headers tell of this window where less is left in it; a refused request counts in none.
    """
    decision = await services.limiter.hit(f"{key}:sends", SENDS_PER_KEY)
    if decision.remaining < int(headers["X-RateLimit-Remaining"]):
        headers |= headers_of(decision)
    if not decision.allowed:
        await services.limiter.take_back(key)
        raise too_many(decision.retry_after_seconds)


async def check_public(services: Services, ip: str) -> None:
    """Raises ApiError 429 beyond 60 requests a minute and IP."""
    decision = await services.limiter.hit(f"votel:public:{ip_key(ip)}", PUBLIC)
    if not decision.allowed:
        raise too_many(decision.retry_after_seconds)
