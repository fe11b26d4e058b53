"""Listen links: signed, and backed by a listener row per recipient (contracts/voicegram.md 8)."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from uuid import UUID

_MAC_BYTES = 16
_BODY_BYTES = 24


@dataclass(frozen=True, slots=True)
class ListenToken:
    listener_id: str
    expires_at: int


class ListenLinks:
    """Makes and reads the token of `/api/listen/vg_<uuid>?t=<token>`.

    A token is a listener's id and an expiry in milliseconds under a MAC that covers the voicegram's id too,
    so equal input gives an equal link and no row is written per link.
    """

    def __init__(self, key: bytes, origin: str) -> None:
        # Unlike hmac.digest this keeps the interpreter lock, which the event loop would have to wait for.
        self._keyed = hmac.new(key, digestmod="sha256")
        self.origin = origin

    def url(self, voicegram_id: str, listener_id: str, expires_at: int) -> str:
        token = self.token(voicegram_id, listener_id, expires_at)
        return f"{self.origin}/api/listen/vg_{voicegram_id}?t={token}"

    def dashboard_url(self, voicegram_id: str) -> str:
        return f"{self.origin}/dashboard/inbox/vg_{voicegram_id}"

    def token(self, voicegram_id: str, listener_id: str, expires_at: int) -> str:
        body = bytes.fromhex(listener_id.replace("-", "")) + expires_at.to_bytes(8, "big")
        return _spell(body + self._mac(voicegram_id, body))

    def read(self, voicegram_id: str, token: str) -> ListenToken | None:
        """The token's content when it was made for this voicegram; expiry is the caller's to judge."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError:
            return None
        # One spelling per token: the bits that the last character does not need must be zero.
        if len(raw) != _BODY_BYTES + _MAC_BYTES or _spell(raw) != token:
            return None
        body, mac = raw[:_BODY_BYTES], raw[_BODY_BYTES:]
        if not hmac.compare_digest(mac, self._mac(voicegram_id, body)):
            return None
        return ListenToken(str(UUID(bytes=body[:16])), int.from_bytes(body[16:], "big"))

    def _mac(self, voicegram_id: str, body: bytes) -> bytes:
        mac = self._keyed.copy()
        mac.update(voicegram_id.encode() + body)
        return mac.digest()[:_MAC_BYTES]


def _spell(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
