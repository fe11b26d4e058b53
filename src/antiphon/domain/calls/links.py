"""Recording links: signed and short-lived; they need no key and name no file (contracts/voicory.md 8.1)."""

from __future__ import annotations

import base64
import hmac

from antiphon.core.clock import HOUR

LINK_VALIDITY_MS = HOUR
_MAC_BYTES = 16
_TIME_BYTES = 6


class RecordingLinks:
    """Makes and reads the token of `/api/recordings/<uuid>?t=<token>`: an expiry under a MAC."""

    def __init__(self, key: bytes, origin: str) -> None:
        # Unlike hmac.digest this keeps the interpreter lock, which the event loop would have to wait for.
        self._keyed = hmac.new(key, digestmod="sha256")
        self._prefix = f"{origin}/api/recordings/"

    def url(self, call_id: str, expires_at: int) -> str:
        """The address that plays the call's recording until `expires_at` (milliseconds)."""
        time = expires_at.to_bytes(_TIME_BYTES, "big")
        token = base64.urlsafe_b64encode(time + self._mac(call_id, time)).decode().rstrip("=")
        return f"{self._prefix}{call_id}?t={token}"

    def expiry(self, call_id: str, token: str) -> int | None:
        """When the token made for this call ends; None for any other text."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError:
            return None
        if len(raw) != _TIME_BYTES + _MAC_BYTES:
            return None
        time, mac = raw[:_TIME_BYTES], raw[_TIME_BYTES:]
        if not hmac.compare_digest(mac, self._mac(call_id, time)):
            return None
        return int.from_bytes(time, "big")

    def _mac(self, call_id: str, time: bytes) -> bytes:
        mac = self._keyed.copy()
        mac.update(call_id.encode() + time)
        return mac.digest()[:_MAC_BYTES]
