"""Identifiers: UUIDv7 as lower-case text, so that ids sort by creation and read the same on both stores."""

from __future__ import annotations

import re

import uuid_utils

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def new_id() -> str:
    return str(uuid_utils.uuid7())


def is_uuid(value: str) -> bool:
    """Whether the text is a uuid in canonical form; letters may be of either case."""
    return _UUID.fullmatch(value.lower()) is not None
