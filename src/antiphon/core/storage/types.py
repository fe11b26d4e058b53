"""The object store port: recordings and media by key."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal, Protocol

from antiphon.core.errors import AntiphonError

CHUNK_BYTES = 256 * 1024
MAX_KEY_CHARS = 512
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,199}(?:/[A-Za-z0-9][A-Za-z0-9._\-]{0,199})*")


@dataclass(frozen=True, slots=True)
class StorageConfig:
    """Where objects are kept: `root` for local, the rest for S3 and what speaks like it.

    Without `access_key` the credentials of the environment or the machine are used.
    """

    kind: Literal["local", "s3"] = "local"
    root: Path = Path("data/objects")
    bucket: str = ""
    prefix: str = ""
    endpoint: str = ""
    region: str = "us-east-1"
    access_key: str = ""
    secret_key: str = field(default="", repr=False)


class ObjectMissing(AntiphonError):  # noqa: N818  an answer that callers expect, not a fault
    """No object has this key."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no object {key}")
        self.key = key


class ObjectStore(Protocol):
    """Objects by key: segments of letters, digits, `.`, `_`, `-`, joined by `/`, none beginning with a sign.

    Every method raises ValueError for another key and ServiceError when the store fails.
    """

    async def put(self, key: str, data: bytes) -> None:
        """Store or replace; on return the object survives a power loss. Never visible in part."""
        ...

    async def put_file(self, key: str, path: Path) -> None:
        """As `put`, from a file, which stays. Raises FileNotFoundError without it."""
        ...

    async def take_file(self, key: str, path: Path) -> None:
        """As `put_file`, but the file is moved where that can be done; it is gone afterwards."""
        ...

    async def get(self, key: str) -> bytes:
        """The whole object. Raises ObjectMissing."""
        ...

    async def get_range(self, key: str, start: int, end: int) -> bytes:
        """The bytes from `start` up to, not including, `end`, as far as there are. Raises ObjectMissing."""
        ...

    def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The same bytes in chunks; ObjectMissing comes with the first one."""
        ...

    async def size(self, key: str) -> int:
        """Length in bytes. Raises ObjectMissing."""
        ...

    async def fetch_to(self, key: str, path: Path) -> None:
        """Copy the object to a file. Raises ObjectMissing, and then leaves no file."""
        ...

    async def delete(self, key: str) -> None:
        """Remove for good; nothing happens when there is no such object."""
        ...

    async def sweep_temporary(self, older_than: timedelta) -> int:
        """Remove what uploads cut off by a crash left behind; the number of pieces."""
        ...

    async def check(self) -> None:
        """Raise ServiceError unless the store can be used; for the readiness page."""
        ...

    async def close(self) -> None: ...


def check_key(key: str) -> str:
    """The key itself. Raises ValueError when it is not well-formed."""
    if len(key) > MAX_KEY_CHARS or not _KEY.fullmatch(key):
        raise ValueError(f"not an object key: {key[:80]!r}")
    return key


def check_range(start: int, end: int | None) -> None:
    if start < 0 or (end is not None and end < start):
        raise ValueError(f"not a byte range: {start} to {end}")
