"""Which network addresses a destination named by a user may have (contracts/voicegram.md 7.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# IANA special-purpose registries, and 168.63.129.16, where one cloud's hosts answer their guests.
_REFUSED_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")
# Inside 2000::/3: protocol assignments with Teredo, and documentation.
_REFUSED_V6 = tuple(IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "3fff::/20"))
_SIX_TO_FOUR = IPv6Network("2002::/16")
_NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP = (0x00005EFE, 0x02005EFE)


class AddressPolicy:
    """Refuses every address that is not public, unless it lies in a network the operator allows.

    An IPv4 address inside an IPv6 form (mapped, NAT64, 6to4, ISATAP) is judged as itself too.
    """

    def __init__(self, allowed_networks: Iterable[IPv4Network | IPv6Network | str] = ()) -> None:
        networks = [_network(item) for item in allowed_networks]
        self._allowed_v4 = tuple(item for item in networks if isinstance(item, IPv4Network))
        self._allowed_v6 = tuple(item for item in networks if isinstance(item, IPv6Network))
        self._decide = lru_cache(maxsize=4096)(self._is_allowed)

    def is_allowed(self, address: str | IPv4Address | IPv6Address) -> bool:
        """Whether a connection may be made; text that is no address, or has a zone, is refused."""
        return self._decide(address)

    def _is_allowed(self, address: str | IPv4Address | IPv6Address) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        if isinstance(parsed, IPv4Address):
            return self._is_allowed_v4(parsed)
        if parsed.scope_id is not None:
            return False
        if any(parsed in network for network in self._allowed_v6):
            return True
        if parsed.ipv4_mapped is not None:
            return self._is_allowed_v4(parsed.ipv4_mapped)
        is_public = parsed in _NAT64 or (
            parsed in _GLOBAL_V6 and not any(parsed in network for network in _REFUSED_V6)
        )
        return is_public and all(self._is_allowed_v4(inner) for inner in _embedded(parsed))

    def _is_allowed_v4(self, address: IPv4Address) -> bool:
        if any(address in network for network in self._allowed_v4):
            return True
        return not any(address in network for network in _REFUSED_V4)


def _embedded(address: IPv6Address) -> Iterator[IPv4Address]:
    value = int(address)
    if address in _NAT64 or (value >> 32) & 0xFFFFFFFF in _ISATAP:
        yield IPv4Address(value & 0xFFFFFFFF)
    if address in _SIX_TO_FOUR:
        yield IPv4Address((value >> 80) & 0xFFFFFFFF)


def _network(item: IPv4Network | IPv6Network | str) -> IPv4Network | IPv6Network:
    if isinstance(item, str):
        return IPv6Network(item) if ":" in item else IPv4Network(item)
    return item
