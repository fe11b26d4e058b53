"""Column types that mean the same on both stores."""

from __future__ import annotations

from sqlalchemy import BigInteger, String, Text

Id = String(36)
"""A uuid as lower-case text."""

Millis = BigInteger
"""UTC milliseconds since the epoch."""

JsonText = Text
"""JSON kept as text: written and read as bytes by msgspec, never parsed by the driver."""
