"""Conversations: list, state, threads (contracts/votel.md 1, 1.1)."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon.contracts.votel.schemas_conversations import (
    Conversation,
    ConversationList,
    Message,
    Thread,
)
from antiphon.core.clock import DAY, HOUR, MINUTE
from antiphon.core.db.transaction import WriteTx
from antiphon.domain.accounts.records import Role
from antiphon.domain.calls.commands import answer_locked
from antiphon.domain.calls.queries import get_call
from antiphon.domain.calls.records import CallDirection
from antiphon.domain.contacts.commands import create_contact
from antiphon.domain.conversations.state import wake_conversation
from inbox_world import SENDER, call_of, inbox, receive, thread_of
from votel_world import OpenWorld, World, add_key, add_user, add_voicegram, fault

HOSTILE = "<script>alert(1)</script>\u202e \U0001f469\u200d\U0001f692 \u0000'; DROP TABLE messages; --"


@pytest.fixture
async def world(open_world: OpenWorld) -> World:
    return await inbox(open_world)


async def listed(world: World, **query: Any) -> tuple[list[str], int]:
    """The names of the leads in the list, and the total."""
    answer = await world.get("/conversations", params=query)
    assert answer.status_code == 200, answer.text
    ConversationList.model_validate(answer.json())
    rows = answer.json()["conversations"]
    return [row["lead"]["name"] for row in rows], answer.json()["total"]


async def test_an_inbound_message_makes_a_conversation(world: World) -> None:
    """votel.md 1: lead, counts, channels and the last message of one row."""
    message = await receive(world, "Is the drill press here?", name="Ada Example")
    answer = await world.get(f"/conversations/{message.conversation_id}")
    row = answer.json()
    Conversation.model_validate(row)
    assert row["lead"]["phone"] == SENDER
    assert (row["status"], row["is_unread"], row["unread_count"]) == ("open", True, 1)
    assert row["channels"] == ["sms"]
    assert row["last_message"]["snippet"] == "Is the drill press here?"
    assert row["last_message"]["author"] == {
        "kind": "lead",
        "id": row["lead_id"],
        "name": "Ada Example",
    }
    assert row["last_inbound_at"] == row["last_message"]["created_at"]
    assert row["last_outbound_at"] is row["whatsapp_window_expires_at"] is row["assigned_to_id"] is None
    assert row["ai"]["mode"] == "off"


async def test_whatsapp_opens_a_window(world: World) -> None:
    """votel.md 1: 24 hours after the lead's last WhatsApp."""
    from antiphon.core.clock import to_iso

    message = await receive(world, "Hello", channel="whatsapp")
    row = (await world.get(f"/conversations/{message.conversation_id}")).json()
    assert row["whatsapp_window_expires_at"] == to_iso(world.clock.now() + DAY)


async def test_orders_and_filters(world: World) -> None:
    """votel.md 1.1: the four orders, every filter alone and together, exact totals."""
    ids = {}
    for index, name in enumerate(["Ada Example", "Bob Example", "Cy Example"]):
        message = await receive(world, f"text {index}", sender=f"+1312555010{index}", name=name)
        ids[name[:3].strip()] = message.conversation_id
        world.clock.advance(MINUTE)
    me = world.ours.user_id
    colleague = await add_user(world, Role.MEMBER, "colleague@example.com")
    assert await listed(world) == (["Cy Example", "Bob Example", "Ada Example"], 3)
    assert await listed(world, sort="oldest") == (["Ada Example", "Bob Example", "Cy Example"], 3)
    assert await listed(world, limit=1, page=2) == (["Bob Example"], 3)
    assert await listed(world, page=9) == ([], 3)

    async def change(name: str, **changes: Any) -> None:
        answer = await world.request("PATCH", f"/conversations/{ids[name]}", json=changes)
        assert answer.status_code == 200, answer.text
        Conversation.model_validate(answer.json())
        for key, value in changes.items():
            if key != "snoozed_until":
                assert answer.json()[key] == value

    await change("Ada", status="closed")
    await change("Bob", is_flagged=True, is_starred=True, is_unread=False, assigned_to_id=me)
    await change("Cy", assigned_to_id=colleague)
    assert await listed(world) == (["Cy Example", "Bob Example"], 2)
    assert await listed(world, sort="all") == (["Cy Example", "Bob Example", "Ada Example"], 3)
    assert await listed(world, status="closed") == (["Ada Example"], 1)
    assert await listed(world, status="open") == (["Cy Example", "Bob Example"], 2)
    assert await listed(world, status="snoozed") == ([], 0)
    assert await listed(world, unread="true") == (["Cy Example"], 1)
    assert await listed(world, unread="false") == (["Bob Example"], 1)
    assert await listed(world, flagged="true") == (["Bob Example"], 1)
    assert await listed(world, starred="true") == (["Bob Example"], 1)
    assert await listed(world, starred="false") == (["Cy Example"], 1)
    assert await listed(world, assigned_to_id="me") == (["Bob Example"], 1)
    assert await listed(world, assigned_to_id=colleague) == (["Cy Example"], 1)
    assert await listed(world, assigned_to_id="none") == ([], 0)
    assert await listed(world, assigned_to_id="none", sort="all") == (["Ada Example"], 1)
    assert await listed(world, channel="sms") == (["Cy Example", "Bob Example"], 2)
    assert await listed(world, channel="email") == ([], 0)
    assert await listed(world, search="bob") == (["Bob Example"], 1)
    assert await listed(world, search="555-0102") == (["Cy Example"], 1)
    assert await listed(world, search="nobody") == ([], 0)
    assert await listed(world, search="example", unread="true", assigned_to_id=colleague) == (
        ["Cy Example"],
        1,
    )
    assert await listed(world, ai="on") == ([], 0)
    assert await listed(world, sort="manual") == ([], 0)
    _, key = await add_key(world, user_id=colleague)
    theirs = await world.get("/conversations", params={"starred": "true"}, headers={"X-API-Key": key})
    assert theirs.json()["total"] == 0
    for bad in ({"status": "gone"}, {"sort": "random"}, {"assigned_to_id": "you"}, {"unread": "maybe"}):
        assert fault(await world.get("/conversations", params=bad))["field"] == next(iter(bad))


async def test_tags_are_found_whole(world: World) -> None:
    """votel.md 1.1: `tag` of the lead, in whatever signs it is written."""
    tag = '100% "sure"_'

    def make(tx: WriteTx) -> None:
        create_contact(tx, world.ours.account.id, first_name="Tagged", phones=(SENDER,), tags=(tag, "vip"))

    await world.services.database.write(make)
    await receive(world, "hello")
    await receive(world, "hello", sender="+13125550199", name="Plain")
    assert await listed(world, tag=tag) == (["Tagged"], 1)
    assert await listed(world, tag="vi") == ([], 0)
    assert await listed(world, tag="%") == ([], 0)


async def test_closing_and_opening(world: World) -> None:
    """votel.md 1: any inbound message opens a conversation."""
    message = await receive(world, "first")
    path = f"/conversations/{message.conversation_id}"
    assert (await world.request("PATCH", path, json={"status": "closed"})).json()["status"] == "closed"
    again = await world.request("PATCH", path, json={"status": "closed"})
    assert again.status_code == 200
    await receive(world, "second")
    row = (await world.get(path)).json()
    assert (row["status"], row["unread_count"], row["last_message"]["snippet"]) == ("open", 2, "second")
    assert await listed(world) == (["Ada Example"], 1)


async def test_a_snooze_ends_by_itself(world: World) -> None:
    """votel.md 1.1: it lies ahead; a message ends it too."""
    from antiphon.core.clock import to_iso

    message = await receive(world, "later")
    path, until = f"/conversations/{message.conversation_id}", world.clock.now() + HOUR
    row = (await world.request("PATCH", path, json={"snoozed_until": to_iso(until)})).json()
    assert (row["status"], row["snoozed_until"]) == ("snoozed", to_iso(until))
    wake = (world.ours.account.id, message.conversation_id)
    assert not await world.services.database.write(wake_conversation, *wake)
    world.clock.advance(HOUR)
    assert await world.services.database.write(wake_conversation, *wake)
    row = (await world.get(path)).json()
    assert (row["status"], row["snoozed_until"]) == ("open", None)
    for bad in (
        {"snoozed_until": to_iso(world.clock.now())},
        {"status": "snoozed"},
        {"snoozed_until": to_iso(world.clock.now() + 366 * DAY)},
        {"status": "closed", "snoozed_until": to_iso(until + DAY)},
        {"snoozed_until": "tomorrow"},
    ):
        assert fault(await world.request("PATCH", path, json=bad))["field"] == "snoozed_until"
    await world.request("PATCH", path, json={"snoozed_until": to_iso(world.clock.now() + HOUR)})
    await receive(world, "now")
    assert (await world.get(path)).json()["status"] == "open"


async def test_assigning_to_somebody_else(world: World) -> None:
    """votel.md 1.1: to active users of the account only."""
    message = await receive(world, "hello")
    path = f"/conversations/{message.conversation_id}"
    bad = await world.request("PATCH", path, json={"assigned_to_id": world.theirs.user_id})
    assert fault(bad)["field"] == "assigned_to_id"
    row = (await world.request("PATCH", path, json={"assigned_to_id": world.ours.user_id})).json()
    assert row["assigned_to_name"] == "Owner"
    row = (await world.request("PATCH", path, json={"assigned_to_id": None})).json()
    assert row["assigned_to_id"] is row["assigned_to_name"] is None


async def test_reading(world: World) -> None:
    """votel.md 1.1: all, or up to a message; marking unread again keeps the count."""
    first = await receive(world, "one")
    world.clock.advance(1000)
    await receive(world, "two")
    path = f"/conversations/{first.conversation_id}"
    row = (await world.post(f"{path}/read", json={"up_to_message_id": first.id})).json()
    assert (row["is_unread"], row["unread_count"]) == (True, 1)
    assert (await world.get(f"/messages/{first.id}")).json()["status"] == "read"
    row = (await world.post(f"{path}/read")).json()
    assert (row["is_unread"], row["unread_count"]) == (False, 0)
    row = (await world.request("PATCH", path, json={"is_unread": True})).json()
    assert (row["is_unread"], row["unread_count"]) == (True, 0)
    assert await listed(world, unread="true") == (["Ada Example"], 1)
    other = await receive(world, "else", sender="+13125550177")
    bad = await world.post(f"{path}/read", json={"up_to_message_id": other.id})
    assert fault(bad)["field"] == "up_to_message_id"


async def test_bulk(world: World) -> None:
    """votel.md 1.1: what is absent or so already is skipped."""
    ids = [(await receive(world, "x", sender=f"+1312555012{index}")).conversation_id for index in range(3)]
    absent = "018f0000-0000-7000-8000-000000000000"

    async def bulk(**body: Any) -> Any:
        return await world.post("/conversations/bulk", json=body)

    answer = await bulk(ids=[*ids, absent, ids[0]], action="close")
    assert answer.json() == {"updated": 3, "skipped": 1}
    assert (await bulk(ids=ids, action="close")).json() == {"updated": 0, "skipped": 3}
    assert (await bulk(ids=ids[:1], action="open")).json() == {"updated": 1, "skipped": 0}
    assert (await bulk(ids=ids, action="read")).json() == {"updated": 3, "skipped": 0}
    assert (await bulk(ids=ids, action="unread")).json() == {"updated": 3, "skipped": 0}
    assert (await bulk(ids=ids, action="flag")).json() == {"updated": 3, "skipped": 0}
    mine = {"action": "assign", "assigned_to_id": world.ours.user_id}
    assert (await bulk(ids=ids, **mine)).json() == {"updated": 3, "skipped": 0}
    assert (await listed(world, assigned_to_id="me", sort="all"))[1] == 3
    assert (await listed(world, assigned_to_id="me"))[1] == 1
    for bad in ({"ids": []}, {"ids": ids * 100}, {"action": "burn"}, {"ids": ["x"]}):
        assert (await bulk(**{"ids": ids, "action": "read", **bad})).status_code == 400


async def test_one_conversation_per_lead(world: World) -> None:
    """votel.md 1.1: 201, then 200 with the one that exists."""

    def make(tx: WriteTx) -> str:
        return create_contact(tx, world.ours.account.id, first_name="New", phones=(SENDER,)).id

    lead_id = await world.services.database.write(make)
    first = await world.post("/conversations", json={"lead_id": lead_id})
    assert first.status_code == 201
    assert first.json()["last_message"] is None
    second = await world.post("/conversations", json={"lead_id": lead_id})
    assert (second.status_code, second.json()["id"]) == (200, first.json()["id"])
    assert (await receive(world, "hello")).conversation_id == first.json()["id"]
    absent = await world.post("/conversations", json={"lead_id": world.theirs.user_id})
    assert fault(absent)["field"] == "lead_id"


async def test_deleting_starts_anew(world: World) -> None:
    """votel.md 1.1: hidden in every contract; a new inbound message starts an empty one."""
    message = await receive(world, "secret")
    path = f"/conversations/{message.conversation_id}"
    assert (await world.request("DELETE", path)).status_code == 204
    for gone in (path, f"{path}/messages", f"/messages/{message.id}"):
        assert (await world.get(gone)).status_code == 404
    assert (await world.request("DELETE", path)).status_code == 404
    assert await listed(world, sort="all") == ([], 0)
    fresh = await receive(world, "again")
    assert fresh.conversation_id != message.conversation_id
    assert [item["body"] for item in await thread_of(world, fresh.conversation_id)] == ["again"]


async def test_the_thread_pages_both_ways(world: World) -> None:
    """votel.md 1.1: newest first, before and after a message, totals of the channel."""
    sent = []
    for index in range(5):
        sent.append(await receive(world, str(index)))
        world.clock.advance(1000)
    path = f"/conversations/{sent[0].conversation_id}/messages"

    async def part(**query: Any) -> tuple[list[str], int, bool]:
        answer = (await world.get(path, params=query)).json()
        Thread.model_validate(answer)
        return [item["body"] for item in answer["messages"]], answer["total"], answer["has_more"]

    assert await part() == (["4", "3", "2", "1", "0"], 5, False)
    assert await part(limit=2) == (["4", "3"], 5, True)
    assert await part(limit=2, before=sent[3].id) == (["2", "1"], 5, True)
    assert await part(limit=2, before=sent[1].id) == (["0"], 5, False)
    assert await part(limit=2, after=sent[1].id) == (["3", "2"], 5, True)
    assert await part(after=sent[4].id) == ([], 5, False)
    assert await part(channel="whatsapp") == ([], 0, False)
    other = await receive(world, "x", sender="+13125550177")
    assert fault(await world.get(path, params={"before": other.id}))["field"] == "before"
    both = {"before": sent[0].id, "after": sent[1].id}
    assert fault(await world.get(path, params=both))["field"] == "after"


async def test_a_call_without_a_summary_has_a_snippet(world: World) -> None:
    """votel.md 1: the last message of a list is never blank because nobody wrote."""
    await call_of(world, SENDER, seconds=133)
    await call_of(world, "+13125550144", status="no_answer")
    await call_of(world, "+13125550145", status="busy", direction=CallDirection.OUTBOUND)
    await call_of(world, "+13125550146", summary="Asks for the opening hours.")
    rows = (await world.get("/conversations")).json()["conversations"]
    assert {row["lead"]["phone"]: row["last_message"]["snippet"] for row in rows} == {
        SENDER: "Call, 2:13",
        "+13125550144": "Missed call",
        "+13125550145": "Call not answered",
        "+13125550146": "Asks for the opening hours.",
    }


async def test_a_call_taken_for_missed_was_answered_after_all(world: World) -> None:
    """votel.md 1: the line of a call says what is known of it by now, and need not be seen any more."""

    def answer(tx: WriteTx, call_id: str) -> None:
        call = get_call(tx, world.ours.account.id, call_id)
        answer_locked(tx, call, at=int(call.ended_at or 0) - 12_000, holds=True)

    missed = await call_of(world, SENDER, status="no_answer", seconds=20)
    await world.services.database.write(answer, missed)
    (row,) = (await world.get("/conversations")).json()["conversations"]
    assert (row["last_message"]["snippet"], row["unread_count"]) == ("Call, 0:12", 0)


async def test_calls_and_voicegrams_stand_in_the_thread(world: World) -> None:
    """votel.md 1: each as a message of its channel, with its own id; body = summary, transcript."""
    call_id = await call_of(world, SENDER, summary="Asks for the opening hours.")
    missed = await call_of(world, SENDER, status="no_answer")
    voicegram_id = await add_voicegram(world, sender="ada@example.org")
    rows = (await world.get("/conversations", params={"sort": "newest"})).json()["conversations"]
    by_channel = {tuple(row["channels"]): row for row in rows}
    phone, recorded = by_channel["call",], by_channel["voicegram",]
    assert phone["unread_count"] == 1
    assert recorded["unread_count"] == 1
    thread = {item["id"]: item for item in await thread_of(world, phone["id"])}
    for item in thread.values():
        Message.model_validate(item)
    assert thread[call_id]["body"] == "Asks for the opening hours."
    assert (thread[call_id]["channel"], thread[call_id]["call_id"]) == ("call", call_id)
    assert (thread[missed]["status"], thread[call_id]["status"]) == ("delivered", "read")
    [line] = await thread_of(world, recorded["id"])
    assert (line["id"], line["voicegram_id"]) == (voicegram_id, voicegram_id)
    assert line["body"] == "please send the price list"
    assert line["from"] == "ada@example.org"
    refused = await world.request("DELETE", f"/messages/{voicegram_id}")
    assert fault(refused)["code"] == "invalid_state"
    assert (await world.request("DELETE", f"/voicegrams/{voicegram_id}")).status_code == 204
    assert await thread_of(world, recorded["id"]) == []
    row = (await world.get(f"/conversations/{recorded['id']}")).json()
    assert (row["last_message"], row["unread_count"]) == (None, 0)


async def test_hostile_texts_stay_what_they_are(world: World) -> None:
    """Issue 4, 3: what a stranger sends is text; only the NUL, which cannot be stored, is left out."""
    message = await receive(world, HOSTILE, name=HOSTILE)
    row = (await world.get(f"/conversations/{message.conversation_id}")).json()
    assert row["last_message"]["snippet"] == HOSTILE.replace("\0", "")
    long = await receive(world, "\U0001f469\u200d\U0001f692" * 534)
    row = (await world.get(f"/conversations/{message.conversation_id}")).json()
    assert len(row["last_message"]["snippet"]) == 140
    assert (await world.get(f"/messages/{long.id}")).json()["body"] == long.body
    assert (await listed(world, search="%"))[1] == 0
    assert (await listed(world, search="_"))[1] == 0


@pytest.mark.parametrize(
    ("role", "method", "path", "status"),
    [
        (Role.VIEWER, "GET", "/conversations", 200),
        (Role.VIEWER, "PATCH", "/conversations/{id}", 403),
        (Role.VIEWER, "POST", "/conversations/{id}/read", 403),
        (Role.VIEWER, "POST", "/conversations/bulk", 403),
        (Role.VIEWER, "POST", "/conversations/{id}/messages", 403),
        (Role.VIEWER, "POST", "/messages", 403),
        (Role.MEMBER, "PATCH", "/conversations/{id}", 200),
        (Role.MEMBER, "DELETE", "/conversations/{id}", 403),
        (Role.MEMBER, "DELETE", "/messages/{message}", 403),
        (Role.ADMIN, "DELETE", "/messages/{message}", 204),
        (Role.ADMIN, "DELETE", "/conversations/{id}", 204),
    ],
)
async def test_roles(world: World, role: Role, method: str, path: str, status: int) -> None:
    """votel.md 17: group `conversations`."""
    message = await receive(world, "hello")
    user = await add_user(world, role, f"{role.label}@example.com")
    _, key = await add_key(world, user_id=user)
    path = path.format(id=message.conversation_id, message=message.id)
    answer = await world.request(method, path, headers={"X-API-Key": key})
    assert answer.status_code == status, answer.text
