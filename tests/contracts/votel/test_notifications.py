"""A person's own notices (contracts/votel.md 11.1)."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon.contracts.votel.schemas_notifications import NoticeList
from antiphon.core.actors import SYSTEM, acting_as
from antiphon.core.clock import DAY
from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import Event
from antiphon.core.ids import new_id
from antiphon.core.jobs.registry import JobContext, JobRegistry
from antiphon.domain.accounts.records import Role
from antiphon.domain.conversations.commands import receive_message, send_message
from antiphon.domain.conversations.inbox import list_followers
from antiphon.domain.conversations.records import Channel, InboundMessage, OutboundMessage
from antiphon.domain.notifications.jobs import NotificationJobs
from antiphon.domain.notifications.reactions import install
from antiphon.domain.numbers.commands import create_simulator
from votel_world import SUMMARY, World, add_key, add_user, add_voicegram, fault, make_dialects

CALM = {**SUMMARY, "urgency": "low", "callback_required": False}


@pytest.fixture
async def noticing(open_world: Any) -> World:
    """`made["member"]` is a colleague's id, `made["headers"]` their key."""
    world: World = await open_world(dialects=make_dialects())
    install(world.services.bus)
    member_id = await add_user(world, Role.MEMBER, "vera@example.com")
    _, key = await add_key(world, user_id=member_id)
    world.made.update(member=member_id, headers={"X-API-Key": key})
    return world


async def notices(world: World, query: str = "", *, own: bool = False) -> dict[str, Any]:
    """What the colleague is told, or with `own` the owner."""
    headers = None if own else world.made["headers"]
    answer = await world.get(f"/notifications{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    NoticeList.model_validate(answer.json(), strict=True)
    return dict(answer.json())


async def conversation_of(world: World, name: str = "Ada Example") -> str:
    lead = (await world.post("/leads", json={"name": name})).json()["id"]
    return str((await world.post("/conversations", json={"lead_id": lead})).json()["id"])


async def assign(world: World, conversation_id: str, user_id: str | None, headers: Any = None) -> None:
    body = {"assigned_to_id": user_id}
    answer = await world.request("PATCH", f"/conversations/{conversation_id}", json=body, headers=headers)
    assert answer.status_code == 200, answer.text


async def test_assigned_to_me(noticing: World) -> None:
    """votel.md 11.1: told of what others assign to me, as the preferences have it; read once, or all."""
    world, member = noticing, noticing.made["member"]
    first, second = await conversation_of(world), await conversation_of(world, "Bob Example")
    await assign(world, first, member)
    world.clock.advance(1000)
    await assign(world, second, member)
    page = await notices(world)
    assert (page["total"], page["unread"]) == (2, 2)
    newest, oldest = page["notifications"]
    assert newest["target"] == {"kind": "conversation", "id": second, "label": "Bob Example"}
    assert (oldest["type"], oldest["target"]["id"]) == ("conversation.assigned", first)
    assert (newest["actor_name"], newest["read_at"]) == ("Owner", None)
    assert (await notices(world, own=True))["total"] == 0

    path, headers = "/notifications/read", world.made["headers"]
    foreign = await world.post(path, json={"ids": [oldest["id"]]})
    assert foreign.json() == {"updated": 0, "unread": 0}, "another person's"
    done = await world.post(path, json={"ids": [oldest["id"]]}, headers=headers)
    assert (done.status_code, done.json()) == (200, {"updated": 1, "unread": 1})
    again = await world.post(path, json={"ids": [oldest["id"]]}, headers=headers)
    assert again.json() == {"updated": 0, "unread": 1}
    left = await notices(world, "?unread=true")
    assert ([item["id"] for item in left["notifications"]], left["total"]) == ([newest["id"]], 1)
    assert (await notices(world, "?limit=1&page=2"))["notifications"][0]["id"] == oldest["id"]
    assert (await world.post(path, json={"all": True}, headers=headers)).json()["unread"] == 0
    assert (await notices(world))["total"] == 2

    chosen = {"events": {"conversation.assigned": {"app": False}}}
    await world.request("PATCH", "/me/preferences", json=chosen, headers=headers)
    await assign(world, first, None)
    await assign(world, first, member)
    assert (await notices(world))["total"] == 2, "not wanted"
    await assign(world, first, world.ours.user_id)
    await assign(world, first, member, headers=headers)
    assert [item["target"]["id"] for item in (await notices(world, own=True))["notifications"]] == []


async def test_a_mention(noticing: World) -> None:
    """votel.md 1.2: `@user` mentions notify; one's own do not."""
    world = noticing
    conversation_id = await conversation_of(world)
    path = f"/conversations/{conversation_id}/messages"
    for text in ("nobody here", "Please call back, @vera", "@owner to do"):
        made = await world.post(path, json={"channel": "note", "body": text})
        assert made.status_code == 201, made.text
    (notice,) = (await notices(world))["notifications"]
    assert (notice["type"], notice["target"]["id"]) == ("message.note_added", conversation_id)
    assert (await notices(world, own=True))["total"] == 0
    assert (await world.request("DELETE", f"/conversations/{conversation_id}")).status_code == 204
    (notice,) = (await notices(world))["notifications"]
    assert notice["target"]["label"] == "", "no word outlives what is erased"


async def test_an_answer_where_one_follows(noticing: World) -> None:
    """vocatech.md 5.3: `members` follow the conversation: they are told of what comes in, others are not."""
    world, member = noticing, noticing.made["member"]
    number = await world.services.database.write(
        create_simulator, world.services.cipher, world.ours.account.id
    )
    account_id = world.ours.account.id

    async def write(to: str, *members: str) -> None:
        message = OutboundMessage(Channel.SMS, number.e164, to, "Is it there?", members=members)
        await world.services.database.write(send_message, account_id, message)

    async def answer(sender: str) -> str:
        with acting_as(SYSTEM):
            incoming = InboundMessage("simulator", new_id(), Channel.SMS, number, sender, "Yes, it is")
            return (
                await world.services.database.write(receive_message, account_id, incoming)
            ).conversation_id

    await write("+13125550144", "VERA@example.com ", "nobody@example.com")
    await write("+13125550145")
    conversation_id = await answer("+13125550144")
    await answer("+13125550145")
    (notice,) = (await notices(world))["notifications"]
    assert (notice["type"], notice["target"]["id"]) == ("message.received", conversation_id)
    assert (notice["title"], notice["actor_name"]) == ("An answer in a conversation that you follow", None)
    assert (await notices(world, own=True))["total"] == 0
    chosen = {"events": {"message.received": {"app": False}}}
    await world.request("PATCH", "/me/preferences", json=chosen, headers=world.made["headers"])
    await answer("+13125550144")
    assert (await notices(world))["total"] == 1, "not wanted"
    assert await world.services.database.read(list_followers, account_id, conversation_id) == [member]


async def test_a_voicegram_to_act_on(noticing: World) -> None:
    """votel.md 11.1: an urgent one, or one that asks for a call; all who want to know, of this account."""
    world = noticing
    with acting_as(SYSTEM):
        await add_voicegram(world, summary=CALM)
    assert (await notices(world))["total"] == 0
    with acting_as(SYSTEM):
        urgent = await add_voicegram(world, summary={**CALM, "urgency": "high"})
        world.clock.advance(1000)
        asking = await add_voicegram(world, summary={**CALM, "callback_required": True})
    for own in (True, False):
        found = (await notices(world, own=own))["notifications"]
        assert [item["target"]["id"] for item in found] == [asking, urgent]
        assert found[0]["target"]["label"] == "visitor@example.org"
    theirs = (await world.get("/notifications", tenant=world.theirs)).json()
    assert theirs == {"notifications": [], "total": 0, "unread": 0}


async def test_a_webhook_switched_off(noticing: World) -> None:
    """votel.md 11.1: told to admins."""
    world = noticing
    webhook_id = world.ours.key_id

    def write(tx: WriteTx) -> None:
        tx.emit(Event(world.ours.account.id, "webhook.disabled", webhook_id))

    await world.services.database.write(write)
    (notice,) = (await notices(world, own=True))["notifications"]
    assert (notice["type"], notice["target"]["id"]) == ("webhook.disabled", webhook_id)
    assert notice["actor_name"] is None
    assert (await notices(world))["total"] == 0


async def test_kept_90_days(noticing: World) -> None:
    """votel.md 11.1: notices do not pile up."""
    world = noticing
    registry = JobRegistry()
    NotificationJobs(world.services).register(registry)
    await add_voicegram(world)
    world.clock.advance(89 * DAY)
    await add_voicegram(world)
    for total in (2, 1):
        await registry.jobs["notifications.purge"].handler({}, JobContext(1, False, 1))
        assert (await notices(world))["total"] == total
        world.clock.advance(2 * DAY)


@pytest.mark.parametrize("body", [{}, {"ids": ["x"]}, {"all": True, "ids": []}, {"ids": "all"}])
async def test_refused(noticing: World, body: dict[str, Any]) -> None:
    """votel.md 0.4."""
    assert fault(await noticing.post("/notifications/read", json=body))["field"].startswith("ids")
    assert fault(await noticing.get("/notifications?unread=perhaps"))["field"] == "unread"
