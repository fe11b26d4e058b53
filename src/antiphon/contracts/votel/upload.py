"""A multipart upload received straight into a file: never whole in memory, refused as soon as too large."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from antiphon.contracts.votel.errors import ApiError, invalid
from antiphon.core.ids import new_id
from antiphon.domain.services import Services
from antiphon.speech.audio import MAX_BYTES, AudioError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MAX_FIELD_BYTES = 16 * 1024
MAX_PARTS = 20
_FLUSH_BYTES = 1024 * 1024
_SUFFIX = ".upload"


@dataclass(slots=True)
class Upload:
    """Text fields by name, and the file part when there was one, as it was called; `size` in bytes."""

    fields: dict[str, str] = field(default_factory=dict)
    path: Path | None = None
    name: str = ""
    size: int = 0


def incoming_directory(services: Services) -> Path:
    """Where uploads wait while they are received; beside the data, as /tmp may be memory."""
    return services.settings.data_dir / "incoming"


@asynccontextmanager
async def receive(request: Request, directory: Path, file_field: str) -> AsyncIterator[Upload]:
    """The parsed body; its file is gone when the block ends.

    Raises ApiError 400 for a malformed body, AudioError `too_large` beyond 25 MiB, OSError for a full disk.
    """
    boundary = _boundary(request)
    _check_length(request)
    path = directory / f"{new_id()}{_SUFFIX}"
    spool = _Spool(path)
    try:
        yield await _Receiver(boundary, file_field, spool).run(request)
    finally:
        if spool.is_open or path.exists():
            await asyncio.to_thread(spool.remove)


def sweep_uploads(directory: Path, older_than_seconds: float = 3600.0) -> int:
    """Delete what a killed process left behind; returns how many."""
    limit = time.time() - older_than_seconds
    stale = [path for path in directory.glob(f"*{_SUFFIX}") if path.stat().st_mtime < limit]
    for path in stale:
        path.unlink(missing_ok=True)
    return len(stale)


class _Spool:
    """The file that an upload goes to; made with the first bytes, for threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None

    @property
    def is_open(self) -> bool:
        return self._file is not None

    def write(self, data: bytearray, *, last: bool) -> None:
        """Append; the last part closes the file."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("xb", buffering=0)
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) :]
        if last:
            self._file.close()
            self._file = None

    def remove(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
        self.path.unlink(missing_ok=True)


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary:
        raise invalid("", "The Content-Type must be multipart/form-data with a boundary")
    return boundary


def _check_length(request: Request) -> None:
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > MAX_BYTES + MAX_PARTS * MAX_FIELD_BYTES:
        raise AudioError("too_large", max_bytes=MAX_BYTES)


class _Receiver:
    def __init__(self, boundary: bytes, file_field: str, spool: _Spool) -> None:
        self._file_field = file_field
        self._spool = spool
        self._upload = Upload()
        self._waiting = bytearray()
        self._header_name = b""
        self._header_value = b""
        self._name: str | None = None
        self._file_name = ""
        self._text = bytearray()
        self._parts = 0
        self._ended = False
        callbacks: MultipartCallbacks = {
            "on_part_begin": self._on_part_begin,
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": self._on_part_data,
            "on_part_end": self._on_part_end,
            "on_end": self._on_end,
        }
        try:
            self._parser = MultipartParser(boundary, callbacks)
        except FormParserError as error:
            raise _malformed() from error

    async def run(self, request: Request) -> Upload:
        try:
            async for chunk in request.stream():
                self._parser.write(chunk)
                if len(self._waiting) >= _FLUSH_BYTES:
                    await self._flush(last=False)
            self._parser.finalize()
        except FormParserError as error:
            raise _malformed() from error
        if not self._ended:
            raise _malformed()
        if self._upload.path is not None:
            await self._flush(last=True)
        return self._upload

    async def _flush(self, *, last: bool) -> None:
        data, self._waiting = self._waiting, bytearray()
        await asyncio.to_thread(self._spool.write, data, last=last)

    def _on_part_begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise invalid("", f"More than {MAX_PARTS} parts")
        self._name = None
        self._text.clear()

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            _, options = parse_options_header(self._header_value)
            self._name = options.get(b"name", b"").decode("utf-8", "replace") or None
            self._file_name = options.get(b"filename", b"").decode("utf-8", "replace")
        self._header_name = self._header_value = b""

    def _on_headers_finished(self) -> None:
        if self._name is None:
            raise _malformed()
        if self._name == self._file_field:
            if self._upload.path is not None:
                raise invalid(self._file_field, "More than one file")
            self._upload.path = self._spool.path
            self._upload.name = self._file_name

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._name == self._file_field:
            self._upload.size += end - start
            if self._upload.size > MAX_BYTES:
                raise AudioError("too_large", max_bytes=MAX_BYTES)
            self._waiting += data[start:end]
            return
        if len(self._text) + end - start > MAX_FIELD_BYTES:
            raise invalid(self._name or "", f"Longer than {MAX_FIELD_BYTES} bytes")
        self._text += data[start:end]

    def _on_part_end(self) -> None:
        if self._name is None or self._name == self._file_field:
            return
        try:
            text = self._text.decode()
        except UnicodeDecodeError:
            raise invalid(self._name, "not UTF-8 text") from None
        if "\0" in text:
            raise invalid(self._name, "must not hold NUL characters")
        self._upload.fields.setdefault(self._name, text.strip())

    def _on_end(self) -> None:
        self._ended = True


def _malformed() -> ApiError:
    return invalid("", "The body is not valid multipart/form-data")
