"""Objects in an S3 bucket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store as Bucket

from antiphon.core.errors import ErrorCategory, ServiceError
from antiphon.core.storage.types import CHUNK_BYTES, ObjectMissing, StorageConfig, check_key, check_range

# Smaller files go up in one request, which a crash cannot leave in parts.
_MULTIPART_BYTES = 64 * 1024 * 1024
_RETRIES = 3
_UNREACHABLE = ("error sending request", "connect", "timed out", "timeout", "dns error")


class S3Store:
    """An object store in a bucket of S3 or of a service with its interface."""

    def __init__(self, config: StorageConfig) -> None:
        self._bucket = Bucket(
            config.bucket,
            prefix=config.prefix.strip("/") or None,
            config={
                "region": config.region,
                "virtual_hosted_style_request": not config.endpoint,
                **({"endpoint": config.endpoint.rstrip("/")} if config.endpoint else {}),
                **(
                    {"access_key_id": config.access_key, "secret_access_key": config.secret_key}
                    if config.access_key
                    else {}
                ),
            },
            client_options={
                "allow_http": config.endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=5),
                "timeout": timedelta(seconds=120),
            },
            retry_config={
                "max_retries": _RETRIES,
                "retry_timeout": timedelta(seconds=30),
                "backoff": {
                    "init_backoff": timedelta(milliseconds=100),
                    "max_backoff": timedelta(seconds=2),
                    "base": 2,
                },
            },
        )

    async def put(self, key: str, data: bytes) -> None:
        with _errors(check_key(key)):
            await self._bucket.put_async(key, data, use_multipart=False)

    async def put_file(self, key: str, path: Path) -> None:
        check_key(key)
        size = (await asyncio.to_thread(path.stat)).st_size
        with _errors(key):
            await self._bucket.put_async(key, path, use_multipart=size > _MULTIPART_BYTES)

    async def take_file(self, key: str, path: Path) -> None:
        await self.put_file(key, path)
        await asyncio.to_thread(path.unlink)

    async def get(self, key: str) -> bytes:
        with _errors(check_key(key)):
            answer = await self._bucket.get_async(key)
            return bytes(await answer.bytes_async())

    async def get_range(self, key: str, start: int, end: int) -> bytes:
        return b"".join([chunk async for chunk in self.stream(key, start, end)])

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        check_range(start, end)
        # A range that begins behind the last byte is an error of the protocol, so the length is asked first.
        last = await self.size(key)
        last = last if end is None else min(end, last)
        if start >= last:
            return
        with _errors(key):
            answer = await self._bucket.get_async(key, options={"range": (start, last)})
            async for chunk in answer.stream(CHUNK_BYTES):
                yield bytes(chunk)

    async def size(self, key: str) -> int:
        with _errors(check_key(key)):
            return (await self._bucket.head_async(key))["size"]

    async def fetch_to(self, key: str, path: Path) -> None:
        with _errors(check_key(key)):
            answer = await self._bucket.get_async(key)
            file = await asyncio.to_thread(path.open, "wb")
            with file:
                async for chunk in answer.stream(CHUNK_BYTES):
                    await asyncio.to_thread(file.write, chunk)

    async def delete(self, key: str) -> None:
        try:
            with _errors(check_key(key)):
                await self._bucket.delete_async(key)
        except ObjectMissing:
            return

    async def sweep_temporary(self, older_than: timedelta) -> int:
        """Nothing to do: unfinished uploads are the bucket's own, and its lifecycle rule ends them."""
        return 0

    async def check(self) -> None:
        # A read, because the answer to a HEAD does not tell a missing bucket from a missing object.
        try:
            await self.get("check")
        except ObjectMissing:
            return

    async def close(self) -> None:
        return None


@contextmanager
def _errors(key: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as exc:
        if "NoSuchBucket" in str(exc):
            raise ServiceError(ErrorCategory.CALLER, "The bucket does not exist.", service="s3") from exc
        raise ObjectMissing(key) from exc
    except (PermissionDeniedError, UnauthenticatedError) as exc:
        raise ServiceError(ErrorCategory.AUTH, f"The bucket refused us: {exc}", service="s3") from exc
    except BaseError as exc:
        text = str(exc)
        unreachable = any(word in text.lower() for word in _UNREACHABLE)
        category = ErrorCategory.CONNECTIVITY if unreachable else ErrorCategory.SERVER
        raise ServiceError(category, f"The bucket did not answer: {text}", service="s3") from exc
