"""kill -9 at every step of the pipeline, and what a restart makes of it (contracts/voicegram.md 7.1)."""

from __future__ import annotations

import io
import os
import signal
import sqlite3
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from typing import TYPE_CHECKING

import asyncpg
import pytest

from installation import NOTICE, Installation
from ledger import SqliteLedger
from server_process import descendants, until
from sounds import webm_recording

if TYPE_CHECKING:
    from conftest import Install

pytestmark = pytest.mark.chaos

CLIENT_ID = "one-and-the-same"
HELD_KEY = 5_120
SHORT_LEASE = {"job_lease_seconds": "2"}

Point = Callable[[Installation], AbstractAsyncContextManager[str]]


def long_noise() -> bytes:
    """240 s that take long to encode."""
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(os.urandom(2 * 8_000 * 240))
    return target.getvalue()


async def leave(scene: Installation, audio: bytes = b"") -> str:
    return await scene.visitor.leave(audio or webm_recording(1.0), CLIENT_ID)


# Each brings a voicegram to one point and keeps it there until the block ends, which is after the kill.


@asynccontextmanager
async def answered(scene: Installation) -> AsyncIterator[str]:
    """The upload has just been answered."""
    yield await leave(scene)


@asynccontextmanager
async def transcoding(scene: Installation) -> AsyncIterator[str]:
    voicegram_id = await leave(scene, long_noise())
    await scene.reach(voicegram_id, "transcode", "running")
    for pid, _ in descendants(scene.server.pid):
        os.kill(pid, signal.SIGSTOP)
    assert (await scene.steps(voicegram_id))["transcode"] == "running"
    yield voicegram_id


@asynccontextmanager
async def transcribing(scene: Installation) -> AsyncIterator[str]:
    scene.engine.transcriptions.clear()
    voicegram_id = await leave(scene)
    await until(lambda: "transcription" in scene.engine.requests)
    assert (await scene.steps(voicegram_id))["transcribe"] == "running"
    assert descendants(scene.server.pid), "a media worker waits for the engine's answer"
    yield voicegram_id
    scene.engine.transcriptions.set()


@asynccontextmanager
async def analysing(scene: Installation) -> AsyncIterator[str]:
    scene.engine.chats.clear()
    voicegram_id = await leave(scene)
    await until(lambda: "chat" in scene.engine.requests)
    assert (await scene.steps(voicegram_id))["insight"] == "running"
    yield voicegram_id
    scene.engine.chats.set()


@asynccontextmanager
async def completing(scene: Installation) -> AsyncIterator[str]:
    """Inside the transaction that completes: a trigger of the test never ends."""
    ledger = scene.ledger
    assert isinstance(ledger, SqliteLedger)
    with closing(ledger.connect()) as connection:
        connection.execute(
            "CREATE VIEW endless AS WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"
            " SELECT count(*) AS many FROM n"
        )
        connection.execute(
            "CREATE TRIGGER hold AFTER UPDATE OF completed_at ON voicegrams"
            " WHEN NEW.completed_at IS NOT NULL BEGIN SELECT many FROM endless; END"
        )
    voicegram_id = await leave(scene)
    await scene.reach(voicegram_id, "insight", "completed")
    locked = 0

    async def held() -> bool:
        nonlocal locked
        picked = await ledger.rows(
            "SELECT 1 FROM jobs WHERE name = 'voicegram.complete' AND status = 'picked'"
        )
        locked = locked + 1 if picked and is_locked(ledger) else 0
        return locked == 20

    await until(held)
    assert (await scene.steps(voicegram_id))["complete"] == "pending"
    yield voicegram_id
    with closing(ledger.connect()) as connection:
        connection.execute("DROP TRIGGER hold")
        connection.execute("DROP VIEW endless")


def is_locked(ledger: SqliteLedger) -> bool:
    with closing(ledger.connect(0)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        connection.execute("ROLLBACK")
        return False


@asynccontextmanager
async def delivering(scene: Installation) -> AsyncIterator[str]:
    release = scene.receiver.hang()
    voicegram_id = await leave(scene)
    await until(lambda: bool(scene.receiver.received))
    await scene.come_down_to("webhooks.deliver")
    yield voicegram_id
    release.set()
    scene.receiver.status(200)


@asynccontextmanager
async def mailing(scene: Installation) -> AsyncIterator[str]:
    scene.sink.release.clear()
    voicegram_id = await leave(scene)
    await until(lambda: bool(scene.sink.about(NOTICE)))
    await scene.come_down_to("mails.send")
    yield voicegram_id
    scene.sink.release.set()


@pytest.mark.parametrize(
    "point", [answered, transcoding, transcribing, analysing, completing, delivering, mailing]
)
async def test_killed_and_restarted(install: Install, point: Point) -> None:
    """contracts/voicegram.md 7.1 on SQLite: what was answered is completed, and causes everything once."""
    scene = install()
    if point is analysing:
        scene.server.settings |= scene.engine.settings(insight=True)
    await scene.open()
    async with point(scene) as voicegram_id:
        await scene.server.kill_hard()
    await scene.server.restart()
    entry = await scene.check_once(
        voicegram_id, deliveries=2 if point is delivering else 1, mails=2 if point is mailing else 1
    )
    assert entry["data"]["transcript"]["text"] == scene.engine.text
    if point is delivering:
        assert len(scene.receiver.received) == 2
    if point is mailing:
        assert len(scene.sink.about(NOTICE)) == 2
    _, again, _ = await scene.visitor.upload(webm_recording(1.0), CLIENT_ID)
    assert again["id"] == voicegram_id, "contracts/votel.md 18: an equal client_id is the first one"


@pytest.mark.postgres
async def test_worker_killed_on_postgres(install: Install, empty_postgres_url: str) -> None:
    """contracts/voicegram.md 7.1: another worker takes the dead one's step after its lease."""
    scene = install(database_url=empty_postgres_url, run_jobs_in_server="false", **SHORT_LEASE)
    await scene.open(workers=1)
    scene.engine.transcriptions.clear()
    voicegram_id = await leave(scene)
    await until(lambda: "transcription" in scene.engine.requests)
    await scene.start_worker()
    await scene.workers[0].kill_hard()
    scene.engine.transcriptions.set()
    await scene.check_once(voicegram_id)


@pytest.mark.postgres
async def test_server_killed_while_completing_on_postgres(install: Install, empty_postgres_url: str) -> None:
    """contracts/voicegram.md 7.1: a transaction that was cut off leaves nothing, its job comes back."""
    scene = install(database_url=empty_postgres_url, **SHORT_LEASE)
    await scene.open()
    connection = await asyncpg.connect(empty_postgres_url)
    await connection.execute(
        f"""CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_advisory_xact_lock({HELD_KEY}); RETURN NEW; END $$;
            CREATE TRIGGER hold BEFORE UPDATE OF completed_at ON voicegrams
            FOR EACH ROW WHEN (NEW.completed_at IS NOT NULL) EXECUTE FUNCTION hold()"""
    )
    await connection.execute(f"SELECT pg_advisory_lock({HELD_KEY})")
    voicegram_id = await leave(scene)

    async def waiting() -> bool:
        waits = f"objid = {HELD_KEY} AND locktype = 'advisory' AND NOT granted"
        return bool(await connection.fetchval(f"SELECT count(*) FROM pg_locks WHERE {waits}"))

    await until(waiting)
    await scene.server.kill_hard()
    await connection.close()
    await scene.server.restart()
    await scene.check_once(voicegram_id)
