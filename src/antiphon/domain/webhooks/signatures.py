"""Signatures of outgoing webhooks, shared by the contracts."""

from __future__ import annotations

import base64
import hmac


def standard_headers(key: bytes, event_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The Standard Webhooks headers; `timestamp` is in Unix seconds (contracts/voicegram.md 6)."""
    signed = b"%s.%d.%s" % (event_id.encode(), timestamp, body)
    signature = base64.b64encode(_hmac(key, signed).digest()).decode()
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }


def hex_hmac(key: bytes, timestamp: int, body: bytes, *, prefix: bytes = b"") -> str:
    """HMAC-SHA256 of `<prefix><timestamp>.<body>` in lower-case hex."""
    return _hmac(key, b"%s%d.%s" % (prefix, timestamp, body)).hexdigest()


def _hmac(key: bytes, message: bytes) -> hmac.HMAC:
    # Unlike hmac.digest this keeps the interpreter lock for short messages; the event loop, having given it
    # to a busy thread, would wait a whole switch interval to get it back.
    return hmac.new(key, message, "sha256")
