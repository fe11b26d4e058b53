"""Callbacks of calls: forged, replayed, twice, in reverse, of unknown calls (issue 3 section 4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import func, select

from antiphon.carriers.port import (
    CallAnswered,
    CallEnded,
    CallParties,
    CallStarted,
    RecordingReady,
)
from antiphon.carriers.simulator import SIGNATURE_HEADER, recording_prefix, sign_callback
from antiphon.core.clock import HOUR, MINUTE, SECOND
from antiphon.core.storage import ObjectMissing
from antiphon.domain.calls.erasure import delete_call
from antiphon.domain.calls.queries import list_calls
from antiphon.domain.calls.recordings import delete_recording
from antiphon.domain.calls.records import Call, CallFilters, CallStatus
from antiphon.domain.calls.tables import calls
from antiphon.domain.carrier_events import _attach_object
from antiphon.domain.contacts.commands import delete_contact
from antiphon.domain.contacts.tables import contacts
from antiphon.domain.numbers.editing import update_number
from carrier_world import OUTSIDE, CarrierWorld, make_account

OWN = "+15550100100"
PARTIES = CallParties("CALL1", "inbound", OUTSIDE, OWN)


def story(world: CarrierWorld) -> tuple[CallStarted, CallAnswered, CallEnded, RecordingReady]:
    """An answered call of 40 seconds that ended now, with its recording."""
    now = world.clock.now()
    key = f"{recording_prefix(world.simulator.connection.id)}call1.wav"
    return (
        CallStarted(PARTIES, now - 45 * SECOND),
        CallAnswered(PARTIES, now - 40 * SECOND),
        CallEnded(PARTIES, now, "completed", "caller_hangup", 40 * SECOND),
        RecordingReady("CALL1", "RE1", object_key=key),
    )


async def ended(world: CarrierWorld) -> Sequence[Call]:
    page = await world.database.read(list_calls, world.account_id, CallFilters(), 50, 0)
    return page.items


async def test_a_call_from_ringing_to_its_recording(world: CarrierWorld) -> None:
    for event in story(world):
        assert (await world.deliver([event])).status_code == 204
    await world.work()
    (call,) = await ended(world)
    assert (call.status, call.duration_seconds, call.remote_number) == (CallStatus.COMPLETED, 40, OUTSIDE)
    assert call.number_id == world.simulator.number.id
    assert call.started_at == world.clock.now() - 45 * SECOND
    assert str(call.recording_source).endswith("/call1.wav")
    assert world.told("call.") == ["call.started", "call.answered", "call.ended"]


async def test_twice_and_in_reverse_order_is_the_same_call(world: CarrierWorld) -> None:
    for event in reversed(story(world)):
        await world.deliver([event])
        await world.deliver([event])
    await world.pass_time(MINUTE)
    (call,) = await ended(world)
    assert (call.status, call.duration_seconds) == (CallStatus.COMPLETED, 40)
    assert call.started_at == world.clock.now() - MINUTE - 45 * SECOND
    assert call.answered_at == world.clock.now() - MINUTE - 40 * SECOND
    assert str(call.recording_source).endswith("/call1.wav")
    assert sorted(world.told("call.")) == ["call.answered", "call.ended", "call.started"]


@pytest.mark.parametrize(
    "spoiled",
    [
        {"secret": "another secret"},
        {"body": b'{"events": []}'},
        {"at": 0},
    ],
)
async def test_forged_and_stale_callbacks_are_refused(
    world: CarrierWorld, spoiled: dict[str, object]
) -> None:
    answer = await world.deliver(story(world), **spoiled)
    assert answer.status_code == 403
    assert world.told("call.") == []


async def test_a_replay_after_five_minutes_is_refused(world: CarrierWorld) -> None:
    at = world.clock.now()
    assert (await world.deliver(story(world), at=at)).status_code == 204
    world.clock.advance(6 * MINUTE)
    assert (await world.deliver(story(world), at=at)).status_code == 403


async def test_an_unknown_token_and_another_carrier_are_not_found(world: CarrierWorld) -> None:
    line = world.simulator
    for path in (
        "/api/carriers/simulator/unknown",
        f"/api/carriers/twilio/{line.token}",
        f"/api/carriers/nobody/{line.token}",
    ):
        answer = await world.client.post(path, content=b"{}")
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not found"})


async def test_calls_with_numbers_of_others_are_ignored(world: CarrierWorld) -> None:
    """A callback acts in the account of its connection, on that connection's numbers, alone."""
    other = await world.database.write(make_account, "Other", "owner@example.org")
    theirs = await world.connect("simulator", "+15550100900", {"secret": "their secret"}, account_id=other)
    stranger = CallParties("CALL9", "inbound", OUTSIDE, "+15550100900")
    assert (await world.deliver([CallStarted(stranger, world.clock.now())])).status_code == 204
    assert await world.scalar(select(func.count()).select_from(calls)) == 0
    # Their connection tells of our call's id: it is another call, of theirs.
    await world.deliver([CallStarted(PARTIES, world.clock.now())])
    await world.deliver([CallEnded(PARTIES, world.clock.now(), "completed")], theirs)
    assert await ended(world) == []


async def test_a_recording_of_an_unknown_call_is_given_up(world: CarrierWorld) -> None:
    key = f"{recording_prefix(world.simulator.connection.id)}x.wav"
    await world.deliver([RecordingReady("NOBODY", "RE9", object_key=key)])
    for _ in range(8):
        await world.pass_time(HOUR)
    assert await world.scalar(select(func.count()).select_from(calls)) == 0


@pytest.mark.parametrize("erase", [delete_call, delete_recording])
async def test_a_recording_erased_while_it_is_fetched_is_not_kept(
    world: CarrierWorld, monkeypatch: pytest.MonkeyPatch, erase: Callable[..., Any]
) -> None:
    *before, recording = story(world)
    await world.deliver(before)
    (call,) = await ended(world)
    key = str(recording.object_key)
    await world.services.store.put(key, b"sound")
    write = world.database.write

    async def write_late(command: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        if command is _attach_object:
            await write(erase, world.account_id, call.id)
        return await write(command, *arguments, **options)

    await world.deliver([recording])
    monkeypatch.setattr(world.database, "write", write_late)
    await world.work()
    with pytest.raises(ObjectMissing):
        await world.services.store.get(key)


async def test_calls_of_a_number_that_does_not_record_have_no_recording(world: CarrierWorld) -> None:
    """votel.md 11.5: whatever the carrier has made."""
    *_, recording = story(world)
    key = str(recording.object_key)
    await world.services.store.put(key, b"sound")
    number_id = world.simulator.number.id
    await world.database.write(update_number, world.account_id, number_id, {"is_recorded": False})
    await world.deliver(story(world))
    await world.work()
    (call,) = await ended(world)
    assert call.recording_source is None
    with pytest.raises(ObjectMissing):
        await world.services.store.get(key)


async def test_what_is_told_of_an_erased_call_is_ignored(world: CarrierWorld) -> None:
    """Without spoiling what the same callback tells of others, and without making its caller known again."""
    *before, _ = story(world)
    await world.deliver(before)
    (call,) = await ended(world)
    await world.database.write(delete_call, world.account_id, call.id)
    await world.database.write(delete_contact, world.account_id, str(call.contact_id))
    other = CallParties("CALL2", "inbound", "+12025550177", OWN)
    answer = await world.deliver([*before, CallEnded(other, world.clock.now(), "no_answer")])
    assert answer.status_code == 204
    assert [one.call_sid for one in await ended(world)] == ["CALL2"]
    known = select(contacts.c.first_name).where(contacts.c.deleted_at.is_(None))
    assert await world.scalar(select(func.count()).select_from(known.subquery())) == 1


@pytest.mark.parametrize("key", ["messages/other", "simulator/other/x.wav", ""])
async def test_a_recording_elsewhere_in_the_store_is_refused(world: CarrierWorld, key: str) -> None:
    answer = await world.deliver([RecordingReady("CALL1", "RE1", object_key=key)])
    assert answer.status_code == 400


@pytest.mark.parametrize("status", ["no_answer", "busy", "failed"])
async def test_a_call_nobody_took_keeps_its_end(world: CarrierWorld, status: CallStatus) -> None:
    now = world.clock.now()
    outgoing = CallParties("CALL2", "outbound", OWN, OUTSIDE)
    await world.deliver([CallStarted(outgoing, now - 5 * SECOND)])
    await world.deliver([CallEnded(outgoing, now, status)])  # type: ignore[arg-type]  # the same words
    await world.deliver([CallAnswered(outgoing, now)])
    (call,) = await ended(world)
    assert (call.status, call.duration_seconds, call.remote_number) == (status, 0, OUTSIDE)


async def test_what_is_no_callback_is_a_400(world: CarrierWorld) -> None:
    for body in (
        b"",
        b"[]",
        b'{"events": [{"type": "x"}]}',
        b'{"events": [{"type": "call.started"}]}',
        b"\xff",
    ):
        headers = {SIGNATURE_HEADER: sign_callback("example secret", body, world.clock.now())}
        answer = await world.client.post(world.simulator.path, content=body, headers=headers)
        assert answer.status_code == 400, body
