"""The composition root: settings in, a wired application out."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from datetime import timedelta
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from antiphon.contracts.docs_page import docs_index_route, docs_static_route
from antiphon.contracts.vocatech.app import create_app as create_vocatech_app
from antiphon.contracts.vocatech.events import VocatechDialect
from antiphon.contracts.voicegram.app import create_app as create_voicegram_app
from antiphon.contracts.voicegram.events import VoicegramDialect
from antiphon.contracts.voicory.app import create_app as create_voicory_app
from antiphon.contracts.votel.app import create_app as create_votel_app
from antiphon.contracts.votel.auth import COOKIE
from antiphon.contracts.votel.dialect import NativeDialect
from antiphon.contracts.votel.rendering import Rendering
from antiphon.contracts.votel.upload import incoming_directory, sweep_uploads
from antiphon.core import metrics
from antiphon.core.addresses import AddressPolicy
from antiphon.core.clock import Clock, SystemClock
from antiphon.core.crypto import Cipher, Signer, load_or_create_key
from antiphon.core.db.database import Database
from antiphon.core.db.sqlite import SqliteDatabase
from antiphon.core.events import Event, EventBus
from antiphon.core.feed import EventFeed
from antiphon.core.http import GuardedClient
from antiphon.core.jobs.registry import JobRegistry
from antiphon.core.jobs.worker import JobWorker, WorkerSettings
from antiphon.core.limits import create_limiter
from antiphon.core.mail import MailConfig, create_mailer
from antiphon.core.storage import ObjectStore, StorageConfig, create_store
from antiphon.dispatcher import Dispatcher
from antiphon.domain import threads
from antiphon.domain.accounts.invitations import InvitationMail
from antiphon.domain.accounts.jobs import AccountJobs
from antiphon.domain.accounts.request_log import RequestLog
from antiphon.domain.calls import search as call_search
from antiphon.domain.calls.jobs import CallJobs
from antiphon.domain.calls.links import RecordingLinks
from antiphon.domain.carrier_events import CarrierJobs
from antiphon.domain.channels.jobs import ChannelJobs
from antiphon.domain.conversations import search as message_search
from antiphon.domain.conversations.jobs import MessageJobs
from antiphon.domain.conversations.links import MediaLinks
from antiphon.domain.demo_story import DemoJobs
from antiphon.domain.engines import insight_config
from antiphon.domain.hand_over import HandOverJobs, hand_over
from antiphon.domain.integrations.services import AccountMailers
from antiphon.domain.interactions import (
    forget_call,
    move_voicegram,
    uncount_message,
    uncount_messages,
    uncount_voicegram,
)
from antiphon.domain.mails.jobs import MailJobs
from antiphon.domain.notifications import reactions as notices
from antiphon.domain.notifications.jobs import NotificationJobs
from antiphon.domain.purge import PurgeJobs
from antiphon.domain.retention import RetentionJobs
from antiphon.domain.search_upkeep import SearchJobs
from antiphon.domain.services import Services
from antiphon.domain.simulator import SimulatorJobs
from antiphon.domain.voicegrams.commands import create_key_listener, revoke_key_links
from antiphon.domain.voicegrams.jobs import Pipeline
from antiphon.domain.voicegrams.links import ListenLinks
from antiphon.domain.voicegrams.maintenance import Maintenance
from antiphon.domain.voicegrams.notifications import CompletionMail
from antiphon.domain.voicegrams.senders import link_sender
from antiphon.domain.webhooks.dialect import Dialects
from antiphon.domain.webhooks.jobs import WebhookJobs
from antiphon.domain.webhooks.notifications import DisabledMail
from antiphon.domain.webhooks.reactions import WebhookReactions
from antiphon.middleware import RequestMiddleware
from antiphon.settings import Settings
from antiphon.speech.insight.in_worker import open_insight
from antiphon.speech.workers import MediaPool
from antiphon.web.guide import create_guide_routes
from antiphon.web.operator import create_operator_routes, not_found
from antiphon.web.pages import create_web_routes
from antiphon.web.product import ProductPages

log = structlog.get_logger(__name__)

STOP_GRACE_SECONDS = 10.0
CONTRACTS = (
    ("voicegram", "Voicegram", "Website voice messages: voicegrams, channels, signed webhooks."),
    ("voicory", "Voicory", "Calls, customers and WhatsApp messages, read-only."),
    ("vocatech", "Vocatech", "Business phone: calls, messages, contacts, users, webhooks, settings."),
    ("votel", "Native API", "All that the dashboard does: inbox, contacts, calls, settings, live updates."),
)
TEMPORARY_OBJECTS = timedelta(hours=1)


def create_database(settings: Settings, clock: Clock, bus: EventBus) -> Database:
    if settings.database_url:
        from antiphon.core.db.postgres import PostgresDatabase

        return PostgresDatabase(settings.database_url, clock, bus, pool_size=settings.database_pool_size)
    return SqliteDatabase(settings.sqlite_path, clock, bus, full_sync=settings.database_full_sync)


def create_feed(settings: Settings, database: Database, bus: EventBus) -> EventFeed:
    """Where other processes may write, they tell each other of new events."""
    if not settings.database_url:
        return EventFeed(database, bus)
    from antiphon.core.event_notices import EventNotices

    return EventFeed(database, bus, notices=EventNotices(database, settings.database_url))


def create_objects(settings: Settings) -> ObjectStore:
    return create_store(
        StorageConfig(
            kind=settings.storage,
            root=settings.data_dir / "objects",
            bucket=settings.s3_bucket,
            prefix=settings.s3_prefix,
            endpoint=settings.s3_endpoint,
            region=settings.s3_region,
            access_key=settings.s3_access_key,
            secret_key=settings.s3_secret_key.get_secret_value(),
        )
    )


def mail_config(settings: Settings) -> MailConfig:
    return MailConfig(
        kind=settings.mail,
        sender=settings.mail_from,
        host=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_username,
        password=settings.smtp_password.get_secret_value(),
        security=settings.smtp_security,
    )


def create_services(settings: Settings, clock: Clock | None = None) -> Services:
    """Wire the parts that the settings name; opens nothing yet. Raises ConfigurationError."""
    clock = clock or SystemClock()
    bus = EventBus()
    cipher = Cipher(load_or_create_key(settings.data_dir / "secret.key"))
    links = ListenLinks(cipher.derive("listen-links"), settings.origin)
    media_links = MediaLinks(cipher.derive("media-links"), settings.origin)
    recordings = RecordingLinks(cipher.derive("recording-links"), settings.origin)
    signer = Signer(cipher.derive("tokens"))
    dialects = Dialects([VoicegramDialect(links), VocatechDialect(media_links.url)])
    dialects.add(NativeDialect(Rendering(settings.origin, links, recordings, signer, dialects)))
    database = create_database(settings, clock, bus)
    services = Services(
        settings=settings,
        clock=clock,
        bus=bus,
        database=database,
        feed=create_feed(settings, database, bus),
        cipher=cipher,
        signer=signer,
        limiter=create_limiter(settings.redis_url, clock),
        store=create_objects(settings),
        mailer=create_mailer(mail_config(settings), clock),
        http=GuardedClient(AddressPolicy(settings.webhook_allowed_networks), clock),
        media=MediaPool(
            max_workers=settings.speech_processes or None, idle_seconds=settings.speech_idle_seconds
        ),
        links=links,
        media_links=media_links,
        recordings=recordings,
        dialects=dialects,
        request_log=RequestLog(database),
    )
    WebhookReactions(dialects).install(bus)
    bus.react("api_key.created", create_key_listener)
    bus.react("api_key.revoked", revoke_key_links)
    bus.react("user.invited", InvitationMail(cipher, settings.origin))
    bus.react("user.disabled", hand_over)
    for type in ("lead.updated", "lead.deleted"):
        bus.react(type, call_search.follow_contact)
        bus.react(type, message_search.follow_contact)
    bus.react("voicegram.received", link_sender)
    bus.react("voicegram.updated", move_voicegram)
    bus.react("voicegram.deleted", uncount_voicegram)
    bus.react("message.deleted", uncount_message)
    bus.react("call.deleted", forget_call)
    bus.react("conversation.deleted", uncount_messages)
    threads.install(bus)
    bus.react("voicegram.completed", CompletionMail(cipher, links))
    bus.react("webhook.disabled", DisabledMail(cipher, settings.origin))
    notices.install(bus)
    bus.listen(_count_event)
    return services


def _count_event(event: Event) -> None:
    metrics.count_event(event.type)


def create_jobs(services: Services) -> JobRegistry:
    """Every background job of the product."""
    registry = JobRegistry()
    insight = open_insight(insight_config(services.settings), services.media)
    Pipeline(services, insight).register(registry)
    CallJobs(services, insight).register(registry)
    Maintenance(services).register(registry)
    WebhookJobs(services).register(registry)
    MailJobs(services, AccountMailers(services)).register(registry)
    AccountJobs(services).register(registry)
    HandOverJobs(services).register(registry)
    NotificationJobs(services).register(registry)
    SearchJobs(services).register(registry)
    RetentionJobs(services).register(registry)
    ChannelJobs(services).register(registry)
    MessageJobs(services).register(registry)
    CarrierJobs(services).register(registry)
    SimulatorJobs(services).register(registry)
    DemoJobs(services).register(registry)
    PurgeJobs(services).register(registry)
    return registry


def create_worker(services: Services, registry: JobRegistry) -> JobWorker:
    settings = services.settings
    return JobWorker(
        services.database,
        registry,
        WorkerSettings(
            postgres_url=settings.database_url or None,
            concurrency=settings.job_concurrency,
            lease_ms=int(settings.job_lease_seconds * 1000),
            retention_days=settings.finished_job_days,
        ),
        wait_turn=services.media.calm,
    )


class App:
    """The ASGI application of one server process: all contracts, the pages and, by setting, the jobs."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.services = create_services(settings, clock)
        self.worker: JobWorker | None = None
        self._worker_task: asyncio.Task[None] | None = None
        self._asgi = self._build()

    def _build(self) -> ASGIApp:
        services = self.services
        web = Starlette(
            routes=[
                *create_operator_routes(services),
                docs_index_route(CONTRACTS),
                docs_static_route(),
                *create_guide_routes(),
                *create_web_routes(ProductPages(services), session_cookie=COOKIE),
            ],
            exception_handlers={404: not_found, 405: not_found},
        )
        dispatcher = Dispatcher(
            voicegram=create_voicegram_app(services),
            voicory=create_voicory_app(services),
            vocatech=create_vocatech_app(services),
            votel=create_votel_app(services),
            web=web,
        )
        return RequestMiddleware(
            dispatcher,
            clock=services.clock,
            request_log=services.request_log,
            trusted_proxies=self.settings.trusted_proxies,
            secure=self.settings.origin.startswith("https://"),
        )

    async def start(self) -> None:
        """Open the stores and start working. The schema must be migrated."""
        await self.services.database.start()
        await self.services.store.sweep_temporary(TEMPORARY_OBJECTS)
        await asyncio.to_thread(sweep_uploads, incoming_directory(self.services))
        self.services.request_log.start()
        if self.settings.run_jobs_in_server:
            self.worker = create_worker(self.services, create_jobs(self.services))
            self._worker_task = asyncio.create_task(self.worker.run())

    async def stop(self) -> None:
        """Finish what runs, within the grace, and close everything."""
        if self.worker is not None and self._worker_task is not None:
            await self.worker.stop(STOP_GRACE_SECONDS)
            self._worker_task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._worker_task
        await self.services.request_log.stop()
        await close_services(self.services)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await self._asgi(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.start()
        except Exception as error:
            log.exception("start failed")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        # What is loaded by now stays: collections need not walk through it again and again.
        gc.freeze()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})


async def close_services(services: Services) -> None:
    await services.feed.stop()
    await services.http.close()
    await services.media.close()
    await services.limiter.close()
    await services.database.stop()


def create_app(**overrides: Any) -> App:
    """The application from the environment; the factory of further server processes."""
    return App(Settings(**overrides))
