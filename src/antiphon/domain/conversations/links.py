"""Links to attachments: signed, short-lived, no row behind them (contracts/vocatech.md 5.4 and 6)."""

from __future__ import annotations

import base64
import hmac

from antiphon.core.clock import MINUTE

LINK_MS = 30 * MINUTE
_MAC_BYTES = 16
_TIME_BYTES = 8


class MediaLinks:
    """Makes and reads the token of `/api/media/<uuid>?t=<token>`: an expiry under a MAC with the id."""

    def __init__(self, key: bytes, origin: str) -> None:
        self._keyed = hmac.new(key, digestmod="sha256")
        self.origin = origin

    def url(self, media_id: str, expires_at: int) -> str:
        """`expires_at` in milliseconds."""
        body = expires_at.to_bytes(_TIME_BYTES, "big")
        token = base64.urlsafe_b64encode(body + self._mac(media_id, body)).decode().rstrip("=")
        return f"{self.origin}/api/media/{media_id}?t={token}"

    def allows(self, media_id: str, token: str, now: int) -> bool:
        """Whether the token was made for this attachment and is still valid."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError:
            return False
        if len(raw) != _TIME_BYTES + _MAC_BYTES:
            return False
        body, mac = raw[:_TIME_BYTES], raw[_TIME_BYTES:]
        return hmac.compare_digest(mac, self._mac(media_id, body)) and now < int.from_bytes(body, "big")

    def _mac(self, media_id: str, body: bytes) -> bytes:
        mac = self._keyed.copy()
        mac.update(media_id.encode() + body)
        return mac.digest()[:_MAC_BYTES]
