"""Sessions to OpenAI-compatible services, by who has named the service."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp

from antiphon.core.http import AddressPolicy, guarded_session


def open_session(
    allowed_networks: tuple[str, ...] | None,
    timeout: aiohttp.ClientTimeout,
    headers: Mapping[str, str] | None = None,
) -> aiohttp.ClientSession:
    """The operator's own service when `allowed_networks` is None, else one that an account has named.

    An account's service must have a public address, or one in a network that the operator allows.
    """
    if allowed_networks is None:
        return aiohttp.ClientSession(timeout=timeout, headers=headers)
    return guarded_session(AddressPolicy(allowed_networks), timeout, headers)
