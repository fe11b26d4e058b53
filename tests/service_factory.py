"""Wired services over the stores of one test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from antiphon.core.addresses import AddressPolicy
from antiphon.core.clock import Clock
from antiphon.core.crypto import Cipher, Signer
from antiphon.core.db.database import Database
from antiphon.core.events import EventBus
from antiphon.core.feed import EventFeed
from antiphon.core.http import GuardedClient
from antiphon.core.limits import MemoryLimiter
from antiphon.core.mail import ConsoleMailer
from antiphon.core.storage import LocalStore
from antiphon.domain.accounts.request_log import RequestLog
from antiphon.domain.calls.links import RecordingLinks
from antiphon.domain.conversations.links import MediaLinks
from antiphon.domain.services import Services
from antiphon.domain.voicegrams.links import ListenLinks
from antiphon.domain.webhooks.dialect import Dialect, Dialects
from antiphon.settings import Settings
from antiphon.speech.workers import MediaPool

MASTER_KEY = bytes(range(32))
ORIGIN = "https://antiphon.example.com"


_read: dict[str, Settings] = {}


def _settings(*, data_dir: Path, **chosen: Any) -> Settings:
    """The same settings are read once: with all their sources that is as much work as a short test's."""
    key = repr(sorted(chosen.items()))
    if key not in _read:
        _read[key] = Settings(**chosen)
    return _read[key].model_copy(update={"data_dir": data_dir}, deep=True)


def build_services(
    database: Database,
    clock: Clock,
    bus: EventBus,
    media: MediaPool,
    directory: Path,
    dialects: Sequence[Dialect] = (),
    **settings: Any,
) -> Services:
    """Services with files below `directory`; settings by keyword."""
    chosen = _settings(**{"data_dir": directory / "data", "base_url": ORIGIN, **settings})
    cipher = Cipher(MASTER_KEY)
    return Services(
        settings=chosen,
        clock=clock,
        bus=bus,
        database=database,
        feed=EventFeed(database, bus),
        cipher=cipher,
        signer=Signer(cipher.derive("tokens")),
        limiter=MemoryLimiter(clock),
        store=LocalStore(directory / "objects"),
        mailer=ConsoleMailer(chosen.mail_from, clock),
        http=GuardedClient(AddressPolicy(chosen.webhook_allowed_networks), clock),
        media=media,
        links=ListenLinks(cipher.derive("listen-links"), chosen.origin),
        media_links=MediaLinks(cipher.derive("media-links"), chosen.origin),
        recordings=RecordingLinks(cipher.derive("recording-links"), chosen.origin),
        dialects=Dialects(list(dialects)),
        request_log=RequestLog(database),
    )
