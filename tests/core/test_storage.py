from __future__ import annotations

import asyncio
import errno
import os
import shutil
import socket
import stat
import subprocess
import urllib.request
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from antiphon.core.errors import ConfigurationError, ErrorCategory, ServiceError
from antiphon.core.storage import LocalStore, ObjectMissing, ObjectStore, StorageConfig, create_store
from antiphon.core.storage.s3 import S3Store

KEY = "voicegrams/0198c0de/audio.webm"
DATA = bytes(range(256)) * 4096  # 1 MiB, so that streams have several chunks


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def s3_config(endpoint: str, **changes: str) -> StorageConfig:
    bucket = f"bucket-{uuid.uuid4()}"
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/{bucket}", method="PUT")).close()
    settings = {"bucket": bucket, "prefix": "objects", "access_key": "test", "secret_key": "test", **changes}
    return StorageConfig("s3", endpoint=endpoint, **settings)  # type: ignore[arg-type]  # all are text


@pytest.fixture(params=["local", "s3"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ObjectStore]:
    if request.param == "local":
        made = create_store(StorageConfig("local", root=tmp_path / "objects"))
        assert isinstance(made, LocalStore)
    else:
        made = create_store(s3_config(request.getfixturevalue("s3_endpoint")))
        assert isinstance(made, S3Store)
    yield made
    await made.close()


async def chunks(stream: AsyncIterator[bytes]) -> list[bytes]:
    return [chunk async for chunk in stream]


async def test_what_is_put_is_got(store: ObjectStore) -> None:
    await store.put(KEY, DATA)
    assert await store.get(KEY) == DATA
    assert await store.size(KEY) == len(DATA)


@pytest.mark.parametrize("size", [0, 1, 6_000_000])
async def test_file_goes_in_and_comes_out(store: ObjectStore, tmp_path: Path, size: int) -> None:
    source = tmp_path / "source"
    source.write_bytes(os.urandom(size))
    await store.put_file(KEY, source)
    await store.fetch_to(KEY, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == source.read_bytes()
    assert await store.size(KEY) == size


@pytest.mark.parametrize("size", [0, 6_000_000])
async def test_a_taken_file_is_gone(store: ObjectStore, tmp_path: Path, size: int) -> None:
    source, data = tmp_path / "source", os.urandom(size)
    source.write_bytes(data)
    await store.put(KEY, b"before")
    await store.take_file(KEY, source)
    assert await store.get(KEY) == data
    assert not source.exists()


async def test_put_replaces(store: ObjectStore) -> None:
    await store.put(KEY, b"first, longer")
    await store.put(KEY, b"second")
    assert await store.get(KEY) == b"second"


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (0, 10),
        (5, 6),
        (7, 7),
        (len(DATA) - 3, len(DATA)),
        (len(DATA) - 3, len(DATA) + 50),
        (len(DATA), len(DATA) + 1),
        (len(DATA) + 9, len(DATA) + 99),
        (100, 900_000),
    ],
)
async def test_ranges(store: ObjectStore, start: int, end: int) -> None:
    await store.put(KEY, DATA)
    assert await store.get_range(KEY, start, end) == DATA[start:end]
    assert b"".join(await chunks(store.stream(KEY, start, end))) == DATA[start:end]


async def test_stream_comes_in_chunks(store: ObjectStore) -> None:
    await store.put(KEY, DATA)
    parts = await chunks(store.stream(KEY))
    assert b"".join(parts) == DATA
    assert len(parts) > 1
    assert b"".join(await chunks(store.stream(KEY, 1000))) == DATA[1000:]


@pytest.mark.parametrize(("start", "end"), [(-1, 5), (5, 4)])
async def test_impossible_ranges_are_refused(store: ObjectStore, start: int, end: int) -> None:
    with pytest.raises(ValueError, match="range"):
        await store.get_range(KEY, start, end)
    with pytest.raises(ValueError, match="range"):
        await chunks(store.stream(KEY, start, end))


async def test_a_missing_object_says_so_everywhere(store: ObjectStore, tmp_path: Path) -> None:
    await store.put("voicegrams/other", b"x")
    for key in (KEY, "voicegrams", "voicegrams/other/below"):
        for call in (
            store.get(key),
            store.get_range(key, 0, 1),
            store.size(key),
            store.fetch_to(key, tmp_path / "copy"),
            chunks(store.stream(key)),
        ):
            with pytest.raises(ObjectMissing) as caught:
                await call
            assert caught.value.key == key
    assert not (tmp_path / "copy").exists()


async def test_delete_is_for_good_and_may_be_repeated(store: ObjectStore) -> None:
    await store.put(KEY, b"x")
    await store.put(KEY + ".other", b"y")
    await store.delete(KEY)
    await store.delete(KEY)
    await store.delete("never/was")
    with pytest.raises(ObjectMissing):
        await store.get(KEY)
    assert await store.get(KEY + ".other") == b"y"


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "..",
        "../x",
        "a/../b",
        "a/./b",
        "a//b",
        "a/",
        ".tmp/x",
        "a/.hidden",
        "a\0b",
        "a\nb",
        "a b",
        "a\\b",
        "ä",
        "-x",
        "a/" + "b" * 201,
        "/".join(["a" * 100] * 6),
        "a\n",
    ],
)
async def test_other_keys_are_refused(store: ObjectStore, tmp_path: Path, key: str) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x")
    for call in (
        store.put(key, b"x"),
        store.put_file(key, source),
        store.take_file(key, source),
        store.get(key),
        store.get_range(key, 0, 1),
        store.size(key),
        store.fetch_to(key, tmp_path / "copy"),
        store.delete(key),
        chunks(store.stream(key)),
    ):
        with pytest.raises(ValueError, match="object key"):
            await call


async def test_putting_a_missing_file_is_the_callers_error(store: ObjectStore, tmp_path: Path) -> None:
    for call in (store.put_file, store.take_file):
        with pytest.raises(FileNotFoundError):
            await call(KEY, tmp_path / "none")
    with pytest.raises(ObjectMissing):
        await store.size(KEY)


async def test_readers_see_one_of_the_versions_whole(store: ObjectStore) -> None:
    versions = [bytes([index]) * 200_000 for index in range(8)]
    await store.put(KEY, versions[0])

    async def read() -> None:
        for _ in range(20):
            assert await store.get(KEY) in versions

    await asyncio.gather(*(store.put(KEY, version) for version in versions), read(), read())


async def test_check_passes_on_a_working_store(store: ObjectStore) -> None:
    await store.check()
    assert await store.sweep_temporary(timedelta(0)) == 0


# Local


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "objects"


@pytest.fixture
async def local(root: Path) -> AsyncIterator[LocalStore]:
    made = LocalStore(root)
    yield made
    await made.close()


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir())


async def test_bytes_and_names_are_synced_before_put_returns(
    local: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """contracts/voicegram.md 7.1: the upload is answered only after the recording is stored durably."""
    steps: list[tuple[str, str]] = []
    real_fsync, real_rename = os.fsync, Path.rename

    def fsync(descriptor: int) -> None:
        kind = "directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        steps.append((kind, str(Path(f"/proc/self/fd/{descriptor}").readlink())))
        real_fsync(descriptor)

    def rename(source: Path, target: Path) -> Path:
        steps.append(("rename", str(target)))
        return real_rename(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "rename", rename)
    await local.put("a/b/c", b"x")
    directories = [path for kind, path in steps if kind == "directory"]
    # Each new directory's entry is in its parent.
    assert {str(root.parent), str(root), str(root / "a"), str(root / "a/b")} <= set(directories)
    order = [kind for kind, path in steps if kind != "directory" or path == str(root / "a/b")]
    assert order == ["file", "rename", "directory"]
    await local.delete("a/b/c")
    assert steps[-1] == ("directory", str(root / "a/b"))


async def test_a_taken_file_is_moved_and_synced(
    local: LocalStore, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """contracts/voicegram.md 7.1, of a file that lies on the same file system."""
    source = tmp_path / "source"
    source.write_bytes(b"x")
    number = source.stat().st_ino
    steps: list[tuple[str, bool]] = []
    real_fsync = os.fsync

    def fsync(descriptor: int) -> None:
        steps.append((str(Path(f"/proc/self/fd/{descriptor}").readlink()), (root / KEY).exists()))
        real_fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    await local.take_file(KEY, source)
    assert (root / KEY).stat().st_ino == number
    assert steps[0] == (str(source), False)
    assert {(str(path), True) for path in ((root / KEY).parent, root, root.parent)} <= set(steps[1:])


async def test_a_file_of_another_disk_is_taken(
    local: LocalStore, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x")
    real = Path.rename

    def rename(path: Path, target: Path) -> Path:
        if path == source:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return real(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    await local.take_file(KEY, source)
    assert await local.get(KEY) == b"x"
    assert not source.exists()


async def test_files_are_private(local: LocalStore, root: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x")
    source.chmod(0o644)
    await local.put(KEY, b"x")
    await local.take_file(f"{KEY}.taken", source)
    for name in (KEY, f"{KEY}.taken"):
        assert (root / name).stat().st_mode & 0o777 == 0o600
    assert (root / KEY).parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("point", ["write", "fsync", "rename", "mkdir"])
async def test_full_disk_is_an_error_and_leaves_nothing(
    local: LocalStore, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    await local.put("kept/object", b"before")
    source = tmp_path / "source"
    source.write_bytes(b"x" * 1000)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if point == "write":
        monkeypatch.setattr(shutil, "copyfileobj", full)
    elif point == "fsync":
        monkeypatch.setattr(os, "fsync", full)
    elif point == "rename":
        monkeypatch.setattr(Path, "rename", full)
    else:
        monkeypatch.setattr(Path, "mkdir", full)
    key = "new/object" if point == "mkdir" else "kept/object"
    with pytest.raises(ServiceError, match="full") as caught:
        await local.put_file(key, source)
    monkeypatch.undo()
    assert caught.value.category is ErrorCategory.SERVER
    assert files(root) == ["kept/object"]
    assert await local.get("kept/object") == b"before"
    await local.put_file(key, source)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    directory = tmp_path / "disk"
    directory.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(directory)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting a small file system needs root")
    yield directory
    subprocess.run(["umount", str(directory)], check=True)


async def test_really_full_disk(small_disk: Path) -> None:
    store = LocalStore(small_disk / "objects")
    await store.put("small", b"x" * 1000)
    with pytest.raises(ServiceError, match="full"):
        await store.put("big", b"x" * 2_000_000)
    assert files(small_disk / "objects") == ["small"]
    await store.put("fits", b"x" * 500_000)
    with pytest.raises(ServiceError, match="full"):
        await store.put("fits", b"y" * 700_000)
    assert await store.get("fits") == b"x" * 500_000
    await store.close()


async def test_unusable_directory_is_a_service_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = LocalStore(tmp_path / "file" / "objects")
    for call in (store.put(KEY, b"x"), store.check()):
        with pytest.raises(ServiceError):
            await call
    await store.close()


async def test_leftovers_of_a_crash_are_swept_by_age(local: LocalStore, root: Path) -> None:
    await local.put(KEY, b"x")
    old, new = root / ".tmp" / "old", root / ".tmp" / "new"
    old.write_bytes(b"half")
    new.write_bytes(b"half")
    an_hour_ago = new.stat().st_mtime - 3600
    os.utime(old, (an_hour_ago, an_hour_ago))
    assert await local.sweep_temporary(timedelta(minutes=30)) == 1
    assert files(root) == [".tmp/new", KEY]
    assert await local.sweep_temporary(timedelta(0)) == 1
    assert await local.get(KEY) == b"x"


async def test_an_unfinished_stream_closes_its_file(local: LocalStore) -> None:
    await local.put(KEY, DATA)
    stream = local.stream(KEY)
    assert await anext(stream)
    await local.delete(KEY)
    assert await anext(stream)  # the reader keeps what it has begun
    await stream.aclose()  # type: ignore[attr-defined]  # both stores' streams are generators


# S3


async def test_s3_objects_lie_under_the_prefix(s3_endpoint: str) -> None:
    config = s3_config(s3_endpoint)
    store = create_store(config)
    await store.put(KEY, b"x")
    with urllib.request.urlopen(f"{s3_endpoint}/{config.bucket}?list-type=2") as answer:
        assert f"<Key>objects/{KEY}</Key>".encode() in answer.read()


async def test_s3_bucket_that_does_not_exist(s3_endpoint: str) -> None:
    config = StorageConfig("s3", bucket="none", endpoint=s3_endpoint, access_key="a", secret_key="b")
    store = create_store(config)
    for call in (store.put(KEY, b"x"), store.get(KEY), store.check()):
        with pytest.raises(ServiceError, match="bucket") as caught:
            await call
        assert caught.value.category is ErrorCategory.CALLER


async def test_s3_away_is_a_connectivity_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("antiphon.core.storage.s3._RETRIES", 0)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{probe.getsockname()[1]}"
    store = create_store(StorageConfig("s3", bucket="b", endpoint=endpoint, access_key="a", secret_key="b"))
    for call in (store.put(KEY, b"x"), store.size(KEY), store.check(), store.delete(KEY)):
        with pytest.raises(ServiceError) as caught:
            await call
        assert caught.value.category is ErrorCategory.CONNECTIVITY


@pytest.mark.parametrize(("bucket", "endpoint"), [("b", "not a url"), ("b", "ftp://example.org"), ("", "")])
def test_impossible_s3_settings_are_a_configuration_error(bucket: str, endpoint: str) -> None:
    with pytest.raises(ConfigurationError, match="S3"):
        create_store(StorageConfig("s3", bucket=bucket, endpoint=endpoint))


def test_the_secret_is_not_in_the_representation() -> None:
    assert "hidden" not in repr(StorageConfig("s3", secret_key="hidden"))
