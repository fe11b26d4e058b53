"""Recording links: signed and short-lived; they need no key and name no file (contracts/voicory.md 8.1)."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from hashlib import blake2b

from antiphon.core.clock import HOUR

LINK_VALIDITY_MS = HOUR
_MAC_BYTES = 16
_TOKEN = re.compile(r"([0-9a-f]{12})([0-9a-f]{32})", re.ASCII)


class RecordingLinks:
    """Makes and reads the token of `/api/recordings/<uuid>?t=<token>`: an expiry under a MAC, in hex."""

    def __init__(self, key: bytes, origin: str) -> None:
        self._keyed = blake2b(key=key, digest_size=_MAC_BYTES)
        self._prefix = f"{origin}/api/recordings/"

    def url(self, call_id: str, expires_at: int) -> str:
        """The address that plays the call's recording until `expires_at` (milliseconds)."""
        return self.urls((call_id,), expires_at)[0]

    def urls(self, call_ids: Iterable[str], expires_at: int) -> list[str]:
        """As `url`, of each call."""
        time = f"{expires_at:012x}"
        return [f"{self._prefix}{call_id}?t={time}{self._mac(call_id, time)}" for call_id in call_ids]

    def expiry(self, call_id: str, token: str) -> int | None:
        """When the token made for this call ends; None for any other text."""
        match = _TOKEN.fullmatch(token)
        if match is None or not hmac.compare_digest(match[2], self._mac(call_id, match[1])):
            return None
        return int(match[1], 16)

    def _mac(self, call_id: str, time: str) -> str:
        # Keyed BLAKE2 is a MAC in one call; lists sign a link a row.
        mac = self._keyed.copy()
        mac.update(f"{call_id}{time}".encode())
        return mac.hexdigest()
