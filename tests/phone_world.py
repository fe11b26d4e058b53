"""Two accounts that know nothing of each other, behind one of the contracts of calls and messages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from starlette.types import ASGIApp

from antiphon.core.clock import ManualClock
from antiphon.core.db.transaction import WriteTx
from antiphon.core.jobs.registry import JobRegistry
from antiphon.core.jobs.testing import advance_and_drain
from antiphon.core.jobs.worker import JobWorker, WorkerSettings
from antiphon.domain.accounts.commands import create_account, create_user
from antiphon.domain.accounts.keys import create_key
from antiphon.domain.accounts.records import KeyKind, NewKey, Plan, Role
from antiphon.domain.services import Services
from antiphon.domain.webhooks.dialect import Dialect, Dialects
from antiphon.domain.webhooks.jobs import WebhookJobs
from antiphon.domain.webhooks.reactions import WebhookReactions
from contracts_front import ServerFront
from service_factory import ORIGIN


@dataclass(frozen=True)
class Tenant:
    """`key` is the owner's `sk_`, `public_key` the owner's `pk_`; `member` and `viewer` are `sk_` too."""

    account_id: str
    user_id: str
    email: str
    key: NewKey
    public_key: NewKey
    member: NewKey
    viewer: NewKey


def make_tenant(tx: WriteTx, name: str, host: str, timezone: str = "UTC") -> Tenant:
    account = create_account(tx, name=name, plan=Plan.PRO, timezone=timezone)

    def person(role: Role) -> str:
        email = f"{role.label}@{host}"
        return create_user(
            tx, account.id, email=email, name=role.label.title(), role=role, password_hash=None
        )

    def key(user_id: str, kind: KeyKind = KeyKind.SECRET) -> NewKey:
        return create_key(tx, account.id, user_id, kind=kind, name="tests")

    owner = person(Role.OWNER)
    return Tenant(
        account.id,
        owner,
        f"owner@{host}",
        key(owner),
        key(owner, KeyKind.PUBLIC),
        key(person(Role.MEMBER)),
        key(person(Role.VIEWER)),
    )


@dataclass
class World:
    """The app over one store and its services; `send_key` puts a key's text where the contract reads it."""

    services: Services
    clock: ManualClock
    front: ServerFront
    client: httpx2.AsyncClient
    base: str
    send_key: Callable[[str], dict[str, str]]
    ours: Tenant
    theirs: Tenant
    worker: JobWorker

    async def request(
        self,
        method: str,
        path: str,
        *,
        tenant: Tenant | None = None,
        key: NewKey | str | None = None,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> httpx2.Response:
        """`path` below the contract's base; with our `sk_` key unless another is given; key "" sends none."""
        chosen = (tenant or self.ours).key if key is None else key
        text = chosen if isinstance(chosen, str) else chosen.key
        own = self.send_key(text) if text else {}
        return await self.client.request(
            method, self.base + path, headers={**own, **(headers or {})}, **options
        )

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        return await self.request("GET", path, **options)

    async def post(self, path: str, **options: Any) -> httpx2.Response:
        return await self.request("POST", path, **options)

    async def patch(self, path: str, **options: Any) -> httpx2.Response:
        return await self.request("PATCH", path, **options)

    async def delete(self, path: str, **options: Any) -> httpx2.Response:
        return await self.request("DELETE", path, **options)

    async def make_key(self, tenant: Tenant | None = None, **options: Any) -> NewKey:
        """A key of the owner; `kind` and `scopes` by keyword."""
        owner = tenant or self.ours
        options.setdefault("kind", KeyKind.SECRET)
        return await self.services.database.write(
            create_key, owner.account_id, owner.user_id, name="more", **options
        )

    async def work(self) -> None:
        """Run every job that is due."""
        await self.worker.drain()

    async def pass_time(self, ms: int) -> None:
        """Let time pass and run what becomes due."""
        await advance_and_drain(self.worker, self.clock, ms)


OpenWorld = Callable[..., Awaitable[World]]


@asynccontextmanager
async def open_worlds(
    make_services: Callable[..., Services],
    clock: ManualClock,
    make_app: Callable[[Services], ASGIApp],
    base: str,
    send_key: Callable[[str], dict[str, str]],
    postgres_url: str | None,
    make_dialects: Callable[[Services], Sequence[Dialect]] = lambda services: (),
    register_jobs: Sequence[Callable[[Services, JobRegistry], None]] = (),
) -> AsyncIterator[OpenWorld]:
    """Yields a function that opens a world; `timezone` of our account and settings by keyword."""
    clients: list[httpx2.AsyncClient] = []

    async def make(*, timezone: str = "UTC", **settings: Any) -> World:
        settings = {
            "allow_insecure_webhooks": True,
            "webhook_allowed_networks": ["127.0.0.1/32"],
            **settings,
        }
        services = make_services(**settings)
        services.dialects = Dialects(make_dialects(services))
        if not clients:
            WebhookReactions(services.dialects).install(services.bus)
        ours = await services.database.write(make_tenant, "Acme", "example.com", timezone)
        theirs = await services.database.write(make_tenant, "Other", "example.org")
        front = ServerFront(make_app(services))
        client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=front), base_url=ORIGIN)
        clients.append(client)
        registry = JobRegistry()
        WebhookJobs(services).register(registry)
        for register in register_jobs:
            register(services, registry)
        worker = JobWorker(services.database, registry, WorkerSettings(postgres_url=postgres_url))
        return World(services, clock, front, client, base, send_key, ours, theirs, worker)

    yield make
    for client in clients:
        await client.aclose()
