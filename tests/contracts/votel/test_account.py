"""The account's settings and its audit log (contracts/votel.md 11.1)."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon.contracts.votel.events import envelope
from antiphon.contracts.votel.rendering import Rendering
from antiphon.contracts.votel.views_events import Telling
from antiphon.core.clock import DAY
from antiphon.core.db.transaction import WriteTx
from antiphon.core.event_log import list_events
from antiphon.domain.accounts.audit import KEPT_DAYS, purge_audit_log
from antiphon.domain.accounts.company import get_company
from antiphon.domain.accounts.records import Role
from antiphon.domain.contacts.queries import is_suppressed
from antiphon.domain.conversations.commands import receive_message
from antiphon.domain.conversations.records import Channel, InboundMessage
from antiphon.domain.numbers.commands import create_simulator
from votel_world import World, add_key, add_user, fault

KEYS = {
    *("id", "name", "slug", "plan", "timezone", "country", "locale", "currency", "week_start"),
    *("postal_address", "quiet_hours", "duplicate_policy", "require_consent", "retention", "help_text"),
    *("stop_words", "recording_enabled", "transcription_enabled", "summary_enabled"),
    *("sentiment_enabled", "language", "created_at", "updated_at"),
}


async def change(world: World, **body: Any) -> dict[str, Any]:
    answer = await world.request("PATCH", "/account", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_every_key_is_kept(world: World) -> None:
    """votel.md 11.1: PATCH changes the keys given; the answer is the whole account."""
    before = (await world.get("/account")).json()
    assert set(before) == KEYS
    assert before["retention"] == {
        "recordings_days": 90,
        "transcripts_days": None,
        "messages_days": None,
    }
    world.clock.advance(5)
    body: dict[str, Any] = {
        "name": "Acme  GmbH",
        "slug": "acme-wien",
        "timezone": "Europe/Vienna",
        "country": "at",
        "language": "de-AT",
        "locale": "de-AT",
        "currency": "EUR",
        "week_start": "sunday",
        "postal_address": "Ring 1",
        "quiet_hours": {"from": "21:00", "to": "08:00"},
        "duplicate_policy": "update",
        "require_consent": ["whatsapp", "sms"],
        "retention": {"transcripts_days": 365},
        "help_text": "Call us.",
        "stop_words": ["Aufhören", "genug"],
        "recording_enabled": False,
    }
    after = await change(world, **body)
    assert after == {
        **before,
        **body,
        "name": "Acme GmbH",
        "country": "AT",
        "require_consent": ["sms", "whatsapp"],
        "retention": {"recordings_days": 90, "transcripts_days": 365, "messages_days": None},
        "updated_at": after["updated_at"],
    }
    assert after["updated_at"] > before["updated_at"]
    assert (await world.get("/account")).json() == after
    assert (await world.get("/me")).json()["account"]["timezone"] == "Europe/Vienna"
    assert (await world.get("/workspace")).json()["subdomain"] == "acme-wien"
    cleared = await change(world, quiet_hours=None, stop_words=[], retention={"transcripts_days": None})
    assert (cleared["quiet_hours"], cleared["stop_words"]) == (None, [])
    assert cleared["retention"]["transcripts_days"] is None


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"name": " "}, "name", "invalid"),
        ({"name": None}, "name", "invalid"),
        ({"slug": "www"}, "slug", "reserved"),
        ({"slug": "other"}, "slug", "taken"),
        ({"slug": "A B"}, "slug", "invalid"),
        ({"timezone": "Mars"}, "timezone", "invalid"),
        ({"country": "XX"}, "country", "invalid"),
        ({"language": "german!"}, "language", "invalid"),
        ({"locale": "german"}, "locale", "invalid"),
        ({"currency": "euro"}, "currency", "invalid"),
        ({"week_start": "friday"}, "week_start", "invalid"),
        ({"quiet_hours": {"from": "9", "to": "10:00"}}, "quiet_hours.from", "invalid"),
        ({"quiet_hours": {"from": "09:00"}}, "quiet_hours.to", "required"),
        ({"quiet_hours": {"from": "09:00", "to": "09:00"}}, "quiet_hours.to", "invalid"),
        ({"duplicate_policy": "merge"}, "duplicate_policy", "invalid"),
        ({"require_consent": ["fax"]}, "require_consent.0", "invalid"),
        ({"retention": {"recordings_days": 0}}, "retention.recordings_days", "invalid"),
        ({"retention": {"recordings_days": None}}, "retention.recordings_days", "invalid"),
        ({"retention": {"messages_days": "9"}}, "retention.messages_days", "invalid"),
        ({"stop_words": ["!"]}, "stop_words.0", "invalid"),
        ({"help_text": "x" * 1601}, "help_text", "invalid"),
        ({"recording_enabled": "no"}, "recording_enabled", "invalid"),
    ],
)
async def test_refused(world: World, body: dict[str, Any], field: str, code: str) -> None:
    """votel.md 0.4, 11.1: nothing changes."""
    before = (await world.get("/account")).json()
    found = fault(await world.request("PATCH", "/account", json={**body, "postal_address": "Kept?"}))
    assert (found["field"], found["code"]) == (field, code)
    assert (await world.get("/account")).json() == before


async def test_who_may(world: World) -> None:
    """votel.md 17: read by viewers, changed by admins; a scoped key needs `settings`."""
    viewer = await add_user(world, Role.VIEWER, "viewer@example.com")
    _, text = await add_key(world, user_id=viewer)
    _, scoped = await add_key(world, scopes=["conversations:read"])
    assert (await world.get("/account", headers={"X-API-Key": text})).status_code == 200
    denied = await world.request("PATCH", "/account", json={}, headers={"X-API-Key": text})
    assert denied.json() == {"detail": "Insufficient permissions: settings:write"}
    assert (await world.get("/account", headers={"X-API-Key": scoped})).status_code == 403


async def test_what_takes_effect(world: World) -> None:
    """votel.md 11.1: retention of recordings, country of phones, own stop words."""
    account_id, database = world.ours.account.id, world.services.database
    await change(world, retention={"recordings_days": 7}, country="AT", stop_words=["Aufhören!"])
    assert (await database.read(get_company, account_id)).recording_retention_days == 7

    def receive(tx: WriteTx) -> list[bool]:
        number = create_simulator(tx, world.services.cipher, account_id)
        found = []
        for index, body in enumerate(("bitte aufhören", " AUFHÖREN.")):
            sender = f"+1312555018{index}"
            receive_message(
                tx,
                account_id,
                InboundMessage("simulator", f"m{index}", Channel.SMS, number, sender, body),
            )
            found.append(is_suppressed(tx, account_id, "sms", sender))
        return found

    assert await database.write(receive) == [False, True]


async def test_event_and_entry(world: World) -> None:
    """votel.md 16: `account.updated` with its changes; a change to the same is none."""
    await change(world, currency="EUR", help_text="")
    await change(world, currency="EUR")

    found = await world.services.database.read(list_events, world.ours.account.id, 0, 100)
    [told] = [event for event in found if event.type == "account.updated"]
    telling = Telling(Rendering.of(world.services), world.clock.now())
    assert envelope(told, telling)["data"] == {
        "account": (await world.get("/account")).json(),
        "changes": [{"field": "currency", "from": "USD", "to": "EUR"}],
    }
    log = (await world.get("/audit-log?action=account.*")).json()
    assert log["total"] == 1
    [entry] = log["entries"]
    assert entry == {
        "id": entry["id"],
        "at": entry["at"],
        "actor": {
            "kind": "api",
            "id": world.ours.user_id,
            "name": "Owner",
            "key_id": world.ours.key_id,
        },
        "action": "account.updated",
        "target": {"kind": "account", "id": world.ours.account.id, "label": "Acme"},
        "ip": "203.0.113.9",
        "changes": [{"field": "currency", "from": "USD", "to": "EUR"}],
    }


async def test_filters_of_the_log(world: World) -> None:
    """votel.md 11.1: actor, action, kind and id of the target, time; newest first."""
    admin = await add_user(world, Role.ADMIN, "admin@example.com")
    _, text = await add_key(world, user_id=admin)
    world.clock.advance(DAY)
    await world.request("PATCH", "/account", json={"currency": "CHF"}, headers={"X-API-Key": text})
    world.clock.advance(DAY)
    await change(world, currency="GBP")
    newest = (await world.get("/audit-log?limit=1")).json()["entries"][0]
    assert newest["changes"][0]["to"] == "GBP"
    day = newest["at"][:10]
    for query, total in {
        f"?actor_id={admin}": 1,
        "?action=account.updated": 2,
        "?action=account.u*": 0,
        "?target_kind=account": 2,
        f"?target_id={world.ours.account.id}": 2,
        f"?target_kind=account&from={day}": 1,
        "?target_kind=account&to=2026-09-22": 1,
        "?action=nothing.*": 0,
        "?target_kind=account&limit=1&page=2": 2,
    }.items():
        assert (await world.get(f"/audit-log{query}")).json()["total"] == total, query
    assert fault(await world.get("/audit-log?actor_id=x"))["field"] == "actor_id"
    assert fault(await world.get("/audit-log?from=x"))["field"] == "from"
    member = await add_user(world, Role.MEMBER, "member@example.com")
    _, low = await add_key(world, user_id=member)
    assert (await world.get("/audit-log", headers={"X-API-Key": low})).status_code == 403
    assert (await world.get("/audit-log?target_kind=account", tenant=world.theirs)).json()["total"] == 0


async def test_kept_400_days(world: World) -> None:
    """votel.md 11.1: append only, kept 400 days."""
    await change(world, currency="EUR")
    world.clock.advance(KEPT_DAYS * DAY)
    await change(world, currency="CHF")
    purged = await world.services.database.write(purge_audit_log, world.clock.now() - KEPT_DAYS * DAY + 1)
    assert purged >= 1
    assert (await world.get("/audit-log?action=account.updated")).json()["total"] == 1
