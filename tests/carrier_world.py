"""An account with numbers on the simulator, Twilio and WhatsApp, jobs that send, and the callback routes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx2
import pytest
from aiohttp import web

from antiphon.carriers.port import CarrierEvent
from antiphon.carriers.simulator import SIGNATURE_HEADER, encode_callback, sign_callback
from antiphon.contracts.votel.app import create_app
from antiphon.core.clock import ManualClock
from antiphon.core.db.database import Database
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.events import Event, EventBus
from antiphon.core.jobs.registry import JobContext, JobRegistry, Payload
from antiphon.core.jobs.testing import advance_and_drain
from antiphon.core.jobs.worker import JobWorker, WorkerSettings
from antiphon.domain.accounts.commands import create_account, create_user
from antiphon.domain.accounts.records import Plan, Role
from antiphon.domain.carrier_events import CarrierJobs
from antiphon.domain.conversations.commands import send_message
from antiphon.domain.conversations.jobs import MessageJobs
from antiphon.domain.conversations.queries import get_message, list_messages
from antiphon.domain.conversations.records import Channel, Message, MessageFilters, OutboundMessage
from antiphon.domain.numbers.commands import create_connection, create_number, open_credentials
from antiphon.domain.numbers.queries import get_connection
from antiphon.domain.numbers.records import Connection, Number
from antiphon.domain.services import Services
from antiphon.speech.workers import MediaPool
from contracts_front import ServerFront
from service_factory import ORIGIN, build_services

OUTSIDE = "+12025550143"
ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "example auth token"
ACCESS_TOKEN = "example access token"
APP_SECRET = "example app secret"
VERIFY_TOKEN = "example verify token"
PHONE_NUMBER_ID = "100000000000001"


@dataclass
class Line:
    """A number and its connection, with the address that callbacks go to."""

    connection: Connection
    number: Number
    token: str

    @property
    def path(self) -> str:
        return f"/api/carriers/{self.connection.carrier}/{self.token}"

    @property
    def url(self) -> str:
        return ORIGIN + self.path


@dataclass
class CarrierWorld:
    services: Services
    clock: ManualClock
    client: httpx2.AsyncClient
    worker: JobWorker
    account_id: str
    simulator: Line
    events: list[Event] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.services.database

    def told(self, prefix: str = "message.") -> list[str]:
        """The types of the committed events that begin so, in their order."""
        return [event.type for event in self.events if event.type.startswith(prefix)]

    async def connect(
        self,
        carrier: str,
        e164: str,
        credentials: dict[str, str],
        settings: dict[str, Any] | None = None,
        account_id: str = "",
        **number: Any,
    ) -> Line:
        return await self.database.write(
            _connect,
            self.services,
            account_id or self.account_id,
            carrier,
            e164,
            credentials,
            settings,
            number,
        )

    async def twilio(self, base_url: str = "", **settings: Any) -> Line:
        return await self.connect(
            "twilio",
            "+15550101000",
            {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN},
            {"base_url": base_url, **settings},
            whatsapp=True,
        )

    async def meta(self, base_url: str = "") -> Line:
        return await self.connect(
            "meta_whatsapp",
            "+15550102000",
            {"access_token": ACCESS_TOKEN, "app_secret": APP_SECRET, "verify_token": VERIFY_TOKEN},
            {"base_url": base_url, "version": "v23.0"},
            sms=False,
            voice=False,
            whatsapp=True,
            carrier_number_id=PHONE_NUMBER_ID,
        )

    async def deliver(
        self, events: Sequence[CarrierEvent], line: Line | None = None, **changes: Any
    ) -> httpx2.Response:
        """One signed callback of the simulator; `body`, `secret`, `at` by keyword to spoil it."""
        line = line or self.simulator
        connection = await self.database.read(get_connection, line.connection.account_id, line.connection.id)
        secret = changes.get("secret", open_credentials(self.services.cipher, connection)["secret"])
        body = encode_callback(events)
        signature = sign_callback(secret, body, changes.get("at", self.clock.now()))
        sent = changes.get("body", body)
        return await self.client.post(line.path, content=sent, headers={SIGNATURE_HEADER: signature})

    async def call_back(
        self, line: Line, fields: dict[str, str], query: str = "", token: str = AUTH_TOKEN
    ) -> httpx2.Response:
        """A callback of Twilio, signed by its documented rule."""
        text = f"{line.url}{query}" + "".join(name + fields[name] for name in sorted(fields))
        digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
        return await self.client.post(
            f"{line.path}{query}",
            content=urlencode(fields),
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Twilio-Signature": base64.b64encode(digest).decode(),
            },
        )

    async def tell(self, line: Line, value: dict[str, Any], secret: str = APP_SECRET) -> httpx2.Response:
        """A callback of the WhatsApp Cloud API, signed by its documented rule."""
        body = json.dumps(
            {
                "object": "whatsapp_business_account",
                "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}],
            }
        ).encode()
        signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return await self.client.post(line.path, content=body, headers={"X-Hub-Signature-256": signature})

    async def send(self, line: Line | None = None, **changes: Any) -> Message:
        """A text from the line's number to somebody, stored as `queued`."""
        number = (line or self.simulator).number
        values: dict[str, Any] = {
            "channel": Channel.SMS,
            "from_number": number.e164,
            "to": OUTSIDE,
            "body": "The drill press has arrived.",
            **changes,
        }
        return await self.database.write(send_message, number.account_id, OutboundMessage(**values))

    async def message(self, message_id: str) -> Message:
        return await self.database.read(get_message, self.account_id, message_id)

    async def messages(self, **filters: Any) -> list[Message]:
        page = await self.database.read(list_messages, self.account_id, MessageFilters(**filters), 100, 0)
        assert page.total == len(page.items)
        return page.items

    async def scalar(self, statement: Any) -> Any:
        def read(tx: ReadTx) -> Any:
            return tx.scalar(statement)

        return await self.database.read(read)

    async def work(self) -> None:
        await self.worker.drain()

    async def pass_time(self, ms: int) -> None:
        await advance_and_drain(self.worker, self.clock, ms)


def _connect(
    tx: WriteTx,
    services: Services,
    account_id: str,
    carrier: str,
    e164: str,
    credentials: dict[str, str],
    settings: dict[str, Any] | None,
    number: dict[str, Any],
) -> Line:
    made = create_connection(
        tx,
        services.cipher,
        account_id,
        carrier=carrier,
        label=carrier,
        credentials=credentials,
        settings=settings,
    )
    return Line(
        made.connection,
        create_number(tx, account_id, made.connection.id, e164, **number),
        made.token,
    )


def make_account(tx: WriteTx, name: str, email: str) -> str:
    account = create_account(tx, name=name, plan=Plan.PRO)
    create_user(tx, account.id, email=email, name="Owner", role=Role.OWNER, password_hash=None)
    return account.id


OpenCarrierWorld = Callable[..., Awaitable[CarrierWorld]]


@pytest.fixture
async def world(
    database: Database, clock: ManualClock, bus: EventBus, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[CarrierWorld]:
    url = request.getfixturevalue("clean_postgres_url") if database.dialect == "postgresql" else None
    services = build_services(
        database,
        clock,
        bus,
        MediaPool(max_workers=1),
        tmp_path,
        allow_insecure_webhooks=True,
        webhook_allowed_networks=["127.0.0.1/32"],
    )
    registry = JobRegistry()
    MessageJobs(services).register(registry)
    CarrierJobs(services).register(registry)
    for name in ("call.fetch", "call.transcribe", "call.insight", "call.complete"):
        registry.add(name, _nothing)

    async def delete_object(payload: Payload, context: JobContext) -> None:
        await services.store.delete(str(payload["key"]))

    registry.add("objects.delete", delete_object)
    account_id = await database.write(make_account, "Acme", "owner@example.com")
    client = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=ServerFront(create_app(services))), base_url=ORIGIN
    )
    worker = JobWorker(database, registry, WorkerSettings(postgres_url=url))
    simulator = await database.write(
        _connect,
        services,
        account_id,
        "simulator",
        "+15550100100",
        {"secret": "example secret"},
        None,
        {"whatsapp": True},
    )
    made = CarrierWorld(services, clock, client, worker, account_id, simulator)
    bus.listen(made.events.append)
    yield made
    await client.aclose()
    await services.http.close()
    await services.media.close()
    await services.store.close()


async def _nothing(payload: Any, context: Any) -> None:
    return None


Answer = Callable[[web.Request, dict[str, Any]], Awaitable[web.StreamResponse]]


class CarrierStandIn:
    """A carrier's API on loopback; `answer` sees each send after it was checked and kept in `sent`.

    Requests that a real API would refuse are kept in `faults`, which a test expects to be empty. Files in
    `expired` are refused once.
    """

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.receipts: list[str] = []
        self.faults: list[str] = []
        self.files: dict[str, tuple[bytes, str]] = {}
        self.redirects: dict[str, str] = {}
        self.expired: list[str] = []
        self.file_requests: list[tuple[str, str | None]] = []
        self.answer: Answer | None = None
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/2010-04-01/Accounts/{sid}/Messages.json", self._twilio)
        app.router.add_post("/v23.0/{id}/messages", self._meta)
        app.router.add_get("/{path:.*}", self._file)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def _expect(self, condition: bool, fault: str) -> None:
        if not condition:
            self.faults.append(fault)

    async def _twilio(self, request: web.Request) -> web.StreamResponse:
        expected = "Basic " + base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
        self._expect(request.headers.get("Authorization") == expected, "authorization")
        self._expect(request.match_info["sid"] == ACCOUNT_SID, "account in the path")
        self._expect(request.content_type == "application/x-www-form-urlencoded", "content type")
        pairs = parse_qsl((await request.read()).decode(), strict_parsing=True)
        form: dict[str, Any] = dict(pairs)
        form["MediaUrl"] = [value for name, value in pairs if name == "MediaUrl"]
        self._expect({"To", "From", "StatusCallback"} <= form.keys(), "required fields")
        known = {
            "To",
            "From",
            "Body",
            "MediaUrl",
            "StatusCallback",
            "MessagingServiceSid",
            "ContentSid",
            "ContentVariables",
        }
        self._expect(form.keys() <= known, f"unknown fields {form.keys() - known}")
        self._expect(
            form["To"].startswith("whatsapp:") == form["From"].startswith("whatsapp:"), "mixed channels"
        )
        self.sent.append(form)
        if self.answer is not None:
            return await self.answer(request, form)
        return web.json_response({"sid": f"SM{len(self.sent):032}", "status": "queued"}, status=201)

    async def _meta(self, request: web.Request) -> web.StreamResponse:
        self._expect(request.headers.get("Authorization") == f"Bearer {ACCESS_TOKEN}", "authorization")
        self._expect(request.match_info["id"] == PHONE_NUMBER_ID, "phone number id in the path")
        self._expect(request.content_type == "application/json", "content type")
        body = json.loads(await request.read())
        self._expect(body.get("messaging_product") == "whatsapp", "messaging_product")
        if body.get("status") == "read":
            self.receipts.append(body["message_id"])
            return web.json_response({"success": True})
        self._expect(str(body.get("to", "")).isdecimal(), "to without plus")
        self._expect(body.get("type") in body, "type names its object")
        self.sent.append(body)
        if self.answer is not None:
            return await self.answer(request, body)
        answer = {"messaging_product": "whatsapp", "messages": [{"id": f"wamid.{len(self.sent)}"}]}
        return web.json_response(answer)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        self.file_requests.append((request.path, request.headers.get("Authorization")))
        if request.path in self.expired:
            self.expired.remove(request.path)
            return web.Response(status=403)
        if request.path in self.redirects:
            return web.Response(status=307, headers={"Location": self.redirects[request.path]})
        if request.path not in self.files:
            return web.Response(status=404)
        data, kind = self.files[request.path]
        return web.Response(body=data, content_type=kind)


@pytest.fixture
async def api() -> AsyncIterator[CarrierStandIn]:
    stand_in = CarrierStandIn()
    await stand_in.start()
    yield stand_in
    await stand_in.stop()
    assert stand_in.faults == []
