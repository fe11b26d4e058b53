"""What routes and jobs may use: the wired parts of one process."""

from __future__ import annotations

from dataclasses import dataclass

from antiphon.core.clock import Clock
from antiphon.core.crypto import Cipher, Signer
from antiphon.core.db.database import Database
from antiphon.core.events import EventBus
from antiphon.core.feed import EventFeed
from antiphon.core.http import GuardedClient
from antiphon.core.limits import Limiter
from antiphon.core.mail import Mailer
from antiphon.core.storage import ObjectStore
from antiphon.domain.accounts.request_log import RequestLog
from antiphon.domain.calls.links import RecordingLinks
from antiphon.domain.conversations.links import MediaLinks
from antiphon.domain.voicegrams.links import ListenLinks
from antiphon.domain.webhooks.dialect import Dialects
from antiphon.settings import Settings
from antiphon.speech.workers import MediaPool


@dataclass(slots=True)
class Services:
    settings: Settings
    clock: Clock
    bus: EventBus
    database: Database
    feed: EventFeed
    cipher: Cipher
    signer: Signer
    limiter: Limiter
    store: ObjectStore
    mailer: Mailer
    http: GuardedClient
    media: MediaPool
    links: ListenLinks
    media_links: MediaLinks
    recordings: RecordingLinks
    dialects: Dialects
    request_log: RequestLog
