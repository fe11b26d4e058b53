"""A contact's interactions when one of them is erased (contracts/voicory.md 8.2)."""

from __future__ import annotations

from sqlalchemy import select

from antiphon.carriers.port import MessageReceived
from antiphon.core.clock import MINUTE
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.domain.calls.commands import end_call, start_call
from antiphon.domain.calls.erasure import delete_call
from antiphon.domain.calls.records import CallDirection, StartCall
from antiphon.domain.carrier_events import apply_event
from antiphon.domain.contacts.queries import find_contact_by_address
from antiphon.domain.conversations.changes import erase_message
from antiphon.domain.conversations.tables import messages
from antiphon.domain.numbers.commands import create_simulator
from antiphon.domain.numbers.queries import get_connection
from studio import Studio

OUTSIDE, OWN = "+12025550143", "+15550100100"


async def phone(studio: Studio, *, is_test: bool = False) -> str:
    """A call of no length from the outside number."""
    write, account_id = studio.services.database.write, studio.account.id
    start = StartCall("simulator", CallDirection.INBOUND, None, OUTSIDE, OWN, is_test=is_test)
    call = await write(start_call, account_id, start)
    await write(end_call, account_id, call.id, at=studio.clock.now())
    return call.id


def receive(tx: WriteTx, studio: Studio) -> None:
    number = create_simulator(tx, studio.services.cipher, studio.account.id)
    connection = get_connection(tx, studio.account.id, number.connection_id)
    event = MessageReceived(
        carrier_message_id="SM1",
        channel="sms",
        from_number=OUTSIDE,
        to_number=number.e164,
        body="Hello",
        at=tx.now,
    )
    assert apply_event(tx, connection, event)


def erase_text(tx: WriteTx, account_id: str) -> None:
    own = messages.c.account_id == account_id, messages.c.channel == "sms"
    erase_message(tx, account_id, tx.scalar(select(messages.c.id).where(*own)))


def interactions(tx: ReadTx, account_id: str) -> tuple[int, int | None]:
    contact = find_contact_by_address(tx, account_id, "phone", OUTSIDE)
    assert contact is not None
    return contact.interaction_count, contact.last_interaction_at


async def test_the_newest_interaction_is_found_anew(studio: Studio) -> None:
    read, write, account_id = studio.services.database.read, studio.services.database.write, studio.account.id
    begun = studio.clock.now()
    first = await phone(studio)
    studio.clock.advance(MINUTE)
    received = studio.clock.now()
    await write(receive, studio)
    studio.clock.advance(MINUTE)
    last = await phone(studio)
    assert await read(interactions, account_id) == (3, studio.clock.now())
    await write(delete_call, account_id, await phone(studio, is_test=True))
    assert await read(interactions, account_id) == (3, studio.clock.now())
    await write(delete_call, account_id, last)
    assert await read(interactions, account_id) == (2, received)
    await write(erase_text, account_id)
    assert await read(interactions, account_id) == (1, begun)
    await write(delete_call, account_id, first)
    assert await read(interactions, account_id) == (0, None)
