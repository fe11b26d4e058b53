"""Accounts, channels, completed voicegrams and webhooks for tests of the Voicegram contract."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import msgspec

from antiphon.core.clock import HOUR, MINUTE, SECOND, ManualClock
from antiphon.core.db.transaction import WriteTx
from antiphon.core.ids import new_id
from antiphon.core.jobs.testing import advance_and_drain
from antiphon.core.jobs.worker import JobWorker
from antiphon.domain.accounts.commands import create_account, create_user
from antiphon.domain.accounts.keys import create_key
from antiphon.domain.accounts.records import KeyKind, NewKey, Plan, Role
from antiphon.domain.channels.commands import create_channel
from antiphon.domain.channels.records import Channel, ChannelKind
from antiphon.domain.services import Services
from antiphon.domain.voicegrams.commands import (
    announce_voicegram,
    complete_voicegram,
    create_voicegram,
    finish_step,
)
from antiphon.domain.voicegrams.records import Step
from antiphon.domain.webhooks.commands import create_subscription
from antiphon.domain.webhooks.queries import get_subscription, list_attempts, list_object_deliveries
from antiphon.domain.webhooks.records import Attempt, NewSubscription, ObjectDelivery, Subscription
from contracts_front import ServerFront

SUMMARY = {
    "text": "Likes the new hours; asks for the price list.",
    "urgency": "low",
    "sentiment": "positive",
    "intent": "inquiry",
    "callback_required": False,
    "action_items": [{"task": "Send the price list", "priority": "low", "deadline": None}],
    "mentioned": {"names": ["Ünïted"], "phones": ["+12025550143"], "emails": ["visitor@example.org"]},
}
SCHEDULE = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR]
"""Delays between the attempts of one event (contracts/voicegram.md 7.1)."""
TRANSCRIPT = "The new opening hours work well, please send the price list."


@dataclass(frozen=True)
class Tenant:
    account_id: str
    user_id: str
    key: NewKey
    domain: Channel
    campaign: Channel


def make_tenant(tx: WriteTx, name: str, email: str, plan: Plan) -> Tenant:
    account = create_account(tx, name=name, plan=plan)
    user_id = create_user(tx, account.id, email=email, name="Owner", role=Role.OWNER, password_hash=None)
    key = create_key(tx, account.id, user_id, kind=KeyKind.PAT, name="tests")
    domain = create_channel(tx, account.id, kind=ChannelKind.DOMAIN, name="", host="example.com")
    campaign = create_channel(tx, account.id, kind=ChannelKind.CAMPAIGN, name="Autumn survey")
    return Tenant(account.id, user_id, key, domain, campaign)


def complete(
    tx: WriteTx,
    tenant: Tenant,
    channel: Channel,
    audio_key: str | None,
    audio_bytes: int | None,
    tags: tuple[str, ...] = (),
) -> str:
    """A voicegram from upload to completion; returns its id."""
    voicegram_id = new_id()
    create_voicegram(
        tx,
        tenant.account_id,
        channel.id,
        voicegram_id=voicegram_id,
        sender_email="visitor@example.org",
        page_url="https://example.com/contact" if channel.kind is ChannelKind.DOMAIN else None,
        client_id=voicegram_id,
        source_key=f"uploads/{voicegram_id}",
        source_container="webm",
        duration_ms=31_400,
    )
    announce_voicegram(tx, tenant.account_id, voicegram_id)
    results: dict[Step, dict[str, Any]] = {
        Step.TRANSCODE: {"audio_key": audio_key, "audio_bytes": audio_bytes, "source_key": None},
        Step.TRANSCRIBE: {"transcript_text": TRANSCRIPT, "transcript_confidence": 0.97},
        Step.INSIGHT: {
            "summary": msgspec.json.encode(SUMMARY).decode(),
            "tags": msgspec.json.encode(tags).decode(),
        },
    }
    for step, values in results.items():
        finish_step(tx, tenant.account_id, voicegram_id, step, values)
    tx.jobs.clear()  # the pipeline's own jobs are not under test
    complete_voicegram(tx, tenant.account_id, voicegram_id)
    return voicegram_id


@dataclass
class World:
    """The app over one store, two accounts, and a worker with the webhook jobs."""

    services: Services
    clock: ManualClock
    front: ServerFront
    client: httpx2.AsyncClient
    worker: JobWorker
    ours: Tenant
    theirs: Tenant
    free: Tenant

    async def request(
        self,
        method: str,
        path: str,
        *,
        tenant: Tenant | None = None,
        key: str | None = None,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> httpx2.Response:
        """With our token unless another tenant, key or `Authorization` is given; key "" sends none."""
        text = (tenant or self.ours).key.key if key is None else key
        own = {"Authorization": f"Bearer {text}"} if text else {}
        return await self.client.request(method, path, headers={**own, **(headers or {})}, **options)

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        return await self.request("GET", path, **options)

    async def post(self, path: str, **options: Any) -> httpx2.Response:
        return await self.request("POST", path, **options)

    async def delete(self, path: str, **options: Any) -> httpx2.Response:
        return await self.request("DELETE", path, **options)

    async def complete(
        self,
        tenant: Tenant | None = None,
        channel: Channel | None = None,
        *,
        audio: bytes | None = None,
        tags: tuple[str, ...] = (),
    ) -> str:
        """A voicegram of the tenant's domain channel, completed now."""
        owner = tenant or self.ours
        audio_key = None
        if audio is not None:
            audio_key = f"audio/{new_id()}"
            await self.services.store.put(audio_key, audio)
        size = None if audio is None else len(audio)
        return await self.services.database.write(
            complete, owner, channel or owner.domain, audio_key, size, tags
        )

    async def subscribe(self, url: str, tenant: Tenant | None = None, **options: Any) -> NewSubscription:
        return await self.services.database.write(
            create_subscription,
            self.services.cipher,
            self.services.dialects["voicegram"],
            (tenant or self.ours).account_id,
            url=url,
            **options,
        )

    async def subscription(self, subscription_id: str) -> Subscription:
        return await self.services.database.read(get_subscription, self.ours.account_id, subscription_id)

    async def attempts(self, subscription_id: str) -> list[Attempt]:
        """Latest first."""
        page = await self.services.database.read(list_attempts, self.ours.account_id, subscription_id)
        return page.items

    async def deliveries(self, voicegram_id: str) -> list[ObjectDelivery]:
        return await self.services.database.read(list_object_deliveries, self.ours.account_id, voicegram_id)

    async def work(self) -> None:
        """Run every job that is due."""
        await self.worker.drain()

    async def pass_time(self, ms: int) -> None:
        """Let time pass and run what becomes due."""
        await advance_and_drain(self.worker, self.clock, ms)


OpenWorld = Callable[..., Awaitable[World]]
