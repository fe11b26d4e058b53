"""Objects as files below one directory."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, TypeVar

from antiphon.core.errors import ErrorCategory, ServiceError
from antiphon.core.storage.types import CHUNK_BYTES, ObjectMissing, check_key, check_range

T = TypeVar("T")

_TEMPORARY = ".tmp"
# They wait for the disk, which serves a crowd as fast as a few.
_THREADS = 32
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class LocalStore:
    """An object store in a directory of this machine; file system calls run in threads of its own.

    A put is written aside, synced, renamed, and its directories synced.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._temporary = root / _TEMPORARY
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="storage")

    async def put(self, key: str, data: bytes) -> None:
        await self._run(self._write, check_key(key), lambda target: target.write(data))

    async def put_file(self, key: str, path: Path) -> None:
        check_key(key)
        source = await asyncio.get_running_loop().run_in_executor(self._threads, path.open, "rb")
        with source:
            await self._run(self._write, key, lambda target: shutil.copyfileobj(source, target, CHUNK_BYTES))

    async def take_file(self, key: str, path: Path) -> None:
        if not await self._run(self._move, check_key(key), path):
            await self.put_file(key, path)
            await self._run(path.unlink)

    async def get(self, key: str) -> bytes:
        return await self._run(self._read, check_key(key), 0, None)

    async def get_range(self, key: str, start: int, end: int) -> bytes:
        check_range(start, end)
        return await self._run(self._read, check_key(key), start, end)

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        check_range(start, end)
        file = await self._run(self._open, check_key(key))
        try:
            await self._run(file.seek, start)
            left = end - start if end is not None else None
            while left is None or left > 0:
                chunk = await self._run(file.read, CHUNK_BYTES if left is None else min(CHUNK_BYTES, left))
                if not chunk:
                    return
                yield chunk
                left = None if left is None else left - len(chunk)
        finally:
            file.close()

    async def size(self, key: str) -> int:
        return await self._run(self._size, check_key(key))

    async def fetch_to(self, key: str, path: Path) -> None:
        await self._run(self._fetch, check_key(key), path)

    async def delete(self, key: str) -> None:
        await self._run(self._delete, check_key(key))

    async def sweep_temporary(self, older_than: timedelta) -> int:
        return await self._run(self._sweep, time.time() - older_than.total_seconds())

    async def check(self) -> None:
        await self._run(self._try_write)

    async def close(self) -> None:
        self._threads.shutdown(wait=False)

    async def _run(self, function: Callable[..., T], *arguments: object) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)
        except OSError as exc:
            raise _service_error(exc) from exc

    def _path(self, key: str) -> Path:
        return self._root / key

    def _write(self, key: str, fill: Callable[[BinaryIO], object]) -> None:
        target = self._path(key)
        with self._draft() as (draft, file):
            fill(file)
            file.flush()
            os.fsync(file.fileno())
            _place(draft, target)

    def _move(self, key: str, source: Path) -> bool:
        """False when the file is on another file system, or not there."""
        try:
            descriptor = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            os.fchmod(descriptor, 0o600)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        try:
            _place(source, self._path(key))
        except OSError as exc:
            if exc.errno != errno.EXDEV:
                raise
            return False
        return True

    @contextlib.contextmanager
    def _draft(self) -> Iterator[tuple[Path, BinaryIO]]:
        for directory in _make_directories(self._temporary):
            _sync(directory)
        draft = self._temporary / secrets.token_hex(16)
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                yield draft, file
        except BaseException:
            draft.unlink(missing_ok=True)
            raise

    def _open(self, key: str) -> BinaryIO:
        try:
            return self._path(key).open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise ObjectMissing(key) from None

    def _read(self, key: str, start: int, end: int | None) -> bytes:
        with self._open(key) as file:
            file.seek(start)
            return file.read(-1 if end is None else end - start)

    def _size(self, key: str) -> int:
        with self._open(key) as file:
            return os.fstat(file.fileno()).st_size

    def _fetch(self, key: str, path: Path) -> None:
        with self._open(key) as source, path.open("wb") as target:
            shutil.copyfileobj(source, target, CHUNK_BYTES)

    def _delete(self, key: str) -> None:
        path = self._path(key)
        try:
            path.unlink()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return
        _sync(path.parent)

    def _sweep(self, before: float) -> int:
        removed = 0
        if not self._temporary.is_dir():
            return removed
        for path in self._temporary.iterdir():
            # A write that still runs may finish or give up in between.
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime <= before:
                    path.unlink()
                    removed += 1
        return removed

    def _try_write(self) -> None:
        with self._draft() as (draft, file):
            file.write(b"\0")
            file.flush()
            draft.unlink()


def _place(draft: Path, target: Path) -> None:
    """Give a file that is on disk its name, for good."""
    changed = _make_directories(target.parent)
    draft.rename(target)
    # The innermost first: one commit of the file system's journal then covers all of them.
    for directory in (target.parent, *changed):
        _sync(directory)


def _make_directories(directory: Path) -> list[Path]:
    """Create what is missing; returns the directories whose new entries are not on disk yet."""
    if directory.is_dir():
        return []
    above = _make_directories(directory.parent)
    # Another thread may have made it meanwhile; either way its entry must be on disk before we go on.
    with contextlib.suppress(FileExistsError):
        directory.mkdir(0o700)
    return [directory.parent, *above]


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _service_error(exc: OSError) -> ServiceError:
    reason = exc.strerror or str(exc)
    if exc.errno in _FULL:
        return ServiceError(ErrorCategory.SERVER, f"The object store is full: {reason}", service="storage")
    category = ErrorCategory.AUTH if isinstance(exc, PermissionError) else ErrorCategory.SERVER
    return ServiceError(category, f"The object store failed: {reason}", service="storage")
