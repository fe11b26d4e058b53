"""Members of an account: numbers, the last owner, existing rows (contracts/vocatech.md 5.6)."""

from __future__ import annotations

import asyncio

import pytest

from antiphon.core.actors import Actor, acting_as
from antiphon.core.db.database import Database
from antiphon.core.errors import DomainError, NotFoundError
from antiphon.domain.accounts.commands import create_account, create_user
from antiphon.domain.accounts.company import get_company, update_company
from antiphon.domain.accounts.errors import LastOneError
from antiphon.domain.accounts.members import (
    MemberChanges,
    create_member,
    find_member_by_email,
    find_member_by_extension,
    get_member,
    get_member_by_number,
    list_members,
    update_member,
)
from antiphon.domain.accounts.records import Company, Role


@pytest.fixture
async def account(database: Database) -> str:
    return (await database.write(create_account, name="Acme", timezone="America/Chicago")).id


async def owner(database: Database, account: str, name: str) -> str:
    return await database.write(
        create_user, account, email=f"{name}@example.org", name=name, role=Role.OWNER, password_hash=None
    )


async def test_numbers_and_look_ups(database: Database, account: str) -> None:
    """vocatech.md 4: integer ids per account, in the order of joining."""
    first = await owner(database, account, "ann")
    member = await database.write(
        create_member,
        account,
        name="Bo",
        email="BO@example.org",
        extension="204",
        settings={"ring_seconds": 30},
    )
    assert [item.number for item in await database.read(list_members, account)] == [1, 2]
    assert (await database.read(get_member, account, first)).role is Role.OWNER
    assert await database.read(get_member_by_number, account, 2) == member
    assert await database.read(find_member_by_extension, account, "204") == member
    assert await database.read(find_member_by_email, account, "Bo@Example.org") == member
    assert (member.settings.ring_seconds, member.settings.voicemail_enabled) == (30, True)
    other = (await database.write(create_account, name="Other")).id
    assert await database.read(find_member_by_extension, other, "204") is None
    with pytest.raises(NotFoundError):
        await database.read(get_member_by_number, other, 1)
    joined = await database.write(create_member, other, name="Someone else", email="bo@example.org")
    assert (joined.number, joined.user_id, joined.name) == (1, member.user_id, "Bo")


async def test_a_name_that_two_accounts_show_is_the_persons_own(database: Database, account: str) -> None:
    """contracts/README.md: no account changes what another one shows; the person does, in both."""
    bo = await owner(database, account, "bo")
    other = (await database.write(create_account, name="Other")).id
    await database.write(create_member, other, name="Bo", email="bo@example.org")
    renamed = MemberChanges(name="Evil", extension="7")
    for place in (account, other):
        with pytest.raises(DomainError) as refused:
            await database.write(update_member, place, bo, renamed, by=Role.OWNER)
        assert refused.value.field == "name"
    kept = await database.write(
        update_member, other, bo, MemberChanges(name="bo", extension="7"), by=Role.OWNER
    )
    assert (kept.name, kept.extension) == ("bo", "7")
    with acting_as(Actor("user", bo)):
        await database.write(update_member, other, bo, MemberChanges(name="Bo Own"), by=Role.MEMBER)
    assert (await database.read(get_member, account, bo)).name == "Bo Own"


async def test_two_owners_cannot_take_away_each_other(database: Database, account: str) -> None:
    """vocatech.md 5.6: of two changes at the same moment, one finds the last active owner."""
    people = [await owner(database, account, name) for name in ("ann", "bo")]
    gone = MemberChanges(is_active=False)
    outcomes = await asyncio.gather(
        *(database.write(update_member, account, user, gone, by=Role.OWNER) for user in people),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, LastOneError) for outcome in outcomes) == 1
    assert sum(member.is_active for member in await database.read(list_members, account)) == 1


async def test_company(database: Database, account: str) -> None:
    """vocatech.md 5.6: all on, 90 days; changes keep what was not named."""
    assert await database.read(get_company, account) == Company("Acme", "America/Chicago", "US")
    await database.write(update_company, account, {"recording_enabled": False})
    changed = await database.write(update_company, account, {"timezone": "UTC"})
    assert changed == Company("Acme", "UTC", "US", recording_enabled=False)
    assert changed.language == "en-US"
    assert await database.read(get_company, account) == changed
    changed = await database.write(update_company, account, {"language": "zh-Hant-TW"})
    assert (changed.language, changed.recording_enabled) == ("zh-Hant-TW", False)
    for bad in (
        {"timezone": "Mars"},
        {"name": " "},
        {"recording_retention_days": 0},
        {"language": "german"},
        {"language": "de_AT"},
        {"language": ""},
    ):
        with pytest.raises(DomainError):
            await database.write(update_company, account, bad)
