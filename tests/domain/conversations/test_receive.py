"""Messages that arrive (contracts/vocatech.md 5.2 and 6, contracts/votel.md 9)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from antiphon.carriers.port import MediaReference, MessageReceived
from antiphon.carriers.simulator import recording_prefix
from antiphon.core.clock import HOUR, MINUTE
from antiphon.domain.accounts.account_settings import update_account
from antiphon.domain.contacts.queries import get_contact, is_suppressed
from antiphon.domain.conversations.keywords import keyword_of
from antiphon.domain.conversations.records import (
    Channel,
    Direction,
    MediaStatus,
    Message,
    MessageKind,
    MessageStatus,
)
from antiphon.domain.conversations.state import mark_read
from antiphon.domain.conversations.tables import conversations, messages
from carrier_world import OUTSIDE, CarrierWorld


def received(world: CarrierWorld, sid: str = "SM1", **changes: Any) -> MessageReceived:
    values: dict[str, Any] = {
        "carrier_message_id": sid,
        "channel": "sms",
        "from_number": OUTSIDE,
        "to_number": world.simulator.number.e164,
        "body": "Is the drill press in?",
        "at": world.clock.now(),
        **changes,
    }
    return MessageReceived(**values)


async def test_a_message_is_stored_linked_counted_and_announced(world: CarrierWorld) -> None:
    event = received(world, name="Ada Example", channel="whatsapp")
    assert (await world.deliver([event])).status_code == 204
    (message,) = await world.messages()
    assert (message.channel, message.kind, message.status) == (
        Channel.WHATSAPP,
        MessageKind.WHATSAPP,
        MessageStatus.DELIVERED,
    )
    assert (message.remote_address, message.own_address) == (OUTSIDE, "+15550100100")
    assert message.contact_name == "Ada Example"
    contact = await world.database.read(get_contact, world.account_id, str(message.contact_id))
    assert (contact.source, contact.interaction_count) == ("whatsapp", 1)
    assert contact.last_interaction_at == world.clock.now()
    (told,) = [event for event in world.events if event.type == "message.received"]
    assert told.object_id == message.id
    assert told.data["body"] == "Is the drill press in?"
    assert told.data["from"] == OUTSIDE
    assert told.data["sent_at"] == world.clock.now()


async def test_the_same_message_twice_is_one(world: CarrierWorld) -> None:
    """Issue 3 section 4: callbacks twice."""
    for _ in range(3):
        await world.deliver([received(world), received(world)])
    (message,) = await world.messages()
    assert world.told() == ["message.received"]
    contact = await world.database.read(get_contact, world.account_id, str(message.contact_id))
    assert contact.interaction_count == 1


async def test_the_same_message_twice_at_the_same_moment_is_one(world: CarrierWorld) -> None:
    """Carriers send again what was not answered in time, while it is still being stored."""
    answers = await asyncio.gather(*(world.deliver([received(world)]) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {204}
    assert len(await world.messages()) == 1
    assert world.told() == ["message.received"]
    assert await world.scalar(select(func.count()).select_from(conversations)) == 1


async def test_one_conversation_a_contact_over_all_channels(world: CarrierWorld) -> None:
    await world.deliver([received(world)])
    await world.deliver([received(world, "SM2", channel="whatsapp")])
    await world.send()
    assert len({message.conversation_id for message in await world.messages()}) == 1
    assert await world.scalar(select(func.count()).select_from(conversations)) == 1


async def test_a_message_to_a_number_of_others_is_ignored(world: CarrierWorld) -> None:
    await world.deliver([received(world, to_number="+15550109999")])
    assert await world.messages() == []
    assert world.told() == []


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ("STOP", "stop"),
        (" stop. ", "stop"),
        ("Opt-out", "stop"),
        ("ＳＴＯＰ", "stop"),
        ("Unsubscribe!", "stop"),
        ("start", "start"),
        ("UNSTOP", "start"),
        ("Help?", "help"),
        ("INFO", "help"),
        ("stop it please", None),
        ("", None),
        ("🛑", None),
    ],
)
def test_opt_out_words_are_whole_messages(words: str, meaning: str | None) -> None:
    """votel.md 9: case and punctuation ignored."""
    assert keyword_of(words) == meaning


async def test_stop_and_start_change_the_channel_they_came_on(world: CarrierWorld) -> None:
    read = world.database.read
    await world.deliver([received(world, body="Stop.")])
    assert await read(is_suppressed, world.account_id, "sms", OUTSIDE)
    assert not await read(is_suppressed, world.account_id, "whatsapp", OUTSIDE)
    assert world.told() == ["message.received"]
    await world.deliver([received(world, "SM2", body="start")])
    assert not await read(is_suppressed, world.account_id, "sms", OUTSIDE)


async def answers(world: CarrierWorld) -> list[Message]:
    """What has been sent, oldest first."""
    found = [message for message in await world.messages() if message.direction is Direction.OUTBOUND]
    return sorted(found, key=lambda message: message.id)


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
async def test_each_change_is_confirmed_by_one_text(world: CarrierWorld, channel: str) -> None:
    """votel.md 9; the same word again changes nothing, so two robots do not answer each other for ever."""
    bodies = ("help", "Stop.", "stop", "HELP", "START", "start", "Info")
    for number, body in enumerate(bodies):
        world.clock.advance(MINUTE)
        await world.deliver([received(world, f"SM{number}", body=body, channel=channel)])
        await world.work()
    sent = await answers(world)
    own = world.simulator.number.e164
    assert [message.body.partition(": ")[2] for message in sent] == [
        f"For help, call or write to {own}. Reply STOP to unsubscribe.",
        "You are unsubscribed and will get no more messages. Reply START to subscribe again.",
        "You are subscribed again. Reply HELP for help, STOP to unsubscribe.",
        f"For help, call or write to {own}. Reply STOP to unsubscribe.",
    ]
    assert {message.channel for message in sent} == {Channel(channel)}
    assert {message.status for message in sent} & {MessageStatus.QUEUED, MessageStatus.FAILED} == set()
    assert {(message.from_address, message.to_address) for message in sent} == {(own, OUTSIDE)}
    assert {(message.author_kind, message.source) for message in sent} == {("system", "inbound")}


async def test_an_accounts_own_words_and_help(world: CarrierWorld) -> None:
    changes = {"stop_words": ["Basta"], "help_text": "Harbour Tools, 9 to 5."}
    await world.database.write(update_account, world.account_id, changes)
    await world.deliver([received(world, body="help"), received(world, "SM2", body="basta!")])
    assert await world.database.read(is_suppressed, world.account_id, "sms", OUTSIDE)
    first, second = await answers(world)
    assert first.body == "Harbour Tools, 9 to 5."
    assert "unsubscribed" in second.body


async def test_attachments_are_fetched_stored_and_then_announced(world: CarrierWorld) -> None:
    """vocatech.md 6: the event carries size and type of each attachment."""
    key = f"{recording_prefix(world.simulator.connection.id)}file"
    await world.services.store.put(key, b"picture")
    photo = MediaReference("image/png", carrier_media_id=key, filename="press.png")
    lost = MediaReference("image/png", carrier_media_id=f"{key}-lost")
    await world.deliver([received(world, media=(photo, lost), message_type="image")])
    (message,) = await world.messages()
    assert message.kind is MessageKind.MMS
    assert [item.status for item in message.media] == [MediaStatus.PENDING] * 2
    assert world.told() == []
    await world.work()
    (message,) = await world.messages()
    assert [(item.status, item.size) for item in message.media] == [
        (MediaStatus.STORED, 7),
        (MediaStatus.FAILED, 0),
    ]
    assert await world.services.store.get(str(message.media[0].object_key)) == b"picture"
    assert world.told() == ["message.received"]
    (told,) = [event for event in world.events if event.type == "message.received"]
    assert told.data["attachments"] == [
        {"id": message.media[0].id, "content_type": "image/png", "filename": "press.png", "size": 7}
    ]


async def test_a_short_code_has_a_conversation_too(world: CarrierWorld) -> None:
    await world.deliver([received(world, from_number="72345")])
    (message,) = await world.messages()
    assert message.remote_address == "72345"


BODIES = ["e\u0301" * 10, "\U0001f469\u200d\U0001f467 family", "x" * 5000, "'; DROP TABLE messages; --", ""]


@pytest.mark.parametrize("body", BODIES)
async def test_bodies_of_every_kind_stay_as_they_are(world: CarrierWorld, body: str) -> None:
    await world.deliver([received(world, body=body)])
    (message,) = await world.messages()
    assert message.body == body


async def test_nul_characters_are_left_out(world: CarrierWorld) -> None:
    file = MediaReference("image/png", carrier_media_id="x", filename="c\0d", caption="e\0f")
    await world.deliver([received(world, body="a\0b", media=(file,), name="g\0h")])
    (message,) = await world.messages()
    assert (message.body, message.contact_name) == ("ab", "g h")
    assert [(item.filename, item.caption) for item in message.media] == [("cd", "ef")]


async def test_opening_a_conversation_reads_its_messages(world: CarrierWorld) -> None:
    """vocatech.md 5.2: incoming is `read` once a user opened it."""
    await world.deliver([received(world)])
    (message,) = await world.messages()
    await world.database.write(mark_read, world.account_id, message.conversation_id)
    (message,) = await world.messages()
    assert (message.status, message.read_at) == (MessageStatus.READ, world.clock.now())


async def test_the_list_filters_and_counts_exactly(world: CarrierWorld) -> None:
    """vocatech.md 5.2, voicory.md 8.3."""
    start = world.clock.now()
    await world.deliver([received(world, "A", name="Ada Example", body="50% off_now")])
    world.clock.advance(MINUTE)
    await world.deliver([received(world, "B", channel="whatsapp", from_number="+12025550199")])
    world.clock.advance(HOUR)
    sent = await world.send(body="Grüße aus Köln")
    names = {message.id: message.carrier_message_id or "sent" for message in await world.messages()}

    async def found(**filters: Any) -> list[str]:
        return [names[message.id] for message in await world.messages(**filters)]

    assert await found() == ["sent", "B", "A"]
    assert await found(channels=(Channel.WHATSAPP,)) == ["B"]
    assert await found(address="+12025550199") == ["B"]
    assert await found(address="+15550100100") == ["sent", "B", "A"]
    assert await found(address="+12025550") == []
    assert await found(status=MessageStatus.QUEUED) == ["sent"]
    assert await found(since=start, until=start) == ["A"]
    assert await found(since=start + 1, until=start + MINUTE) == ["B"]
    assert await found(contact_id=sent.contact_id) == ["sent", "A"]
    assert await found(search="ada EX") == ["sent", "A"]
    assert await found(search="50% off_") == ["A"]
    assert await found(search="50_ off") == []
    assert await found(search="KOLN") == ["sent"]
    assert await found(search="(202) 555-0199") == ["B"]
    assert await found(search="202555") == []
    assert await found(search=sent.id.upper()) == ["sent"]
    assert await found(search='" OR 1=1 --') == []
    assert await world.scalar(select(func.count()).select_from(messages)) == 3
