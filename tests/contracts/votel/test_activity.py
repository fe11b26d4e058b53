"""Logs of calls and messages, and the phone report (contracts/votel.md 6)."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from antiphon.contracts.votel.csv import csv_response
from antiphon.contracts.votel.schemas_activity import CallDetail, CallList, OverviewReport, PhoneReport
from antiphon.contracts.votel.schemas_conversations import MessageList
from antiphon.core.clock import DAY, HOUR, MINUTE, from_datetime, to_iso
from antiphon.core.db.transaction import WriteTx
from antiphon.domain.accounts.records import Role
from antiphon.domain.calls.analysis import store_results
from antiphon.domain.calls.records import CallDirection, Turn
from antiphon.domain.calls.report import bucket_starts
from antiphon.domain.conversations.delivery import fail_message
from inbox_world import SENDER, call_of, inbox, receive
from votel_world import OpenWorld, World, add_key, add_user, add_voicegram, fault

OTHER = "+13125550177"


@pytest.fixture
async def world(open_world: OpenWorld) -> World:
    return await inbox(open_world)


async def logged(world: World, **query: Any) -> tuple[list[str], int]:
    answer = await world.get("/activity/calls", params=query)
    assert answer.status_code == 200, answer.text
    CallList.model_validate(answer.json())
    return [row["id"] for row in answer.json()["calls"]], answer.json()["total"]


async def test_calls_by_every_filter(world: World) -> None:
    """votel.md 6: each filter, exact totals, three orders; tests only when asked for."""
    now = world.clock.now()
    words = [Turn(speaker="caller", text="Is the DRILL 100% ready?", start_ms=0, end_ms=900, confidence=0.9)]
    found = {"sentiment_label": "positive", "sentiment_score": 0.5}
    talked = await call_of(world, SENDER, at=now - 3 * HOUR, seconds=200, turns=words, results=found)
    missed = await call_of(world, OTHER, at=now - 2 * HOUR, status="no_answer")
    out = await call_of(
        world, OTHER, at=now - HOUR, seconds=60, direction=CallDirection.OUTBOUND, cost_micros=700
    )
    test = await call_of(world, SENDER, at=now - MINUTE, seconds=5, is_test=True)
    assert await logged(world) == ([out, missed, talked], 3)
    assert await logged(world, include_tests="true") == ([test, out, missed, talked], 4)
    assert await logged(world, limit=1, page=2) == ([missed], 3)
    assert await logged(world, sort="duration_seconds") == ([missed, out, talked], 3)
    assert (await logged(world, sort="-cost_micros"))[0][0] == out
    assert await logged(world, direction="outbound") == ([out], 1)
    assert await logged(world, status="no_answer") == ([missed], 1)
    assert await logged(world, min_duration=100) == ([talked], 1)
    assert await logged(world, sentiment="positive") == ([talked], 1)
    assert await logged(world, search="drill 100%") == ([talked], 1)
    assert await logged(world, search="%") == ([talked], 1)
    assert await logged(world, phone="555-0177") == ([out, missed], 2)
    assert await logged(world, has_recording="true") == ([], 0)
    assert await logged(world, has_recording="false") == ([out, missed, talked], 3)
    assert await logged(world, to=to_iso(now - 3 * HOUR)) == ([talked], 1)
    assert await logged(world, **{"from": to_iso(now - HOUR)}) == ([out], 1)
    assert await logged(world, type="web") == ([], 0)
    lead_id = (await world.get(f"/activity/calls/{talked}")).json()["lead_id"]
    assert await logged(world, lead_id=lead_id) == ([talked], 1)
    for bad in ({"status": "ringing"}, {"min_duration": "long"}, {"sort": "name"}, {"lead_id": "x"}):
        assert fault(await world.get("/activity/calls", params=bad))["field"] == next(iter(bad))


async def test_one_call_is_annotated(world: World) -> None:
    """votel.md 6: disposition, tags, notes, success; another lead moves its line to that thread."""
    words = [Turn(speaker="caller", text="Hello", start_ms=0, end_ms=900, confidence=0.9)]
    call_id = await call_of(world, SENDER, turns=words, judged=[("Says hello.", None, None)])
    path = f"/activity/calls/{call_id}"
    before = (await world.get(path)).json()
    CallDetail.model_validate(before)
    assert before["transcript"][0]["text"] == "Hello"
    assert before["conversation_id"] is not None
    other = (await receive(world, "hi", sender=OTHER, name="Bob Example")).contact_id
    changes = {"disposition": "order", "tags": ["vip", "vip "], "notes": "<b>Call</b>", "success": True}
    after = (await world.request("PATCH", path, json=changes)).json()
    assert after["tags"] == ["vip"]
    assert (after["disposition"], after["notes"], after["success"]) == ("order", "<b>Call</b>", True)
    moved = (await world.request("PATCH", path, json={"lead_id": other})).json()
    assert (moved["lead_id"], moved["lead_name"]) == (other, "Bob Example")
    thread = (await world.get(f"/conversations/{moved['conversation_id']}/messages")).json()
    assert call_id in [item["id"] for item in thread["messages"]]
    left = (await world.get(f"/conversations/{before['conversation_id']}")).json()
    assert left["last_message"] is None
    for bad in (
        {"lead_id": world.theirs.user_id},
        {"tags": ["x" * 101]},
        {"notes": "x" * 20_001},
        {"success": "yes"},
    ):
        field = fault(await world.request("PATCH", path, json=bad))["field"]
        assert field.partition(".")[0] == next(iter(bad))


async def test_erasing_a_recording(world: World) -> None:
    """votel.md 6: the audio is gone, the words stay; for admins."""
    call_id = await call_of(world, SENDER, summary="Says hello.")

    def record(tx: WriteTx) -> None:
        store_results(tx, world.ours.account.id, call_id, {"recording_key": "recordings/x"})

    await world.services.database.write(record)
    path = f"/activity/calls/{call_id}"
    assert (await world.get(path)).json()["recording_url"].startswith("https://")
    member = await add_user(world, Role.MEMBER, "member@example.com")
    _, key = await add_key(world, user_id=member)
    refused = await world.request("DELETE", f"{path}/recording", headers={"X-API-Key": key})
    assert refused.status_code == 403
    for _ in range(2):
        assert (await world.request("DELETE", f"{path}/recording")).status_code == 204
    row = (await world.get(path)).json()
    assert (row["recording_url"], row["has_recording"], row["summary"]) == (None, False, "Says hello.")


async def messages(world: World, **query: Any) -> tuple[list[str], int]:
    answer = await world.get("/activity/messages", params=query)
    assert answer.status_code == 200, answer.text
    MessageList.model_validate(answer.json())
    return [row["body"] for row in answer.json()["messages"]], answer.json()["total"]


async def test_messages_by_every_filter(world: World) -> None:
    """votel.md 6: all channels but lines and notes; what is planned and blank lines of erased ones too."""
    first = await receive(world, "One 100%")
    world.clock.advance(1000)
    await receive(world, "Two", channel="whatsapp", sender=OTHER)
    await call_of(world, SENDER, summary="A call")
    path = f"/conversations/{first.conversation_id}/messages"
    world.clock.advance(1000)
    sent = (await world.post(path, json={"channel": "sms", "body": "Three"})).json()
    world.clock.advance(1000)
    later = to_iso(world.clock.now() + DAY)
    await world.post(path, json={"channel": "sms", "body": "Four", "scheduled_at": later})
    await world.post(path, json={"channel": "note", "body": "A note"})
    assert await messages(world) == (["Four", "Three", "Two", "One 100%"], 4)
    assert await messages(world, limit=1, page=3) == (["Two"], 4)
    assert await messages(world, channel="note") == (["A note"], 1)
    assert await messages(world, channel="call") == (["A call"], 1)
    assert await messages(world, channel="whatsapp") == (["Two"], 1)
    assert await messages(world, status="scheduled") == (["Four"], 1)
    assert await messages(world, direction="inbound") == (["Two", "One 100%"], 2)
    assert await messages(world, source="inbound", author_kind="lead", channel="sms") == (["One 100%"], 1)
    assert await messages(world, author_kind="api") == (["Four", "Three"], 2)
    assert await messages(world, address="555-0177") == (["Two"], 1)
    assert await messages(world, search="one 100%") == (["One 100%"], 1)
    assert await messages(world, search="%") == (["One 100%"], 1)
    assert await messages(world, lead_id=first.contact_id) == (["Four", "Three", "One 100%"], 3)
    failed = (world.ours.account.id, sent["id"], "twilio_30003", "no")
    await world.services.database.write(fail_message, *failed)
    assert await messages(world, error_code="carrier_refused") == (["Three"], 1)
    assert await messages(world, error_code="spam") == ([], 0)
    assert (await world.request("DELETE", f"/messages/{first.id}")).status_code == 204
    assert await messages(world) == (["Four", "Three", "Two", ""], 4)


async def test_csv_is_an_export(world: World) -> None:
    """votel.md 6, 17: for admins; text that a spreadsheet would take for a formula is kept from it."""
    hostile = '=HYPERLINK("https://example.org";"x"),\n"quoted"'
    await receive(world, hostile)
    answer = await world.get("/activity/messages", params={"format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    [row] = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"), newline=""))
    assert row["body"] == f"'{hostile}"
    assert row["from"] == SENDER
    member = await add_user(world, Role.MEMBER, "member@example.com")
    _, key = await add_key(world, user_id=member)
    for path in ("/activity/messages", "/activity/calls", "/reports/phone", "/reports/overview"):
        assert (await world.get(path, params={"format": "csv"})).status_code == 200
        refused = await world.get(path, params={"format": "csv"}, headers={"X-API-Key": key})
        assert refused.json() == {"detail": "Insufficient permissions: data:read"}
        assert (await world.get(path, headers={"X-API-Key": key})).status_code == 200
    assert fault(await world.get("/activity/calls", params={"format": "xml"}))["field"] == "format"


def test_cells_of_csv() -> None:
    """votel.md 3.4: formulas are guarded, numbers and phones are not."""
    rows = [{"a": value} for value in ("@x", "-1", "+1 (312) 555-0143", "\tx", None, True, ["p", "q"], 1.5)]
    body = bytes(csv_response("x", ("a", "b.c"), rows).body).decode()
    assert body.split("\r\n")[1:-1] == [
        "'@x,",
        "-1,",
        "+1 (312) 555-0143,",
        "'\tx,",
        ",",
        "true,",
        '"p, q",',
        "1.5,",
    ]


async def report(world: World, **query: Any) -> dict[str, Any]:
    answer = await world.get("/reports/phone", params=query)
    assert answer.status_code == 200, answer.text
    PhoneReport.model_validate(answer.json())
    return dict(answer.json())


async def test_the_phone_report(world: World) -> None:
    """votel.md 6: totals, empty buckets, groups and the span before."""
    now = world.clock.now()
    await call_of(world, SENDER, at=now - HOUR, seconds=120, cost_micros=500)
    await call_of(world, OTHER, at=now - 2 * HOUR, status="no_answer")
    await call_of(world, OTHER, at=now - 26 * HOUR, seconds=60, direction=CallDirection.OUTBOUND)
    await call_of(world, SENDER, at=now - HOUR, is_test=True)
    span = {"from": to_iso(now - DAY), "to": to_iso(now)}
    found = await report(world, **span, compare="previous", group_by="ended_reason", interval="hour")
    totals = found["totals"]
    assert (totals["calls"], totals["inbound"], totals["outbound"]) == (2, 2, 0)
    assert (totals["answered"], totals["missed"], totals["answer_rate"]) == (1, 1, 0.5)
    assert (totals["minutes"], totals["avg_duration_seconds"], totals["cost_micros"]) == (2.0, 120.0, 500)
    assert totals["success_rate"] is None
    assert (found["previous"]["calls"], found["previous"]["outbound"]) == (1, 1)
    assert len(found["series"]) == 25
    assert sum(bucket["calls"] for bucket in found["series"]) == 2
    assert sum(group["calls"] for group in found["breakdown"]) == 2
    empty = await report(world, to=to_iso(now - 300 * DAY))
    assert len(empty["series"]) in (30, 31)
    assert {bucket["calls"] for bucket in empty["series"]} == {0}
    assert empty["totals"]["answer_rate"] is empty["totals"]["avg_answer_seconds"] is None
    for group_by in ("number", "agent", "user", "campaign", "hour", "weekday"):
        grouped = await report(world, group_by=group_by)
        assert sum(group["calls"] for group in grouped["breakdown"]) == 3, group_by


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"interval": "minute"}, "interval"),
        ({"group_by": "mood"}, "group_by"),
        ({"from": "2024-01-01", "to": "2026-01-01"}, "from"),
        ({"from": "2026-02-01", "to": "2026-01-01"}, "from"),
        ({"from": "2026-01-01", "to": "2026-02-01", "interval": "hour"}, "interval"),
        ({"number_id": "x"}, "number_id"),
    ],
)
async def test_bad_report_queries(world: World, query: dict[str, str], field: str) -> None:
    """votel.md 6: at most 400 days, 14 by the hour."""
    assert fault(await world.get("/reports/phone", params=query))["field"] == field


async def overview(world: World, **query: Any) -> dict[str, Any]:
    answer = await world.get("/reports/overview", params=query)
    assert answer.status_code == 200, answer.text
    OverviewReport.model_validate(answer.json())
    return dict(answer.json())


async def test_the_overview(world: World) -> None:
    """votel.md 6: all channels side by side; replies count from the first message not answered."""
    start = world.clock.now()
    first = await receive(world, "Are you open?")
    world.clock.advance(MINUTE)
    await receive(world, "Hello?")
    world.clock.advance(MINUTE)
    path = f"/conversations/{first.conversation_id}/messages"
    assert (await world.post(path, json={"channel": "sms", "body": "Yes"})).status_code == 201
    await world.post(path, json={"channel": "note", "body": "Of no account"})
    planned = {"channel": "sms", "body": "Later", "scheduled_at": to_iso(world.clock.now() + DAY)}
    assert (await world.post(path, json=planned)).status_code == 201
    world.clock.advance(MINUTE)
    await receive(world, "Not answered yet", sender=OTHER)
    await add_voicegram(world)
    await add_voicegram(world, tenant=world.theirs)
    await call_of(world, SENDER, at=start, seconds=60)
    await call_of(world, OTHER, at=start - 2 * DAY, status="no_answer")
    until = to_iso(world.clock.now())
    found = await overview(world, **{"from": to_iso(start - DAY), "to": until, "compare": "previous"})
    totals = found["totals"]
    assert (totals["voicegrams"], totals["calls"], totals["answered"], totals["missed"]) == (1, 1, 1, 0)
    assert (totals["messages_in"], totals["messages_out"]) == (3, 1)
    assert (totals["replies"], totals["avg_reply_seconds"]) == (1, 120.0)
    assert (found["previous"]["calls"], found["previous"]["missed"]) == (1, 1)
    assert found["previous"]["avg_reply_seconds"] is None
    for name in ("voicegrams", "calls", "messages_in", "messages_out", "replies"):
        assert sum(bucket[name] for bucket in found["series"]) == totals[name]


async def test_buckets_begin_at_local_midnight(world: World) -> None:
    """votel.md 6: in the zone asked for; the day of a clock change has 25 hours."""
    found = await report(
        world, **{"from": "2026-10-24", "to": "2026-10-26"}, timezone="Europe/Berlin", interval="day"
    )
    assert [bucket["start"] for bucket in found["series"]] == [
        "2026-10-24T00:00:00+02:00",
        "2026-10-25T00:00:00+02:00",
        "2026-10-26T00:00:00+01:00",
    ]
    assert found["to"] == "2026-10-26T22:59:59.999Z"


def test_bucket_starts_around_a_clock_change() -> None:
    """votel.md 6: 25 hours in autumn, 23 in spring; weeks from Monday, months from their first."""
    zone = ZoneInfo("America/New_York")

    def at(*parts: int) -> int:
        return from_datetime(datetime(*parts, tzinfo=zone))  # type: ignore[arg-type, misc]  # year to minute

    autumn = bucket_starts(at(2026, 11, 1), at(2026, 11, 2) - 1, zone, "hour")
    spring = bucket_starts(at(2026, 3, 8), at(2026, 3, 9) - 1, zone, "hour")
    assert (len(autumn), len(spring)) == (25, 23)
    weeks = bucket_starts(at(2026, 11, 4), at(2026, 11, 16), zone, "week")
    assert weeks == [at(2026, 11, 2), at(2026, 11, 9), at(2026, 11, 16)]
    months = bucket_starts(at(2026, 1, 31), at(2026, 3, 1), zone, "month")
    assert months == [at(2026, 1, 1), at(2026, 2, 1), at(2026, 3, 1)]
    utc = bucket_starts(
        from_datetime(datetime(2026, 1, 1, 12, 34, tzinfo=UTC)),
        from_datetime(datetime(2026, 1, 1, 14, tzinfo=UTC)),
        ZoneInfo("Asia/Kathmandu"),
        "hour",
    )
    assert len(utc) == 2
