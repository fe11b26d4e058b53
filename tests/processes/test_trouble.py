"""A locked database, a full disk, a stop and a second start, against real server processes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import ledger as books
from installation import Installation
from ledger import SqliteLedger
from server_process import Process, Server, Visitor, until
from sounds import webm_recording

if TYPE_CHECKING:
    from conftest import Install

DISK_BYTES = 24 * 1024 * 1024
LOCKED_SECONDS = 3


@pytest.mark.chaos
async def test_database_locked_by_another_process(install: Install) -> None:
    """An upload waits for the lock of another process, reads go on, and nothing is lost."""
    scene = install()
    await scene.open()
    assert isinstance(scene.ledger, SqliteLedger)
    with closing(scene.ledger.connect()) as connection:
        connection.execute("BEGIN IMMEDIATE")
        upload = asyncio.create_task(scene.visitor.leave(webm_recording(1.0)))
        await asyncio.sleep(LOCKED_SECONDS)  # the length of the lock is what is tested
        status, _, _ = await scene.server.call("GET", "/readyz")
        assert status == 200
        assert not upload.done()
        connection.execute("COMMIT")
    await scene.check_once(await upload)


async def stopped_while_transcribing(scene: Installation) -> str:
    await scene.open()
    scene.engine.transcriptions.clear()
    voicegram_id = await scene.visitor.leave(webm_recording(1.0))
    await until(lambda: "transcription" in scene.engine.requests)
    os.kill(scene.server.pid, signal.SIGTERM)
    await until(lambda: "Waiting for application shutdown" in scene.server.log)
    return voicegram_id


@pytest.mark.chaos
async def test_running_job_finishes_within_the_grace(install: Install) -> None:
    scene = install()
    voicegram_id = await stopped_while_transcribing(scene)
    scene.engine.transcriptions.set()
    assert await scene.server.exit_code() == 0
    assert (await scene.steps(voicegram_id))["transcribe"] == "completed"
    await scene.server.restart()
    await scene.check_once(voicegram_id)
    assert scene.engine.requests == ["transcription"]


@pytest.mark.chaos
async def test_job_beyond_the_grace_comes_back(install: Install) -> None:
    scene = install()
    voicegram_id = await stopped_while_transcribing(scene)
    assert await scene.server.exit_code() == 0
    assert (await scene.steps(voicegram_id))["transcribe"] == "running"
    scene.engine.transcriptions.set()
    await scene.server.restart()
    await scene.check_once(voicegram_id)


async def test_second_server_on_a_data_folder_or_port(tmp_path: Path) -> None:
    """Design, "Database": exactly one server; a second start is a clear error."""
    first = Server(tmp_path)
    second = Process(tmp_path, "second", ["serve", "--port", "0"], first.settings)
    other = Process(tmp_path, "other", [], {"data_dir": str(tmp_path / "other")})
    try:
        await first.start()
        second.spawn()
        assert await second.exit_code() == 2
        [line] = second.log.splitlines()
        assert line == f"antiphon: another server (process {first.pid}) already serves {first.data_dir}"
        other.arguments = ["serve", "--port", str(first.port)]
        other.spawn()
        assert await other.exit_code() == 2
        assert other.log == f"antiphon: cannot listen on 127.0.0.1:{first.port}: Address already in use\n"
        assert (await first.call("GET", "/readyz"))[0] == 200
    finally:
        first.abandon()
        second.abandon()
        other.abandon()
        await first.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes."""
    if os.geteuid() != 0:
        pytest.skip("full disk: only root can mount a small file system")
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(place)]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("full disk: mount is not installed")
    if done.returncode != 0:
        pytest.skip("full disk: this machine lets nobody mount a file system")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(path: Path) -> None:
    """Leave not one byte free."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while os.write(descriptor, bytes(size)):
                    pass
            except OSError:
                continue
    finally:
        os.close(descriptor)


def recordings(data_dir: Path) -> list[str]:
    """Every file of an upload, received or stored."""
    return [
        path.name
        for folder in ("objects", "incoming")
        for path in (data_dir / folder).rglob("*")
        if path.is_file()
    ]


@pytest.mark.chaos
async def test_full_disk(small_disk: Path, tmp_path: Path) -> None:
    """contracts/votel.md 0.4: an upload that cannot be stored is an error and leaves no half row or file."""
    server = Server(tmp_path, data_dir=str(small_disk / "data"), speech_processes="1")
    ledger = SqliteLedger(server.data_dir)
    try:
        await server.start()
        visitor = Visitor(server)
        await visitor.prove()
        await until(lambda: books.is_idle(ledger))
        ballast = small_disk / "ballast"
        fill(ballast)
        for audio in (webm_recording(1.0), webm_recording(20.0)):
            status, body, headers = await visitor.upload(audio)
            assert status >= 500
            assert set(body) == {"detail"}
            assert headers["X-Request-Id"]
        ballast.unlink()
        assert recordings(server.data_dir) == []
        assert await ledger.rows("SELECT id FROM voicegrams") == []
        voicegram_id = await visitor.leave(webm_recording(1.0))
        await until(lambda: books.is_completed(ledger, voicegram_id))
        assert await ledger.rows("PRAGMA integrity_check") == [("ok",)]
    finally:
        server.abandon()
        await server.close()
