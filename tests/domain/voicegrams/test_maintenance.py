"""Retention of audio, listen links and reminders (contracts/voicegram.md 1, 2 and 8)."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from antiphon.core.clock import DAY, HOUR
from antiphon.core.db.transaction import ReadTx
from antiphon.core.errors import DomainError, NotFoundError
from antiphon.core.storage import ObjectMissing
from antiphon.domain.accounts.commands import set_plan
from antiphon.domain.accounts.jobs import remind_keys
from antiphon.domain.accounts.keys import create_key, revoke_key
from antiphon.domain.accounts.queries import list_people
from antiphon.domain.accounts.records import KeyKind, Plan
from antiphon.domain.voicegrams.commands import create_link, revoke_link
from antiphon.domain.voicegrams.links import ListenToken
from antiphon.domain.voicegrams.maintenance import expire_audio, remind_links
from antiphon.domain.voicegrams.queries import check_listen, find_listener, list_links
from antiphon.domain.voicegrams.records import ListenerKind
from antiphon.domain.voicegrams.tables import listeners
from studio import OWNER, Studio


@pytest.mark.parametrize(("plan", "days"), [(Plan.FREE, 30), (Plan.STARTER, 90), (Plan.PRO, 365)])
def test_retention_and_validity_of_the_plans(plan: Plan, days: int) -> None:
    """contracts/voicegram.md 2."""
    assert plan.audio_retention_ms == plan.link_validity_ms == days * DAY


def test_business_and_enterprise_keep_audio() -> None:
    plans = (Plan.BUSINESS, Plan.ENTERPRISE)
    assert [plan.audio_retention_ms for plan in plans] == [None, None]
    assert [plan.link_validity_ms for plan in plans] == [365 * DAY] * 2


async def test_retention_deletes_the_file_and_keeps_the_row(studio: Studio) -> None:
    """contracts/voicegram.md 2: counted from `completed_at`; only the audio file goes."""
    voicegram_id = await studio.leave()
    await studio.process()
    kept = await studio.get(voicegram_id)
    assert kept.audio_key is not None
    write = studio.services.database.write
    assert await write(expire_audio, studio.account.id, (kept.completed_at or 0) - 1) == 0
    assert await write(expire_audio, studio.account.id, kept.completed_at or 0) == 1
    await studio.process()
    with pytest.raises(ObjectMissing):
        await studio.services.store.get(kept.audio_key)
    after = await studio.get(voicegram_id)
    assert (after.audio_deleted_at, after.summary) == (studio.clock.now(), kept.summary)


async def test_the_scheduled_retention_follows_the_plan(studio: Studio) -> None:
    voicegram_id = await studio.leave()
    await studio.process()
    await studio.services.database.write(set_plan, studio.account.id, Plan.STARTER)
    studio.clock.advance(90 * DAY - HOUR)
    retain = studio.worker.registry.jobs["voicegrams.retention"].handler
    await retain({}, None)  # type: ignore[arg-type]  # the handler reads no context
    assert (await studio.get(voicegram_id)).audio_deleted_at is None
    studio.clock.advance(HOUR)
    await retain({}, None)  # type: ignore[arg-type]  # likewise
    assert (await studio.get(voicegram_id)).audio_deleted_at == studio.clock.now()


async def _open(studio: Studio, voicegram_id: str, listener: str, expires_at: int) -> bool:
    try:
        await studio.services.database.read(check_listen, voicegram_id, ListenToken(listener, expires_at))
    except NotFoundError:
        return False
    return True


async def test_each_recipient_can_be_revoked_alone(studio: Studio) -> None:
    """contracts/voicegram.md 8."""
    voicegram_id = await studio.leave()
    await studio.process()
    write, account = studio.services.database.write, studio.account.id
    first, until = await write(create_link, account, voicegram_id, recipient="a@example.org")
    second, _ = await write(create_link, account, voicegram_id, recipient="b@example.org")
    assert await _open(studio, voicegram_id, first, until)
    await write(revoke_link, account, first)
    assert not await _open(studio, voicegram_id, first, until)
    assert await _open(studio, voicegram_id, second, until)
    assert not await _open(studio, voicegram_id, second, studio.clock.now())
    links = await studio.services.database.read(list_links, account, voicegram_id)
    assert {link.recipient for link in links} == {"a@example.org", "b@example.org", OWNER}


async def test_a_link_belongs_to_its_voicegram(studio: Studio) -> None:
    """contracts/voicegram.md 8: a foreign token opens nothing."""
    first, second = await studio.leave(), await studio.leave()
    await studio.process()
    listener, until = await studio.services.database.write(
        create_link, studio.account.id, first, recipient="a@example.org"
    )
    assert not await _open(studio, second, listener, until)
    links = studio.services.links
    token = links.token(first, listener, until)
    assert links.read(first, token) == ListenToken(listener, until)
    assert links.read(second, token) is None
    assert links.read(first, token[:-1] + ("A" if token[-1] != "A" else "B")) is None
    assert links.read(first, "sample") is None


async def test_a_link_is_not_longer_than_the_plan_allows(studio: Studio) -> None:
    voicegram_id = await studio.leave()
    write = studio.services.database.write
    with pytest.raises(DomainError, match="90 days"):
        await write(
            create_link, studio.account.id, voicegram_id, recipient="a@example.org", expires_in_days=91
        )


async def test_revoking_a_key_revokes_the_links_it_fetched(studio: Studio) -> None:
    """contracts/voicegram.md 8."""
    database, account = studio.services.database, studio.account.id
    owner = (await database.read(list_people, account))[0]
    key = await database.write(create_key, account, owner.id, kind=KeyKind.PAT, name="A")
    listener = await database.read(find_listener, account, ListenerKind.KEY, key.id)
    voicegram_id = await studio.leave()
    assert listener is not None
    assert await _open(studio, voicegram_id, listener, studio.clock.now() + 1)
    await database.write(revoke_key, account, key.id)
    assert not await _open(studio, voicegram_id, listener, studio.clock.now() + 1)


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        (KeyKind.PAT, "Access token A expires"),
        (KeyKind.SECRET, "API key A expires"),
        (KeyKind.PUBLIC, "API key A expires"),
    ],
)
async def test_reminders_go_out_seven_days_and_one_day_before(
    studio: Studio, kind: KeyKind, subject: str
) -> None:
    """contracts/voicegram.md 1, contracts/vocatech.md 1: of every kind of key, each once."""
    services, account = studio.services, studio.account.id
    owner = (await services.database.read(list_people, account))[0]
    await services.database.write(create_key, account, owner.id, kind=kind, name="A", expires_in_days=30)
    await services.database.write(create_key, account, owner.id, kind=kind, name="Never")

    async def remind() -> int:
        return await services.database.write(remind_keys, services.cipher, services.settings.origin)

    assert await remind() == 0
    studio.clock.advance(23 * DAY)
    assert [await remind(), await remind()] == [1, 0]
    studio.clock.advance(6 * DAY)
    assert [await remind(), await remind()] == [1, 0]
    studio.clock.advance(DAY)
    assert await remind() == 0
    await studio.process()
    assert len(studio.sent) == 2
    assert all(sent.startswith(f"{OWNER}: {subject}") for sent in studio.sent)


async def test_a_mailed_link_is_reminded_of_once(studio: Studio) -> None:
    voicegram_id = await studio.leave()
    await studio.process()
    services = studio.services

    def mailboxes(tx: ReadTx) -> int:
        return int(
            tx.scalar(
                select(func.count()).select_from(listeners).where(listeners.c.voicegram_id == voicegram_id)
            )
        )

    assert await services.database.read(mailboxes) == 1
    remind = (remind_links, services.cipher, services.links)
    assert await services.database.write(*remind) == 0
    studio.clock.advance(84 * DAY)
    assert [await services.database.write(*remind), await services.database.write(*remind)] == [1, 0]
