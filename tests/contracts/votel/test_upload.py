"""What `POST /api/public/recording/voicegrams` takes and refuses (contracts/votel.md 18)."""

from __future__ import annotations

import asyncio
import errno
import io
import os
import resource
import time
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select

from antiphon.contracts.votel.routes.public_recording import clean_page_url
from antiphon.contracts.votel.upload import incoming_directory, sweep_uploads
from antiphon.core.db.transaction import ReadTx
from antiphon.core.errors import ErrorCategory, ServiceError
from antiphon.domain.channels.tables import channels
from antiphon.domain.mails.tables import mails
from antiphon.domain.voicegrams.tables import voicegram_steps, voicegrams
from antiphon.speech.audio import MAX_BYTES
from antiphon.speech.workers import Lane
from sounds import webm_recording
from votel_world import ORIGIN, SITE, World, fault

MIB = 1024 * 1024
BOUNDARY = "frontier"


async def rows(world: World) -> list[Any]:
    def read(tx: ReadTx) -> list[Any]:
        return list(tx.all(select(voicegrams).order_by(voicegrams.c.id)))

    return await world.services.database.read(read)


def objects(world: World, tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "objects").rglob("*") if path.is_file()]


async def assert_nothing_stored(world: World, tmp_path: Path) -> None:
    def read(tx: ReadTx) -> tuple[int, int, int]:
        counted = tx.scalar(select(func.sum(channels.c.voicegram_count)))
        steps = tx.scalar(select(func.count()).select_from(voicegram_steps))
        return int(tx.scalar(select(func.count()).select_from(voicegrams))), int(counted), int(steps)

    assert await world.services.database.read(read) == (0, 0, 0)
    assert objects(world, tmp_path) == []
    directory = incoming_directory(world.services)
    assert not directory.exists() or list(directory.iterdir()) == []


def wav_silence(seconds: int, rate: int = 8000) -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(rate)
        file.writeframes(b"\x80" * seconds * rate)
    return target.getvalue()


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    extra = f'; filename="{filename}"' if filename else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n'
    return head.encode() + content + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()


async def send_raw(
    world: World, content: Any, kind: str = f"multipart/form-data; boundary={BOUNDARY}", **headers: str
) -> httpx2.Response:
    return await world.public(
        "POST", "/voicegrams", content=content, headers={"Content-Type": kind, **headers}
    )


JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000") + b"\0" * 400
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 400
CONCAT = b"ffconcat version 1.0\nfile /etc/passwd\n"
SDP = b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n"
BAD_FILES = {
    "nothing": (b"", "empty"),
    "text named webm": (b"hello " * 1000, "not_audio"),
    "concat trick": (CONCAT, "not_audio"),
    "sdp trick": (SDP, "not_audio"),
    "playlist": (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "not_audio"),
    "jpeg": (JPEG, "not_audio"),
    "png": (PNG, "not_audio"),
    "zeros": (bytes(5000), "not_audio"),
    "noise": (bytes((number * 7919) % 251 for number in range(20_000)), "not_audio"),
    "only a header": (webm_recording()[:200], "not_audio"),
    "noise after magic bytes": (b"\x1a\x45\xdf\xa3" + bytes(range(256)) * 40, "not_audio"),
    "html": (b"<!doctype html><script>alert(1)</script>", "not_audio"),
}


@pytest.mark.parametrize("name", BAD_FILES)
async def test_files_that_are_no_recording(world: World, tmp_path: Path, name: str) -> None:
    """votel.md 18: 400 `not_audio` or `empty`, whatever name and type they come with."""
    content, code = BAD_FILES[name]
    token = await world.sender_token(world.ours.campaign)
    found = fault(await world.upload(world.ours.campaign, token, content))
    assert (found["field"], found["code"]) == ("audio", code)
    await assert_nothing_stored(world, tmp_path)


async def test_hours_of_silence(world: World, tmp_path: Path) -> None:
    """votel.md 18: 400 `too_long` beyond five minutes, however small the file."""
    token = await world.sender_token(world.ours.campaign)
    for content in (wav_silence(301), wav_silence(3000)):
        found = fault(await world.upload(world.ours.campaign, token, content, filename="a.wav"))
        assert (found["field"], found["code"]) == ("audio", "too_long")
    await assert_nothing_stored(world, tmp_path)
    accepted = await world.upload(world.ours.campaign, token, wav_silence(300), filename="a.wav")
    assert accepted.status_code == 202


async def test_truncated_recording_counts_for_what_is_there(world: World) -> None:
    """A recording cut off by a crash of the browser is still a message."""
    token = await world.sender_token(world.ours.campaign)
    whole = webm_recording(3.0)
    answer = await world.upload(world.ours.campaign, token, whole[: len(whole) // 2])
    assert answer.status_code == 202
    [row] = await rows(world)
    assert 500 < row.duration_ms < 2500


async def test_declared_200_megabytes_are_not_read(world: World, tmp_path: Path) -> None:
    """votel.md 18: `too_large` by the announced length alone."""

    async def body() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    answer = await send_raw(world, body(), **{"Content-Length": str(200 * MIB)})
    assert fault(answer)["code"] == "too_large"
    await assert_nothing_stored(world, tmp_path)


async def test_200_megabytes_stop_at_25(world: World, tmp_path: Path) -> None:
    """votel.md 18: neither memory nor disk takes more than the limit."""
    sent, largest = 0, 0
    directory = incoming_directory(world.services)

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent, largest
        yield part("audio", b"", "a.webm")[:-2]
        for _ in range(200 * 16):
            sent += MIB // 16
            yield bytes(MIB // 16)
            largest = max(largest, *(path.stat().st_size for path in directory.glob("*")), 0)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = fault(await send_raw(world, body()))
    assert (found["field"], found["code"]) == ("audio", "too_large")
    assert MAX_BYTES < sent <= MAX_BYTES + MIB // 8
    assert largest <= MAX_BYTES
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < 20 * MIB
    await assert_nothing_stored(world, tmp_path)


async def test_exactly_25_megabytes(world: World) -> None:
    """votel.md 18: the limit itself is allowed."""
    token = await world.sender_token(world.ours.campaign)
    audio = wav_silence(1)
    padded = audio + b"LIST" + (MAX_BYTES - len(audio) - 8).to_bytes(4, "little")
    padded += bytes(MAX_BYTES - len(padded))
    answer = await world.upload(world.ours.campaign, token, padded, filename="a.wav")
    assert answer.status_code == 202, answer.text
    assert fault(await world.upload(world.ours.campaign, token, padded + b"x"))["code"] == "too_large"


@pytest.mark.parametrize(
    "kind", ["", "application/json", "audio/webm", "multipart/form-data", "multipart/form-data; boundary="]
)
async def test_wrong_content_types(world: World, tmp_path: Path, kind: str) -> None:
    """votel.md 0.1 and 0.4: 400, never 415."""
    assert fault(await send_raw(world, b"{}", kind))["field"] == ""
    await assert_nothing_stored(world, tmp_path)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"--other\r\n\r\n",
        part("audio", b"x", "a.webm"),
        part("audio", b"x", "a.webm")[:-10],
        b"--" + BOUNDARY.encode() + b"\r\n\r\nno disposition\r\n" + END,
        part("", b"x") + END,
        part("page_url", b"\xff\xfe") + END,
        part("page_url", b"a\0b") + END,
        part("page_url", b"x" * 20_000) + END,
        part("x", b"") * 30 + END,
        part("audio", b"x", "a") * 2 + END,
        part("y" * 5000, b"x") + END,
        b"--" + BOUNDARY.encode() + b"\r\n" + b"X: y\r\n" * 1000 + b"\r\n" + END,
    ],
)
async def test_malformed_multipart(world: World, tmp_path: Path, body: bytes) -> None:
    """votel.md 0.4: a clear 400 and nothing left behind."""
    fault(await send_raw(world, body))
    await assert_nothing_stored(world, tmp_path)


async def test_missing_parts(world: World, tmp_path: Path) -> None:
    """votel.md 0.4 and 18."""
    channel = world.ours.campaign
    token = await world.sender_token(channel)
    identity = part("channel_id", channel.id.encode())
    audio = part("audio", webm_recording(), "a.webm")
    found = fault(await send_raw(world, audio + END))
    assert (found["field"], found["code"]) == ("channel_id", "required")
    assert fault(await send_raw(world, part("channel_id", b"x") + audio + END))["field"] == "channel_id"
    assert (await send_raw(world, identity + audio + END)).status_code == 403
    found = fault(await send_raw(world, identity + part("sender_token", token.encode()) + END))
    assert (found["field"], found["code"]) == ("audio", "required")
    await assert_nothing_stored(world, tmp_path)
    accepted = await send_raw(world, audio + identity + part("sender_token", token.encode()) + END)
    assert accepted.status_code == 202, "parts may come in any order"


async def test_tokens_open_their_own_channel_only(world: World, tmp_path: Path) -> None:
    """votel.md 18: 403 for a missing, damaged or foreign token."""
    ours, theirs = world.ours, world.theirs
    token = await world.sender_token(ours.campaign)
    foreign = await world.sender_token(theirs.campaign)
    neighbour = await world.sender_token(ours.domain, "second@example.org")
    other_use = world.services.signer.issue(
        {"use": "audio", "account": ours.account.id, "channel": ours.campaign.id, "email": "a@example.org"},
        world.clock.now() + 1000,
    )
    for wrong in ("", "x", token[:-1], token + "x", foreign, neighbour, other_use, ours.key, "\u00e9"):
        answer = await world.upload(ours.campaign, wrong)
        assert answer.status_code == 403, wrong
        assert set(answer.json()) == {"detail"}
    await assert_nothing_stored(world, tmp_path)


async def test_wrong_origin(world: World, tmp_path: Path) -> None:
    """votel.md 18: 403, although the token is good."""
    token = await world.sender_token(world.ours.domain)
    for origin in (ORIGIN, "https://example.net", None):
        assert (await world.upload(world.ours.domain, token, origin=origin)).status_code == 403
    await assert_nothing_stored(world, tmp_path)
    good = await world.upload(world.ours.domain, token, origin=SITE, page_url=f"{SITE}/a?b=c#part")
    assert good.status_code == 202
    assert good.headers["Access-Control-Allow-Origin"] == SITE
    [row] = await rows(world)
    assert row.page_url == f"{SITE}/a?b=c"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://example.com/a#b", "https://example.com/a"),
        ("http://example.com", "http://example.com"),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("//example.com/a", None),
        ("https://", None),
        ("https://[::1", None),
        ("https://example.com/a b", None),
        ("https://example.com/\x01", None),
        ("", None),
        ("https://example.com/" + "x" * 2028, "https://example.com/" + "x" * 2028),
        ("https://example.com/" + "x" * 2029, None),
        ("https://example.com/#" + "x" * 5000, "https://example.com/"),
    ],
)
def test_page_url(given: str, kept: str | None) -> None:
    """voicegram.md 5: without its fragment, at most 2048 characters, web addresses only."""
    assert clean_page_url(given) == kept


async def test_equal_client_id_gives_the_first(world: World, tmp_path: Path) -> None:
    """votel.md 18: a resend is answered with the voicegram that exists."""
    channel = world.ours.campaign
    token = await world.sender_token(channel)
    first = await world.upload(channel, token, client_id="same")
    again = await world.upload(channel, token, webm_recording(2.0), client_id="same")
    assert (again.status_code, again.json()) == (202, first.json())
    other = await world.upload(channel, token, client_id="other")
    without = [await world.upload(channel, token) for _ in range(2)]
    ids = {answer.json()["id"] for answer in (first, other, *without)}
    assert len(ids) == 4
    assert len(objects(world, tmp_path)) == 4


async def test_client_ids_of_other_senders_are_theirs(world: World) -> None:
    """votel.md 18: equal ids of two people are two messages."""
    channel = world.ours.campaign
    one = await world.upload(channel, await world.sender_token(channel), client_id="1")
    two = await world.upload(channel, await world.sender_token(channel, "b@example.org"), client_id="1")
    long = await world.upload(
        channel, await world.sender_token(channel, "c@example.org"), client_id="x" * 9000
    )
    assert len({answer.json()["id"] for answer in (one, two, long)}) == 3


async def test_equal_client_ids_at_the_same_moment(world: World, tmp_path: Path) -> None:
    """votel.md 18: one voicegram, one file, one count, one answer."""
    channel = world.ours.campaign
    token = await world.sender_token(channel)
    answers = await asyncio.gather(*(world.upload(channel, token, client_id="same") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await rows(world)) == 1
    assert len(objects(world, tmp_path)) == 1
    counted = (await world.get(f"/recording-channels/{channel.id}")).json()["voicegram_count"]
    assert counted == 1


class FullStore:
    """A store whose disk is full."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def take_file(self, key: str, path: Path) -> None:
        raise ServiceError(ErrorCategory.QUOTA, "no space left on device", service="storage")


async def test_full_object_store(world: World, tmp_path: Path) -> None:
    """Issue section 6: an error that says nothing internal, no half-written row, and it works again later."""
    channel = world.ours.campaign
    token = await world.sender_token(channel)
    store = world.services.store
    world.services.store = FullStore(store)  # type: ignore[assignment]  # stands in for the store
    answer = await world.upload(channel, token, client_id="one")
    assert (answer.status_code, answer.json()) == (500, {"detail": "Server error"})
    await assert_nothing_stored(world, tmp_path)
    world.services.store = store
    assert (await world.upload(channel, token, client_id="one")).status_code == 202


async def test_full_disk_while_receiving(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue section 6: the disk that receives is full."""
    token = await world.sender_token(world.ours.campaign)
    real = Path.open

    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def opened(path: Path, mode: str = "r", *args: Any, **options: Any) -> Any:
        if mode != "xb":
            return real(path, mode, *args, **options)
        path.touch()
        return Full()

    monkeypatch.setattr(Path, "open", opened)
    answer = await world.upload(world.ours.campaign, token)
    monkeypatch.undo()
    assert (answer.status_code, answer.json()) == (500, {"detail": "Server error"})
    await assert_nothing_stored(world, tmp_path)


async def test_database_failure_leaves_no_file(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """voicegram.md 7.1: stored and committed, or not there at all."""
    token = await world.sender_token(world.ours.campaign)

    def broken(*args: Any, **options: Any) -> Any:
        raise RuntimeError("lost the database")

    monkeypatch.setattr("antiphon.domain.voicegrams.intake.create_voicegram", broken)
    answer = await world.upload(world.ours.campaign, token)
    assert (answer.status_code, answer.json()) == (500, {"detail": "Server error"})
    await assert_nothing_stored(world, tmp_path)


async def test_broken_media_worker_is_the_servers_fault(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """votel.md 0.4: 500 says nothing internal."""
    token = await world.sender_token(world.ours.campaign)

    async def died(*args: Any, **options: Any) -> Any:
        raise ServiceError(ErrorCategory.SERVER, "a media worker died", service="media worker")

    monkeypatch.setattr(world.services.media, "run", died)
    answer = await world.upload(world.ours.campaign, token)
    assert (answer.status_code, answer.json()) == (500, {"detail": "Server error"})
    await assert_nothing_stored(world, tmp_path)


async def test_uploads_do_not_wait_for_the_pipeline(world: World) -> None:
    """Design, speech: a person waits for the answer, so no conversion under way delays it."""
    token = await world.sender_token(world.ours.campaign)
    media = world.services.media
    busy = [
        asyncio.create_task(media.run(time.sleep, 600.0, timeout=600.0, lane=lane))
        for lane in (Lane.QUICK, Lane.HEAVY)
    ]
    try:
        assert (await world.upload(world.ours.campaign, token)).status_code == 202
        assert not any(task.done() for task in busy)
    finally:
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)


async def test_connection_lost_in_the_middle(world: World, tmp_path: Path) -> None:
    """The part that came is thrown away."""
    state = {"sent": 0}

    async def receive() -> dict[str, Any]:
        state["sent"] += 1
        if state["sent"] > 3:
            return {"type": "http.disconnect"}
        chunk = part("audio", b"x" * MIB, "a.webm") if state["sent"] == 1 else b"x" * MIB
        return {"type": "http.request", "body": chunk, "more_body": True}

    async def send(message: Any) -> None:
        state.setdefault("status", message.get("status", 0))

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/api/public/recording/voicegrams",
        "raw_path": b"/api/public/recording/voicegrams",
        "query_string": b"",
        "scheme": "https",
        "server": ("antiphon.example.com", 443),
        "headers": [(b"content-type", f"multipart/form-data; boundary={BOUNDARY}".encode())],
    }
    await world.front(scope, receive, send)  # type: ignore[arg-type]  # plain dictionaries as messages
    await assert_nothing_stored(world, tmp_path)
    assert world.front.app.state.uploads == 0  # type: ignore[attr-defined]  # the FastAPI app


@pytest.fixture
def stale(tmp_path: Path) -> tuple[Path, Path]:
    old, new = tmp_path / "old.upload", tmp_path / "new.upload"
    old.touch()
    new.touch()
    os.utime(old, (0, 0))
    return old, new


def test_leftovers_are_swept(tmp_path: Path, stale: tuple[Path, Path]) -> None:
    """What a killed server left behind goes at the next start."""
    old, new = stale
    assert sweep_uploads(tmp_path, older_than_seconds=60) == 1
    assert (old.exists(), new.exists()) == (False, True)
    assert sweep_uploads(tmp_path / "absent", older_than_seconds=60) == 0


async def test_mail_outbox_is_untouched_by_uploads(world: World) -> None:
    """An upload queues no mail before completion."""
    token = await world.sender_token(world.ours.campaign)

    def count(tx: ReadTx) -> int:
        return int(tx.scalar(select(func.count()).select_from(mails)))

    before = await world.services.database.read(count)
    await world.upload(world.ours.campaign, token)
    assert await world.services.database.read(count) == before
