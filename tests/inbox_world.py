"""A world whose threads are wired as the application wires them, and what comes into it."""

from __future__ import annotations

from typing import Any

from antiphon.core.clock import SECOND
from antiphon.core.db.transaction import WriteTx
from antiphon.core.ids import new_id
from antiphon.domain import threads
from antiphon.domain.calls.analysis import complete_analysis, store_results
from antiphon.domain.calls.records import CallStatus
from antiphon.domain.conversations.commands import receive_message
from antiphon.domain.conversations.records import Channel, InboundMessage, Message
from antiphon.domain.interactions import uncount_messages
from antiphon.domain.numbers.commands import create_simulator
from antiphon.domain.numbers.records import Number
from antiphon.domain.voicegrams.senders import link_sender
from call_fixtures import make_call
from votel_world import OpenWorld, Tenant, World

SENDER = "+13125550143"


async def inbox(open_world: OpenWorld, **settings: Any) -> World:
    """`made["number"]` is our simulated number, `made["their_number"]` theirs."""
    world = await open_world(**settings)
    bus = world.services.bus
    bus.react("voicegram.received", link_sender)
    bus.react("conversation.deleted", uncount_messages)
    threads.install(bus)
    database, cipher = world.services.database, world.services.cipher
    for name, tenant in (("number", world.ours), ("their_number", world.theirs)):
        world.made[name] = await database.write(create_simulator, cipher, tenant.account.id)
    return world


async def receive(
    world: World,
    body: str,
    *,
    sender: str = SENDER,
    channel: str = "sms",
    name: str | None = "Ada Example",
    number: Number | None = None,
) -> Message:
    """A delivered text or WhatsApp message."""
    number = number or world.made["number"]
    incoming = InboundMessage(
        carrier="simulator",
        carrier_message_id=new_id(),
        channel=Channel(channel),
        number=number,
        from_address=sender,
        body=body,
        name=name,
    )
    return await world.services.database.write(receive_message, number.account_id, incoming)


async def call_of(
    world: World,
    remote: str,
    *,
    status: str = "completed",
    summary: str | None = None,
    tenant: Tenant | None = None,
    **values: Any,
) -> str:
    """An ended call, analysed when it has a summary; its id."""
    account_id = (tenant or world.ours).account.id

    def write(tx: WriteTx) -> str:
        at = values.pop("at", tx.now - 600 * SECOND)
        call_id = make_call(tx, account_id, at=at, status=CallStatus(status), remote=remote, **values)
        if summary is not None:
            store_results(tx, account_id, call_id, {"summary": summary})
            complete_analysis(tx, account_id, call_id)
        return call_id

    return await world.services.database.write(write)


async def thread_of(world: World, conversation_id: str, **query: Any) -> list[dict[str, Any]]:
    answer = await world.get(f"/conversations/{conversation_id}/messages", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["messages"])
