"""What only the native contract shows: the other two neither list nor count it (contracts/README.md)."""

from __future__ import annotations

from collections.abc import Callable

import httpx2

from antiphon.contracts.vocatech import app as vocatech
from antiphon.contracts.voicory import app as voicory
from antiphon.core.clock import DAY, ManualClock, to_iso
from antiphon.core.db.transaction import WriteTx
from antiphon.domain import threads
from antiphon.domain.calls.analysis import complete_analysis, store_results
from antiphon.domain.contacts.queries import find_contact_by_address
from antiphon.domain.conversations.changes import cancel_message, release_message
from antiphon.domain.conversations.commands import add_note, receive_message, send_message
from antiphon.domain.conversations.inbox import find_conversation_id, get_conversation
from antiphon.domain.conversations.records import Channel, InboundMessage, OutboundMessage
from antiphon.domain.numbers.commands import create_simulator
from antiphon.domain.services import Services
from call_fixtures import CALLER, make_call
from contracts_front import ServerFront
from phone_world import make_tenant
from service_factory import ORIGIN


def fill(tx: WriteTx, services: Services, account_id: str) -> tuple[str, str, str]:
    """A call, a note, and three plans; the ids of a canceled plan, one that is waiting, a released one."""
    number = create_simulator(tx, services.cipher, account_id)
    call_id = make_call(tx, account_id, at=tx.now)
    store_results(tx, account_id, call_id, {"summary": "needle"})
    complete_analysis(tx, account_id, call_id)
    incoming = InboundMessage("simulator", "m1", Channel.WHATSAPP, number, CALLER, "needle one")
    receive_message(tx, account_id, incoming)
    contact = find_contact_by_address(tx, account_id, "phone", CALLER)
    assert contact is not None
    conversation = get_conversation(tx, account_id, find_conversation_id(tx, account_id, contact.id) or "")
    add_note(tx, account_id, conversation, "needle in a note", {})
    planned = [
        send_message(
            tx,
            account_id,
            OutboundMessage(
                Channel.WHATSAPP, number.e164, CALLER, f"needle {at}", scheduled_at=tx.now + at * DAY
            ),
        ).id
        for at in (1, 2, 3)
    ]
    cancel_message(tx, account_id, planned[0])
    return planned[0], planned[1], planned[2]


async def test_lines_notes_and_plans(make_services: Callable[..., Services], clock: ManualClock) -> None:
    """contracts/README.md: until its time has come a plan is nowhere; calls stand in their own lists."""
    services = make_services()
    threads.install(services.bus)
    ours = await services.database.write(make_tenant, "Acme", "example.com")
    canceled, waiting, _ = await services.database.write(fill, services, ours.account_id)
    headers = {"x-api-key": ours.key.key, "Authorization": f"Bearer {ours.key.key}"}

    async def both() -> tuple[list[str], int, list[str], int]:
        clock.advance(1000)
        day = "start_date=2026-01-01&end_date=2027-01-01"
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=ServerFront(vocatech.create_app(services))), base_url=ORIGIN
        ) as one:
            listed = (await one.get(f"/v1/messages?{day}", headers=headers)).json()
            found = (await one.get(f"/v1/messages?{day}&search=needle", headers=headers)).json()
        assert found["messages"] == listed["messages"]
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=ServerFront(voicory.create_app(services))), base_url=ORIGIN
        ) as other:
            fed = (await other.get("/api/v1/messages", headers=headers)).json()
            for plan in (canceled, waiting):
                status = (await other.get(f"/api/v1/messages/{plan}", headers=headers)).status_code
                shown = any(item["id"] == plan for item in fed["data"])
                assert status == (200 if shown else 404)
        return (
            [item["body"] for item in listed["messages"]],
            listed["meta"]["total_messages"],
            [item["content"]["text"]["body"] for item in fed["data"]],
            len(fed["data"]),
        )

    assert await both() == (["needle one"], 1, ["needle one"], 1)
    clock.advance(2 * DAY)
    assert await services.database.write(release_message, ours.account_id, waiting)
    assert await both() == (["needle 2", "needle one"], 2, ["needle 2", "needle one"], 2)


async def test_interactions_of_a_customer(make_services: Callable[..., Services], clock: ManualClock) -> None:
    """voicory.md 8.2: ended calls and messages once each; no note, no plan, no test, no line of a thread."""
    services = make_services()
    threads.install(services.bus)
    ours = await services.database.write(make_tenant, "Acme", "example.com")
    _, waiting, _ = await services.database.write(fill, services, ours.account_id)
    for options in ({"is_test": True}, {"is_open": True}):
        await services.database.write(make_call, ours.account_id, at=clock.now(), **options)
    front = ServerFront(voicory.create_app(services))
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=front), base_url=ORIGIN, headers={"x-api-key": ours.key.key}
    ) as client:

        async def customer() -> tuple[int, str, list[str]]:
            (row,) = (await client.get("/api/v1/customers")).json()["data"]
            one = (await client.get(f"/api/v1/customers/{row['id']}")).json()["data"]
            texts = [message["content"]["text"]["body"] for message in one["recent_messages"]]
            assert len(one["recent_calls"]) == 1
            return row["interaction_count"], row["last_interaction"], texts

        begun = to_iso(clock.now() + 87_000)
        assert await customer() == (2, begun, ["needle one"])
        clock.advance(2 * DAY)
        assert await services.database.write(release_message, ours.account_id, waiting)
        assert await customer() == (3, to_iso(clock.now()), ["needle 2", "needle one"])
