"""A wired pipeline over both stores, with a clock that moves on demand."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from antiphon.app import close_services, create_jobs, create_services, create_worker
from antiphon.core.clock import ManualClock
from antiphon.core.db.database import Database
from antiphon.core.db.transaction import WriteTx
from antiphon.core.ids import new_id
from antiphon.core.jobs.testing import shift_due_times
from antiphon.core.jobs.worker import JobWorker
from antiphon.core.mail import ConsoleMailer
from antiphon.domain.accounts.commands import create_account, create_user
from antiphon.domain.accounts.records import Account, Plan, Role
from antiphon.domain.channels.commands import create_channel
from antiphon.domain.channels.records import Channel, ChannelKind
from antiphon.domain.services import Services
from antiphon.domain.voicegrams.commands import create_voicegram
from antiphon.domain.voicegrams.intake import source_key
from antiphon.domain.voicegrams.queries import get_voicegram
from antiphon.domain.voicegrams.records import Voicegram
from antiphon.settings import Settings
from sounds import webm_recording

OWNER = "owner@example.org"


@dataclass
class Studio:
    """One account with a campaign, and the jobs that process what is left there."""

    services: Services
    worker: JobWorker
    clock: ManualClock
    account: Account
    channel: Channel

    @property
    def sent(self) -> list[str]:
        assert isinstance(self.services.mailer, ConsoleMailer)
        return [f"{mail.to}: {mail.subject}" for mail in self.services.mailer.sent]

    async def leave(self, audio: bytes | None = None, *, container: str = "webm", client_id: str = "") -> str:
        """Store a recording and its voicegram as an upload does."""
        voicegram_id = new_id()
        key = source_key(self.account.id, voicegram_id, container)
        await self.services.store.put(key, webm_recording() if audio is None else audio)
        await self.services.database.write(
            create_voicegram,
            self.account.id,
            self.channel.id,
            voicegram_id=voicegram_id,
            sender_email="visitor@example.org",
            page_url=None,
            client_id=client_id or new_id(),
            source_key=key,
            source_container=container,
            duration_ms=1000,
        )
        return voicegram_id

    async def get(self, voicegram_id: str) -> Voicegram:
        return await self.services.database.read(get_voicegram, self.account.id, voicegram_id)

    async def advance(self, ms: int) -> None:
        """Let time pass, then run what has become due."""
        self.clock.advance(ms)
        if self.services.settings.database_url:
            await shift_due_times(self.services.settings.database_url, ms)
        await self.process()

    async def process(self) -> None:
        """Run every due job and those it enqueues."""
        await self.worker.drain()


def _people(tx: WriteTx) -> tuple[Account, Channel]:
    account = create_account(tx, name="Studio", plan=Plan.STARTER)
    create_user(tx, account.id, email=OWNER, name="Owner", role=Role.OWNER, password_hash=None)
    channel = create_channel(tx, account.id, kind=ChannelKind.CAMPAIGN, name="Survey", slug="survey")
    return account, channel


@pytest.fixture
async def studio(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Studio]:
    """Wired as the server wires itself, over the test's migrated store."""
    await database.stop()
    url = ""
    if database.dialect == "postgresql":
        url = str(database.engine.url.render_as_string(hide_password=False)).replace("+asyncpg", "")  # type: ignore[attr-defined]  # the port has no address
    else:
        (tmp_path / "data").mkdir()
        database.path.rename(tmp_path / "data" / "antiphon.db")  # type: ignore[attr-defined]  # likewise
    settings = Settings(data_dir=tmp_path / "data", database_url=url, speech_processes=1)
    services = create_services(settings, clock)
    await services.database.start()
    account, channel = await services.database.write(_people)
    worker = create_worker(services, create_jobs(services))
    yield Studio(services, worker, clock, account, channel)
    await close_services(services)


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], bytes]:
    """`spoken(text, voice)`: a WAV of flite's; skips the test by name without flite."""
    flite = shutil.which("flite")
    if flite is None:
        pytest.skip("speech: flite is not installed")
    folder = tmp_path_factory.mktemp("spoken")

    def say(text: str, voice: str = "rms") -> bytes:
        path = folder / f"{new_id()}.wav"
        subprocess.run([flite, "-voice", voice, "-t", text, "-o", str(path)], check=True)
        return path.read_bytes()

    return say
