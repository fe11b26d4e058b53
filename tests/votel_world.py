"""The native contract's app over both stores, with two accounts that know nothing of each other."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2
import msgspec
from sqlalchemy import select

from antiphon.contracts.vocatech.events import VocatechDialect
from antiphon.contracts.voicegram.events import VoicegramDialect
from antiphon.contracts.votel.dialect import NativeDialect
from antiphon.contracts.votel.events import EVENT_TYPES
from antiphon.contracts.votel.rendering import Rendering
from antiphon.contracts.votel.views_events import Telling
from antiphon.core.clock import ManualClock
from antiphon.core.crypto import Cipher, Signer, hash_password
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.events import Event, events
from antiphon.core.ids import new_id
from antiphon.domain.accounts.commands import create_account, create_user
from antiphon.domain.accounts.keys import create_key
from antiphon.domain.accounts.records import Account, KeyKind, Plan, Role
from antiphon.domain.accounts.tables import audit_log
from antiphon.domain.calls.links import RecordingLinks
from antiphon.domain.channels.commands import create_channel
from antiphon.domain.channels.records import Channel, ChannelKind
from antiphon.domain.conversations.links import MediaLinks
from antiphon.domain.mails.tables import mails
from antiphon.domain.services import Services
from antiphon.domain.voicegrams.commands import (
    announce_voicegram,
    complete_voicegram,
    create_voicegram,
    finish_step,
)
from antiphon.domain.voicegrams.links import ListenLinks
from antiphon.domain.voicegrams.records import Step
from antiphon.domain.webhooks.dialect import Dialect, Dialects
from contracts_front import ServerFront
from service_factory import MASTER_KEY
from sounds import webm_recording

ORIGIN = "https://voice.antiphon.example"
SITE = "https://www.example.com"
PASSWORD = "correct horse battery"
PASSWORD_HASH = hash_password(PASSWORD)


@dataclass
class Tenant:
    account: Account
    user_id: str
    email: str
    key: str
    key_id: str
    campaign: Channel
    domain: Channel


@dataclass
class World:
    """The app under test, its services, and what is in the database."""

    services: Services
    clock: ManualClock
    front: ServerFront
    client: httpx2.AsyncClient
    ours: Tenant
    theirs: Tenant
    made: dict[str, Any] = field(default_factory=dict)

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        return await self.request("GET", path, **options)

    async def post(self, path: str, **options: Any) -> httpx2.Response:
        return await self.request("POST", path, **options)

    async def request(
        self, method: str, path: str, *, tenant: Tenant | None = None, headers: Any = None, **options: Any
    ) -> httpx2.Response:
        """With the tenant's key; ours unless another is given."""
        key = {"X-API-Key": (tenant or self.ours).key}
        return await self.client.request(method, f"/api{path}", headers={**key, **(headers or {})}, **options)

    async def public(
        self, method: str, path: str, *, origin: str | None = ORIGIN, **options: Any
    ) -> httpx2.Response:
        headers = {**({"Origin": origin} if origin else {}), **options.pop("headers", {})}
        url = f"/api/public/recording{path}"
        return await self.client.request(method, url, headers=headers, **options)

    async def mailed_codes(self, email: str) -> list[str]:
        """Every code mailed to the address, oldest first."""
        return [found for text in await self.mailed(email) if (found := re.search(r"\b\d{6}\b", text)[0])]

    async def mailed(self, email: str) -> list[str]:
        def read(tx: ReadTx) -> list[Any]:
            return list(tx.all(select(mails).where(mails.c.recipient == email).order_by(mails.c.id)))

        rows = await self.services.database.read(read)
        bodies = [self.services.cipher.open(row.sealed_body, f"mail:{row.id}") for row in rows]
        return [msgspec.json.decode(body)["text"] for body in bodies]

    async def sender_token(self, channel: Channel, email: str = "visitor@example.org") -> str:
        origin = ORIGIN if channel.kind is ChannelKind.CAMPAIGN else SITE
        body = {"channel_id": channel.id, "email": email}
        assert (await self.public("POST", "/codes", json=body, origin=origin)).status_code == 204
        code = (await self.mailed_codes(email))[-1]
        answer = await self.public("POST", "/codes/verify", json={**body, "code": code}, origin=origin)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["sender_token"])

    async def upload(
        self,
        channel: Channel,
        token: str,
        audio: bytes | None = None,
        *,
        origin: str | None = ORIGIN,
        filename: str = "recording.webm",
        **fields: str,
    ) -> httpx2.Response:
        data = {"channel_id": channel.id, "sender_token": token, **fields}
        files = {"audio": (filename, webm_recording() if audio is None else audio, "audio/webm")}
        return await self.public("POST", "/voicegrams", data=data, files=files, origin=origin)


def make_tenant(tx: WriteTx, name: str, email: str) -> Tenant:
    account = create_account(tx, name=name, plan=Plan.PRO)
    user_id = create_user(
        tx, account.id, email=email, name="Owner", role=Role.OWNER, password_hash=PASSWORD_HASH
    )
    key = create_key(tx, account.id, user_id, kind=KeyKind.SECRET, name="tests")
    campaign = create_channel(tx, account.id, kind=ChannelKind.CAMPAIGN, name="Autumn survey", slug="autumn")
    domain = create_channel(tx, account.id, kind=ChannelKind.DOMAIN, name="", host="example.com")
    return Tenant(account, user_id, email, key.key, key.id, campaign, domain)


def make_dialects() -> list[Dialect]:
    """Those of all contracts, as the app wires them, with the keys of the tests' services."""
    cipher = Cipher(MASTER_KEY)
    links = ListenLinks(cipher.derive("listen-links"), ORIGIN)
    media_links = MediaLinks(cipher.derive("media-links"), ORIGIN)
    dialects = Dialects([VoicegramDialect(links), VocatechDialect(media_links.url)])
    signer = Signer(cipher.derive("tokens"))
    recordings = RecordingLinks(cipher.derive("recording-links"), ORIGIN)
    dialects.add(NativeDialect(Rendering(ORIGIN, links, recordings, signer, dialects)))
    return list(dialects)


OpenWorld = Callable[..., Awaitable[World]]


SUMMARY = {
    "text": "Asks for the price list.",
    "urgency": "high",
    "sentiment": "positive",
    "intent": "inquiry",
    "callback_required": True,
    "action_items": [{"task": "Send the price list", "priority": "low", "deadline": None}],
    "mentioned": {"names": ["Ada"], "phones": [], "emails": []},
}
WORDS = [{"text": "please", "start_ms": 0, "end_ms": 400, "confidence": 0.9}]


async def add_voicegram(
    world: World,
    tenant: Tenant | None = None,
    *,
    channel: Channel | None = None,
    sender: str = "visitor@example.org",
    transcript: str = "please send the price list",
    audio: bytes = b"\x1a\x45\xdf\xa3" + bytes(range(256)) * 4,
    completed: bool = True,
    summary: dict[str, Any] | None = None,
) -> str:
    """A voicegram as the pipeline leaves it; its id."""
    tenant = tenant or world.ours
    channel = channel or tenant.campaign
    voicegram_id = new_id()
    key = f"voicegrams/{tenant.account.id}/{voicegram_id}/audio.webm"
    await world.services.store.put(key, audio)

    def write(tx: WriteTx) -> None:
        account_id, found = tenant.account.id, summary or SUMMARY
        create_voicegram(
            tx,
            account_id,
            channel.id,
            voicegram_id=voicegram_id,
            sender_email=sender,
            page_url=None,
            client_id=voicegram_id,
            source_key=key,
            source_container="matroska",
            duration_ms=31_400,
        )
        announce_voicegram(tx, account_id, voicegram_id)
        if not completed:
            return
        transcribed = {
            "transcript_text": transcript,
            "transcript_confidence": 0.9,
            "transcript_words": msgspec.json.encode(WORDS).decode(),
            "audio_key": key,
            "audio_bytes": len(audio),
        }
        insight = {
            "summary": msgspec.json.encode(found).decode(),
            **{name: found[name] for name in ("urgency", "sentiment", "intent", "callback_required")},
        }
        finish_step(tx, account_id, voicegram_id, Step.TRANSCRIBE, transcribed, engine="pocketsphinx")
        finish_step(tx, account_id, voicegram_id, Step.INSIGHT, insight, engine="rules")
        complete_voicegram(tx, account_id, voicegram_id)

    await world.services.database.write(write)
    return voicegram_id


async def add_user(world: World, role: Role, email: str, tenant: Tenant | None = None) -> str:
    account = (tenant or world.ours).account
    return await world.services.database.write(
        create_user, account.id, email=email, name="Someone", role=role, password_hash=PASSWORD_HASH
    )


async def add_key(
    world: World,
    kind: KeyKind = KeyKind.SECRET,
    *,
    user_id: str | None = None,
    scopes: list[str] | None = None,
    days: int | None = None,
) -> tuple[str, str]:
    """A key of our account: its id and text."""
    made = await world.services.database.write(
        create_key,
        world.ours.account.id,
        user_id or world.ours.user_id,
        kind=kind,
        name="more",
        scopes=scopes,
        expires_in_days=days,
    )
    return made.id, made.key


def fault(answer: httpx2.Response) -> dict[str, Any]:
    """The first entry of `errors` in a 400."""
    assert answer.status_code == 400, (answer.status_code, answer.text)
    body = answer.json()
    assert set(body) == {"detail", "errors"}
    return dict(body["errors"][0])


@dataclass
class Browser:
    """Somebody signed in: the cookie of one browser and its CSRF token."""

    world: World
    cookie: str
    csrf_token: str

    async def ask(self, method: str, path: str, *, headers: Any = None, **options: Any) -> httpx2.Response:
        sent = {"Cookie": f"antiphon_session={self.cookie}", "X-CSRF-Token": self.csrf_token}
        self.world.client.cookies.clear()
        answer = await self.world.client.request(
            method, f"/api{path}", headers={**sent, **(headers or {})}, **options
        )
        self.world.client.cookies.clear()
        return answer


async def open_browser(
    world: World, email: str | None = None, *, password: str = PASSWORD, **more: Any
) -> Browser:
    """Sign in from a browser of its own."""
    world.client.cookies.clear()
    body = {"email": email or world.ours.email, "password": password, **more}
    return browser_of(world, await world.client.post("/api/session", json=body))


def browser_of(world: World, answer: httpx2.Response) -> Browser:
    assert answer.status_code in (200, 201), answer.text
    found = re.search(r"antiphon_session=([^;]+)", answer.headers["set-cookie"])
    assert found is not None
    world.client.cookies.clear()
    return Browser(world, found[1], answer.json()["csrf_token"])


async def told(world: World, event_type: str) -> list[dict[str, Any]]:
    """The data of our account's events of one type, as webhooks and streams have it."""

    def read(tx: ReadTx) -> list[Any]:
        mine = (events.c.account_id == world.ours.account.id, events.c.type == event_type)
        return list(tx.all(select(events).where(*mine).order_by(events.c.sequence)))

    telling = Telling(Rendering.of(world.services), world.clock.now())
    return [
        EVENT_TYPES[event_type].view(
            Event(row.account_id, row.type, row.object_id, msgspec.json.decode(row.data)), telling
        )
        for row in await world.services.database.read(read)
    ]


async def audit_actions(world: World, tenant: Tenant | None = None) -> list[str]:
    """What the account's audit log holds, oldest first."""
    account_id = (tenant or world.ours).account.id

    def read(tx: ReadTx) -> list[str]:
        rows = tx.all(
            select(audit_log.c.action)
            .where(audit_log.c.account_id == account_id)
            .order_by(audit_log.c.at, audit_log.c.id)
        )
        return [row.action for row in rows]

    return await world.services.database.read(read)
