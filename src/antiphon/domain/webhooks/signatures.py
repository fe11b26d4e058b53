"""Signatures of outgoing webhooks, shared by the contracts."""

from __future__ import annotations

import hmac
from binascii import b2a_base64


def both_signatures(headers: dict[str, str], previous: dict[str, str]) -> dict[str, str]:
    """The Standard Webhooks headers of one request under two keys, the second one's signature behind."""
    name = "webhook-signature"
    return {**headers, name: f"{headers[name]} {previous[name]}"}


class Mac:
    """HMAC-SHA256 under one key, prepared for many messages."""

    def __init__(self, key: bytes) -> None:
        self._keyed = hmac.new(key, digestmod="sha256")

    def of(self, message: bytes) -> hmac.HMAC:
        # Unlike hmac.digest this keeps the interpreter lock for short messages; the event loop, having given
        # it to a busy thread, would wait a whole switch interval to get it back.
        mac = self._keyed.copy()
        mac.update(message)
        return mac

    def hex(self, timestamp: int, body: bytes, *, prefix: bytes = b"") -> str:
        """The MAC of `<prefix><timestamp>.<body>` in lower-case hex."""
        return self.of(b"%s%d.%s" % (prefix, timestamp, body)).hexdigest()

    def standard_headers(self, event_id: str, timestamp: int, body: bytes) -> dict[str, str]:
        """The Standard Webhooks headers; `timestamp` is in Unix seconds (contracts/voicegram.md 6)."""
        signed = b"%s.%d.%s" % (event_id.encode(), timestamp, body)
        signature = b2a_base64(self.of(signed).digest(), newline=False).decode()
        return {
            "webhook-id": event_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": f"v1,{signature}",
        }
