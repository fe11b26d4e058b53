"""Sending and single messages (contracts/votel.md 1.1, 1.2)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from antiphon.contracts.votel.schemas_conversations import Message
from antiphon.core.clock import DAY, HOUR, MINUTE, to_iso
from antiphon.core.db.postgres import async_url
from antiphon.core.db.transaction import WriteTx
from antiphon.domain.accounts import idempotency
from antiphon.domain.accounts.records import Role
from antiphon.domain.accounts.tables import idempotency_keys
from antiphon.domain.contacts.commands import create_contact, suppress
from antiphon.domain.conversations.changes import release_message
from antiphon.domain.conversations.delivery import (
    begin_hand_over,
    complete_hand_over,
    fail_message,
    waits_for_earlier,
)
from antiphon.domain.conversations.queries import get_message
from antiphon.domain.conversations.records import MessageStatus
from antiphon.domain.numbers.commands import create_simulator
from inbox_world import SENDER, inbox, receive, thread_of
from votel_world import OpenWorld, World, add_key, add_user, fault


@pytest.fixture
async def world(open_world: OpenWorld) -> World:
    return await inbox(open_world)


async def send(world: World, conversation_id: str, **body: Any) -> Any:
    headers = body.pop("headers", None)
    wanted = {"channel": "sms", "body": "It has arrived.", **body}
    return await world.post(f"/conversations/{conversation_id}/messages", json=wanted, headers=headers)


async def lead(world: World, **values: Any) -> str:
    def make(tx: WriteTx) -> str:
        return create_contact(tx, world.ours.account.id, **values).id

    return await world.services.database.write(make)


async def test_a_text_is_queued_and_shown(world: World) -> None:
    """votel.md 1: every key of a message; the author is who asks."""
    message = await receive(world, "Is it here?")
    answer = await send(world, message.conversation_id, metadata={"order": 7})
    assert answer.status_code == 201, answer.text
    sent = answer.json()
    Message.model_validate(sent)
    assert set(sent) == {field.alias or name for name, field in Message.model_fields.items()}
    assert (sent["channel"], sent["direction"], sent["status"]) == ("sms", "outbound", "queued")
    assert (sent["from"], sent["to"]) == (world.made["number"].e164, SENDER)
    assert sent["author"] == {"kind": "api", "id": world.ours.user_id, "name": "Owner"}
    assert (sent["source"], sent["segments"], sent["metadata"]) == ("api", 1, {"order": 7})
    assert sent["sent_at"] is sent["error"] is sent["cost_micros"] is None
    assert (await world.get(f"/messages/{sent['id']}")).json() == sent
    row = (await world.get(f"/conversations/{message.conversation_id}")).json()
    assert row["last_message"]["snippet"] == "It has arrived."
    assert row["last_outbound_at"] == sent["created_at"]


async def test_who_writes_in_the_dashboard_is_a_person(world: World) -> None:
    """votel.md 1.1: `manual` lists by the last message a person wrote."""
    first = await receive(world, "one")
    await receive(world, "two", sender="+13125550177")
    session = await world.client.post(
        "/api/session", json={"email": world.ours.email, "password": "correct horse battery"}
    )
    answer = await world.client.post(
        f"/api/conversations/{first.conversation_id}/messages",
        json={"channel": "sms", "body": "by hand"},
        headers={"X-CSRF-Token": session.json()["csrf_token"]},
    )
    assert answer.json()["author"]["kind"] == "user"
    assert answer.json()["source"] == "inbox"
    found = (await world.get("/conversations", params={"sort": "manual"})).json()
    assert [row["id"] for row in found["conversations"]] == [first.conversation_id]
    assert found["total"] == 1


async def test_refusals(world: World) -> None:
    """votel.md 1.2: no address, no channel, opted out, window closed; each keeps nothing."""
    message = await receive(world, "hello")
    conversation = message.conversation_id
    bare = await lead(world, first_name="Bare")
    bare_conversation = (await world.post("/conversations", json={"lead_id": bare})).json()["id"]
    assert fault(await send(world, bare_conversation))["code"] == "no_address"
    assert fault(await send(world, bare_conversation, channel="email"))["code"] == "no_address"
    assert fault(await send(world, conversation, channel="webchat"))["code"] == "no_channel"
    foreign = await send(world, conversation, **{"from": world.made["their_number"].e164})
    assert fault(foreign)["code"] == "no_channel"
    assert fault(await send(world, conversation, channel="whatsapp"))["code"] == "window_closed"
    await world.services.database.write(suppress, world.ours.account.id, "sms", SENDER, "keyword")
    assert fault(await send(world, conversation))["code"] == "opted_out"
    assert len(await thread_of(world, conversation)) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"body": ""}, "body"),
        ({"body": "x" * 1601}, "body"),
        ({"body": "a\0b"}, "body"),
        ({"body": 5}, "body"),
        ({"channel": "pigeon"}, "channel"),
        ({"subject": "only of mails"}, "subject"),
        ({"html": "<b>x</b>"}, "html"),
        ({"attachments": ["018f0000-0000-7000-8000-000000000000"]}, "attachments.0"),
        ({"attachments": ["x"] * 11}, "attachments"),
        ({"scheduled_at": "soon"}, "scheduled_at"),
        ({"metadata": {"x": "y" * 9000}}, "metadata"),
        ({"template_id": "018f0000-0000-7000-8000-000000000000"}, "template_id"),
        ({"reply_to_message_id": "018f0000-0000-7000-8000-000000000000"}, "reply_to_message_id"),
    ],
)
async def test_bad_bodies(world: World, body: dict[str, Any], field: str) -> None:
    """votel.md 0.4, 1.2: a clear error at the key at fault, nothing stored."""
    message = await receive(world, "hello")
    assert fault(await send(world, message.conversation_id, **body))["field"] == field
    assert len(await thread_of(world, message.conversation_id)) == 1


async def test_attachments_by_address(world: World) -> None:
    """votel.md 1.2: https addresses beside file ids; what is fetched later stands in the thread at once."""
    message = await receive(world, "hello")
    url = "https://www.example.com/offers/Drill%20press.pdf"
    sent = (await send(world, message.conversation_id, attachments=[url])).json()
    (shown,) = sent["attachments"]
    assert (shown["name"], shown["size"]) == ("Drill press.pdf", 0)
    assert (await world.get(shown["url"].partition("/api")[2])).status_code == 404
    for refused in (
        "http://www.example.com/x.png",
        "https://127.0.0.1/x.png",
        "https://user:word@example.com/x.png",
        "file:///etc/passwd",
        "https://[::1]/x.png",
        "https://169.254.169.254/latest/meta-data",
        "javascript:alert(1)",
        f"https://www.example.com/{'x' * 2100}",
    ):
        answer = await send(world, message.conversation_id, attachments=[url, refused])
        assert fault(answer)["field"] == "attachments.1", refused
    assert len(await thread_of(world, message.conversation_id)) == 2


async def test_the_carrier_s_own_limit(world: World) -> None:
    """votel.md 1.2: 400 `too_large`, by the carrier's rule for the channel."""
    message = await receive(world, "hello")
    await receive(world, "hello", channel="whatsapp")
    upload = {"file": ("long.bin", b"\x89PNG\r\n\x1a\n" + bytes(6 * 2**20), "image/png")}
    file = (await world.post("/storage/attachment", files=upload)).json()
    answer = await send(world, message.conversation_id, attachments=[file["id"]])
    assert (fault(answer)["field"], fault(answer)["code"]) == ("attachments", "too_large")
    answer = await send(world, message.conversation_id, attachments=[file["id"]], channel="whatsapp")
    assert answer.status_code == 201, answer.text


async def test_placeholders_are_filled_at_sending(world: World) -> None:
    """votel.md 0.7, 1.2: by what the lead is when it leaves; a scheduled text keeps them until then."""
    message = await receive(world, "hello", name="Ada Example")
    conversation, lead = message.conversation_id, f"/leads/{message.contact_id}"
    text = "Hello {{lead.first_name}}, {{lead.nickname | default: 'dear'}}. {{user.name}}, {{account.name}}"
    sent = (await send(world, conversation, body=text)).json()
    assert sent["body"] == "Hello Ada, dear. Owner, Acme"
    assert sent["segments"] == 1
    soon = to_iso(world.clock.now() + HOUR)
    planned = (await send(world, conversation, body=text + "x" * 200, scheduled_at=soon)).json()
    assert planned["body"] == text + "x" * 200
    await world.request("PATCH", lead, json={"first_name": "Adele {{user.email}}"})
    world.clock.advance(HOUR)
    await world.services.database.write(release_message, world.ours.account.id, planned["id"])
    left = (await world.get(f"/messages/{planned['id']}")).json()
    assert left["body"] == "Hello Adele {{user.email}}, dear. Owner, Acme" + "x" * 200
    assert (left["status"], left["segments"]) == ("queued", 2)
    found = fault(await send(world, conversation, body="{{vars.nothing}}"))
    assert found["field"] == "body"
    note = (await send(world, conversation, channel="note", body="{{lead.first_name}}")).json()
    assert note["body"] == "{{lead.first_name}}", "a note is no text for the lead"


async def test_a_text_that_grows_too_long_fails(world: World) -> None:
    """votel.md 1: with `too_long`, at the end of its time of waiting."""
    message = await receive(world, "hello", name="Ada Example")
    soon = to_iso(world.clock.now() + HOUR)
    body = "{{lead.company}}" * 100
    planned = (await send(world, message.conversation_id, body=body, scheduled_at=soon)).json()
    await world.request("PATCH", f"/leads/{message.contact_id}", json={"company": "Northwind Traders"})
    world.clock.advance(HOUR)
    await world.services.database.write(release_message, world.ours.account.id, planned["id"])
    failed = (await world.get(f"/messages/{planned['id']}")).json()
    assert (failed["status"], failed["error"]["code"]) == ("failed", "too_long")


async def test_a_mail_is_filled_in_whole(world: World) -> None:
    """votel.md 0.7: values are escaped in HTML."""
    found = await lead(world, first_name="Ada <b>", emails=["ada@example.com"])
    mail = {"subject": "For {{lead.name}}", "body": "{{lead.name}}", "html": "<p>{{lead.name}}</p>"}
    answer = await world.post("/messages", json={"channel": "email", "lead_id": found, **mail})
    sent = answer.json()
    assert (sent["subject"], sent["body"]) == ("For Ada <b>", "Ada <b>")
    stored = await world.services.database.read(get_message, world.ours.account.id, sent["id"])
    assert stored.html == "<p>Ada &lt;b&gt;</p>"


async def test_emoji_and_long_texts(world: World) -> None:
    """1,600 characters pass; parts are counted as a phone network does."""
    message = await receive(world, "hello")
    for text, parts in (("x" * 160, 1), ("x" * 161, 2), ("\U0001f600" * 35, 1), ("\u20ac" * 80, 1)):
        sent = (await send(world, message.conversation_id, body=text)).json()
        assert (sent["body"], sent["segments"]) == (text, parts)
    assert (await send(world, message.conversation_id, body="x" * 1600)).json()["segments"] == 11


async def test_whatsapp_within_the_window(world: World) -> None:
    """votel.md 1.2: free text for 24 hours after the lead's last WhatsApp."""
    message = await receive(world, "hello", channel="whatsapp")
    assert (await send(world, message.conversation_id, channel="whatsapp")).status_code == 201
    world.clock.advance(DAY + 1)
    answer = await send(world, message.conversation_id, channel="whatsapp")
    assert fault(answer)["code"] == "window_closed"


async def test_a_mail(world: World) -> None:
    """votel.md 1.2: subject, copies and the mailbox of this installation."""
    lead_id = await lead(world, first_name="Ada", emails=("ada@example.org",))
    body = {
        "channel": "email",
        "lead_id": lead_id,
        "subject": "Your order",
        "body": "It has arrived.",
        "cc": ["Desk@example.com"],
    }
    answer = await world.post("/messages", json=body)
    assert answer.status_code == 201, answer.text
    sent = answer.json()
    assert (sent["to"], sent["subject"], sent["cc"]) == (
        "ada@example.org",
        "Your order",
        ["desk@example.com"],
    )
    assert (sent["provider"], sent["status"]) == ("smtp", "queued")
    for bad in ({"cc": ["nobody"]}, {"from": "desk@example.com"}, {"body": ""}):
        fault(await world.post("/messages", json={**body, **bad}))


async def test_to_an_address_not_on_file(world: World) -> None:
    """votel.md 1.1: `to` finds or makes the lead."""
    for to in ("(312) 555-0166", "+13125550166"):
        answer = await world.post("/messages", json={"channel": "sms", "to": to, "body": "hello"})
        assert answer.status_code == 201, answer.text
        assert answer.json()["to"] == "+13125550166"
    rows = (await world.get("/conversations")).json()
    assert rows["total"] == 1
    both = {"channel": "sms", "body": "x", "to": SENDER, "lead_id": answer.json()["lead_id"]}
    fault(await world.post("/messages", json=both))
    fault(await world.post("/messages", json={"channel": "sms", "body": "x"}))
    assert (
        fault(await world.post("/messages", json={"channel": "sms", "body": "x", "to": "Ada"}))["field"]
        == "to"
    )


async def test_scheduling(world: World) -> None:
    """votel.md 1.2: it waits, may be changed and canceled, and is new when its time has come."""
    message = await receive(world, "hello")
    at = world.clock.now() + HOUR
    planned = (await send(world, message.conversation_id, scheduled_at=to_iso(at))).json()
    assert (planned["status"], planned["scheduled_at"]) == ("scheduled", to_iso(at))
    row = (await world.get(f"/conversations/{message.conversation_id}")).json()
    assert row["last_message"]["id"] == message.id
    path = f"/messages/{planned['id']}"
    later = {"body": "Later.", "scheduled_at": to_iso(at + HOUR)}
    changed = (await world.request("PATCH", path, json=later)).json()
    assert (changed["body"], changed["scheduled_at"]) == ("Later.", to_iso(at + HOUR))
    world.clock.advance(HOUR)
    release = (world.ours.account.id, planned["id"])
    assert not await world.services.database.write(release_message, *release)
    world.clock.advance(HOUR)
    assert await world.services.database.write(release_message, *release)
    sent = (await world.get(path)).json()
    assert (sent["status"], sent["created_at"]) == ("queued", to_iso(world.clock.now()))
    assert fault(await world.request("PATCH", path, json={"body": "x"}))["code"] == "invalid_state"
    assert fault(await world.post(f"{path}/cancel"))["code"] == "invalid_state"

    soon = to_iso(world.clock.now() + HOUR)
    other = (await send(world, message.conversation_id, scheduled_at=soon)).json()
    path = f"/messages/{other['id']}"
    for _ in range(2):
        assert (await world.post(f"{path}/cancel")).json()["status"] == "canceled"
    world.clock.advance(2 * HOUR)
    assert not await world.services.database.write(release_message, world.ours.account.id, other["id"])
    past = await send(world, message.conversation_id, scheduled_at=to_iso(world.clock.now() - DAY))
    assert past.json()["status"] == "queued"
    far = to_iso(world.clock.now() + 366 * DAY)
    assert fault(await send(world, message.conversation_id, scheduled_at=far))["field"] == "scheduled_at"


async def test_nothing_scheduled_for_a_deleted_lead_is_sent(world: World) -> None:
    """votel.md 3.2: deleting a lead cancels its scheduled messages; the log says so."""
    message = await receive(world, "hello")
    soon = to_iso(world.clock.now() + HOUR)
    planned = (await send(world, message.conversation_id, scheduled_at=soon)).json()
    assert (await world.request("DELETE", f"/leads/{message.contact_id}")).status_code == 204
    world.clock.advance(HOUR)
    release = (world.ours.account.id, planned["id"])
    assert not await world.services.database.write(release_message, *release)
    found = (await world.get(f"/messages/{planned['id']}")).json()
    assert (found["status"], found["sent_at"]) == ("canceled", None)


async def test_notes(world: World) -> None:
    """votel.md 1.2: a note never leaves; its author may change it."""
    message = await receive(world, "hello")
    note = (await send(world, message.conversation_id, channel="note", body="Call @Owner")).json()
    assert (note["direction"], note["status"], note["from"], note["to"]) == ("internal", "sent", None, None)
    path = f"/messages/{note['id']}"
    assert (await world.request("PATCH", path, json={"body": "Done"})).json()["body"] == "Done"
    member = await add_user(world, Role.MEMBER, "member@example.com")
    _, key = await add_key(world, user_id=member)
    refused = await world.request("PATCH", path, json={"body": "No"}, headers={"X-API-Key": key})
    assert refused.status_code == 403
    row = (await world.get(f"/conversations/{message.conversation_id}")).json()
    assert row["last_message"]["snippet"] == "Done"
    assert (await world.request("DELETE", path)).status_code == 204
    row = (await world.get(f"/conversations/{message.conversation_id}")).json()
    assert row["last_message"]["id"] == message.id


async def test_another_try(world: World) -> None:
    """votel.md 1.1: only of a failed message; a new one."""
    message = await receive(world, "hello")
    sent = (await send(world, message.conversation_id)).json()
    path = f"/messages/{sent['id']}"
    assert fault(await world.post(f"{path}/retry"))["code"] == "invalid_state"
    failed = (world.ours.account.id, sent["id"], "twilio_30003", "unreachable")
    await world.services.database.write(fail_message, *failed)
    shown = (await world.get(path)).json()
    assert (shown["status"], shown["error"]["code"]) == ("failed", "carrier_refused")
    again = await world.post(f"{path}/retry")
    assert again.status_code == 201
    assert (again.json()["body"], again.json()["status"]) == (sent["body"], "queued")
    assert again.json()["id"] != sent["id"]


async def test_erasing_a_message(world: World) -> None:
    """votel.md 1.1: gone from the thread; what is still to be sent is canceled first."""
    message = await receive(world, "secret")
    other = await receive(world, "more")
    assert (await world.request("DELETE", f"/messages/{other.id}")).status_code == 204
    assert (await world.get(f"/messages/{other.id}")).status_code == 404
    row = (await world.get(f"/conversations/{message.conversation_id}")).json()
    assert (row["last_message"]["id"], row["unread_count"]) == (message.id, 1)
    queued = (await send(world, message.conversation_id)).json()
    refused = await world.request("DELETE", f"/messages/{queued['id']}")
    assert fault(refused)["code"] == "invalid_state"


async def test_messages_leave_in_their_order(world: World) -> None:
    """votel.md 1.2: per conversation and channel, in order of creation."""
    message = await receive(world, "hello", channel="whatsapp")
    account_id, database = world.ours.account.id, world.services.database
    await receive(world, "hello")
    first = (await send(world, message.conversation_id)).json()["id"]
    second = (await send(world, message.conversation_id)).json()["id"]
    other = (await send(world, message.conversation_id, channel="whatsapp")).json()["id"]
    waits = [await database.write(waits_for_earlier, account_id, item) for item in (first, second, other)]
    assert waits == [False, True, False]
    await database.write(begin_hand_over, account_id, first, is_idempotent=False)
    assert await database.write(waits_for_earlier, account_id, second)
    await database.write(complete_hand_over, account_id, first, "carrier-1", MessageStatus.SENT)
    assert not await database.write(waits_for_earlier, account_id, second)


async def test_idempotency(world: World) -> None:
    """votel.md 0.8: the first answer again; another body under the key is refused; refusals are not kept."""
    message = await receive(world, "hello")
    headers = {"Idempotency-Key": "order-7"}
    refused = await send(world, message.conversation_id, body="", headers=headers)
    assert refused.status_code == 400
    first = await send(world, message.conversation_id, headers=headers)
    assert (first.status_code, first.headers.get("Idempotency-Replayed")) == (201, None)
    again = await send(world, message.conversation_id, headers=headers)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert again.json() == first.json()
    mismatch = await send(world, message.conversation_id, body="other", headers=headers)
    assert fault(mismatch)["code"] == "idempotency_mismatch"
    other = await receive(world, "x", sender="+13125550177")
    elsewhere = await send(world, other.conversation_id, headers=headers)
    assert fault(elsewhere)["code"] == "idempotency_mismatch"
    member = await add_user(world, Role.MEMBER, "member@example.com")
    _, key = await add_key(world, user_id=member)
    theirs = await send(world, message.conversation_id, headers={**headers, "X-API-Key": key})
    assert theirs.json()["id"] != first.json()["id"]
    world.clock.advance(DAY + MINUTE)
    fresh = await send(world, message.conversation_id, headers=headers)
    assert fresh.json()["id"] != first.json()["id"]
    bad = await send(world, message.conversation_id, headers={"Idempotency-Key": "a b"})
    assert fault(bad)["field"] == "Idempotency-Key"


async def test_a_repetition_is_answered_whatever_holds_by_now(world: World) -> None:
    """votel.md 0.5, 0.8: the first answer, neither refused by what has changed nor counted again."""
    message = await receive(world, "hello")
    headers = {"Idempotency-Key": "order-8"}
    first = await send(world, message.conversation_id, headers=headers)
    assert first.headers["X-RateLimit-Limit"] == "60", "the window with the least left"
    await world.services.database.write(suppress, world.ours.account.id, "sms", SENDER, "keyword")
    again = await send(world, message.conversation_id, headers=headers)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert again.json() == first.json()
    assert again.headers["X-RateLimit-Limit"] == "600"
    assert fault(await send(world, message.conversation_id))["code"] == "opted_out"


async def test_the_first_one_still_runs(
    world: World, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """votel.md 0.8: the second one waits, then 429 with `Retry-After: 1`; afterwards it may act."""
    if world.services.database.dialect == "sqlite":
        pytest.skip("SQLite has one writer, so that a first one has always ended")
    monkeypatch.setattr(idempotency, "LOCK_WAIT", "50ms")
    message = await receive(world, "hello")
    engine = create_async_engine(async_url(request.getfixturevalue("clean_postgres_url")))
    row = {
        "account_id": world.ours.account.id,
        "user_id": world.ours.user_id,
        "key": "order-9",
        "path": "/",
        "body_hash": "",
        "created_at": world.clock.now(),
    }
    async with engine.connect() as running:
        await running.execute(idempotency_keys.insert(), row)
        answer = await send(world, message.conversation_id, headers={"Idempotency-Key": "order-9"})
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
        await running.rollback()
    await engine.dispose()
    again = await send(world, message.conversation_id, headers={"Idempotency-Key": "order-9"})
    assert again.status_code == 201
    assert len(await thread_of(world, message.conversation_id)) == 2


async def test_who_sends_unless_somebody_is_named(world: World) -> None:
    """votel.md 1.2: the number last used with this lead, else the default one."""
    cipher, account_id = world.services.cipher, world.ours.account.id
    second = await world.services.database.write(create_simulator, cipher, account_id)
    first = world.made["number"]
    wrote_to_second = await receive(world, "hello", number=second)
    assert (await send(world, wrote_to_second.conversation_id)).json()["from"] == second.e164
    named = {"from": first.e164}
    assert (await send(world, wrote_to_second.conversation_id, **named)).json()["from"] == first.e164
    assert (await send(world, wrote_to_second.conversation_id)).json()["from"] == first.e164
    fresh = {"channel": "sms", "to": "+13125550155", "body": "hello"}
    assert (await world.post("/messages", json=fresh)).json()["from"] == first.e164
    await world.request("PATCH", f"/phone-numbers/{second.id}", json={"is_default": True})
    fresh["to"] = "+13125550156"
    assert (await world.post("/messages", json=fresh)).json()["from"] == second.e164


async def test_sixty_a_minute(world: World) -> None:
    """votel.md 0.5: accepted sends; refused ones and notes do not count."""
    message = await receive(world, "hello")
    for _ in range(3):
        await send(world, message.conversation_id, body="")
        assert (await send(world, message.conversation_id, channel="note", body="x")).status_code == 201
    for number in range(60):
        assert (await send(world, message.conversation_id, body=str(number))).status_code == 201
    refused = await send(world, message.conversation_id)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1
    left = int((await world.get("/me")).headers["X-RateLimit-Remaining"])
    assert (await send(world, message.conversation_id)).status_code == 429
    assert int((await world.get("/me")).headers["X-RateLimit-Remaining"]) == left - 1, "counts nowhere"
    assert (await send(world, message.conversation_id, channel="note", body="x")).status_code == 201
