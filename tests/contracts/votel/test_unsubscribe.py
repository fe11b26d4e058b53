"""Marketing mails and their end (contracts/votel.md 1.2, 8)."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon.core.db.transaction import ReadTx
from antiphon.core.jobs.registry import JobRegistry
from antiphon.core.jobs.testing import advance_and_drain
from antiphon.core.jobs.worker import JobWorker, WorkerSettings
from antiphon.core.mail import ConsoleMailer, Mail
from antiphon.domain.contacts.queries import is_suppressed
from antiphon.domain.conversations.jobs import MessageJobs
from inbox_world import inbox
from votel_world import OpenWorld, World, fault

OFFER = {"channel": "email", "subject": "Sale", "body": "Half price.", "purpose": "marketing"}


@pytest.fixture
async def world(open_world: OpenWorld) -> World:
    return await inbox(open_world)


async def suppressed(world: World, channel: str, address: str = "ada@example.com") -> bool:
    def read(tx: ReadTx) -> bool:
        return is_suppressed(tx, world.ours.account.id, channel, address)

    return await world.services.database.read(read)


async def sent_mail(world: World, request: pytest.FixtureRequest, **body: Any) -> Mail:
    """What leaves for a body: the newest mail."""
    answer = await world.post("/messages", json={"to": "ada@example.com", **OFFER, **body})
    assert answer.status_code == 201, answer.text
    database = world.services.database
    url = request.getfixturevalue("clean_postgres_url") if database.dialect == "postgresql" else None
    registry = JobRegistry()
    MessageJobs(world.services).register(registry)
    await advance_and_drain(JobWorker(database, registry, WorkerSettings(postgres_url=url)), world.clock, 0)
    assert isinstance(world.services.mailer, ConsoleMailer)
    return world.services.mailer.sent[-1]


async def test_marketing_mails_say_where_they_come_from(world: World) -> None:
    """votel.md 8: without the account's postal address 400 `missing_address`."""
    found = fault(await world.post("/messages", json={"to": "ada@example.com", **OFFER}))
    assert (found["field"], found["code"]) == ("purpose", "missing_address")
    plain = {**OFFER, "purpose": "transactional"}
    assert (await world.post("/messages", json={"to": "ada@example.com", **plain})).status_code == 201


async def test_one_click_ends_them(world: World, request: pytest.FixtureRequest) -> None:
    """votel.md 8: link, List-Unsubscribe and List-Unsubscribe-Post; reading changes nothing, posting ends."""
    await world.request("PATCH", "/account", json={"postal_address": "1 Example Road\nTown <1>"})
    mail = await sent_mail(world, request, html="<p>Half price.</p>")
    url = mail.headers["List-Unsubscribe"].strip("<>")
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.text.startswith("Half price.")
    assert "1 Example Road\nTown <1>" in mail.text
    assert url in mail.text
    assert mail.html is not None
    assert "Town &lt;1&gt;" in mail.html
    for _ in range(2):
        page = await world.client.get(url)
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "ada@example.com" in page.text
        assert "<script" not in page.text
    assert not await suppressed(world, "email")
    for _ in range(2):
        done = await world.client.post(url, data={"List-Unsubscribe": "One-Click"})
        assert done.status_code == 200
    assert await suppressed(world, "email")
    assert not await suppressed(world, "sms")
    answer = await world.post("/messages", json={"to": "ada@example.com", **OFFER})
    assert fault(answer)["code"] == "opted_out"
    assert (await world.client.post(f"{url}?all=true")).status_code == 200
    assert await suppressed(world, "sms")
    for damaged in (url + "x", url.rpartition("/")[0] + "/nothing"):
        assert (await world.client.get(damaged)).status_code == 404
        assert (await world.client.post(damaged)).status_code == 404


async def test_other_mails_are_left_alone(world: World, request: pytest.FixtureRequest) -> None:
    """votel.md 8: only marketing is signed so."""
    await world.request("PATCH", "/account", json={"postal_address": "1 Example Road"})
    mail = await sent_mail(world, request, purpose="transactional")
    assert (mail.text, dict(mail.headers)) == ("Half price.", {})
