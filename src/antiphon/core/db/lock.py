"""One server per data folder: SQLite has one writer, so a second server is refused at start."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType

from antiphon.core.errors import ConfigurationError


class ServerLock:
    """An advisory lock held for the life of the process; the kernel frees it after a crash.

    Raises ConfigurationError when another live process holds it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def __enter__(self) -> ServerLock:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = os.pread(handle, 32, 0).decode("ascii", "replace").strip()
            os.close(handle)
            raise ConfigurationError(
                f"another server (process {owner or 'unknown'}) already serves {self._path.parent}"
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        self._handle = handle
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
