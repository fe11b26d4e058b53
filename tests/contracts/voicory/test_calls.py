"""`GET /api/v1/calls` and `/api/v1/calls/{id}` (contracts/voicory.md 5 to 9)."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from antiphon.contracts.votel.app import create_app as create_votel_app
from antiphon.core.clock import DAY, HOUR, SECOND, to_iso
from antiphon.core.ids import new_id
from antiphon.domain.calls.erasure import delete_call
from antiphon.domain.calls.recordings import delete_recording
from antiphon.domain.calls.records import CallDirection, CallStatus, Turn
from call_fixtures import CALLER, COMPANY, make_call
from contracts_front import ServerFront
from phone_world import Tenant, World
from service_factory import ORIGIN
from sounds import webm_recording

FIELDS = {
    "id",
    "call_sid",
    "direction",
    "status",
    "from_number",
    "to_number",
    "duration_seconds",
    "cost",
    "summary",
    "transcript",
    "recording_url",
    "provider",
    "started_at",
    "ended_at",
    "assistant_id",
}
NOON = 1_772_539_200_000
"""2026-03-03T12:00:00Z"""


async def add(world: World, tenant: Tenant | None = None, **options: Any) -> str:
    owner = tenant or world.ours
    options.setdefault("at", NOON)
    return await world.services.database.write(make_call, owner.account_id, **options)


async def ids(world: World, query: str = "") -> list[str]:
    """The ids of a list, after the burst window has passed."""
    world.clock.advance(5 * SECOND)
    response = await world.get(f"/calls{query}")
    assert response.status_code == 200, response.text
    body = response.json()
    if body["meta"]["page"] == 1 and len(body["data"]) < body["meta"]["limit"]:
        assert body["meta"]["total"] == len(body["data"])
    return [row["id"] for row in body["data"]]


async def detail(world: World, call_id: str) -> dict[str, Any]:
    response = await world.get(f"/calls/{call_id}")
    assert response.status_code == 200, response.text
    row: dict[str, Any] = response.json()["data"]
    return row


async def test_every_field_of_a_call(world: World) -> None:
    """8.1: types, nulls, rounding, speakers and the signed link."""
    assistant = new_id()
    call_id = await add(
        world,
        call_sid="CA00000000000000000000000000000001",
        assistant_id=assistant,
        cost_micros=71_249,
        turns=[
            Turn("agent", "Good morning, how can I help?", 0, 2000, 0.9),
            Turn("caller", "I need to move my visit.", 2500, 4000, 0.8),
            Turn("user", "Let me look.", 5000, 6000, 0.8),
        ],
        results={
            "summary": "Moves the Thursday visit to Friday morning.",
            "recording_key": "calls/a/recording.webm",
            "stt_seconds": 87.2,
            "tts_characters": 612,
        },
        metadata={"order": 7},
    )
    response = await world.get("/calls")
    [row] = response.json()["data"]
    assert row.keys() == FIELDS
    assert row["recording_url"].startswith(f"{ORIGIN}/api/recordings/{call_id}?t=")
    expected = {
        "id": call_id,
        "call_sid": "CA00000000000000000000000000000001",
        "direction": "inbound",
        "status": "completed",
        "from_number": CALLER,
        "to_number": COMPANY,
        "duration_seconds": 87,
        "cost": 0.0712,
        "summary": "Moves the Thursday visit to Friday morning.",
        "transcript": [
            {"speaker": "AI", "text": "Good morning, how can I help?"},
            {"speaker": "Caller", "text": "I need to move my visit."},
            {"speaker": "Agent", "text": "Let me look."},
        ],
        "recording_url": row["recording_url"],
        "provider": "twilio",
        "started_at": "2026-03-03T12:00:00.000Z",
        "ended_at": "2026-03-03T12:01:27.000Z",
        "assistant_id": assistant,
    }
    assert row == expected
    usage = {"stt_minutes": 1.45, "tts_characters": 612, "metadata": {"order": 7}}
    assert await detail(world, call_id) == expected | usage


async def test_what_is_not_known_is_null_or_empty(world: World) -> None:
    """8.1: a browser call whose caller hung up at once."""
    call_id = await add(
        world, carrier="web", remote=None, status=CallStatus.NO_ANSWER, direction=CallDirection.INBOUND
    )
    row = await detail(world, call_id)
    nulls = {"call_sid", "from_number", "summary", "recording_url", "assistant_id"}
    assert {name for name, value in row.items() if value is None} == nulls
    assert (row["transcript"], row["metadata"], row["cost"], row["duration_seconds"]) == ([], {}, 0, 0)
    assert (row["provider"], row["stt_minutes"], row["tts_characters"]) == ("web", 0, 0)


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        (CallStatus.COMPLETED, "completed"),
        (CallStatus.NO_ANSWER, "no-answer"),
        (CallStatus.BUSY, "busy"),
        (CallStatus.FAILED, "failed"),
    ],
)
async def test_the_words_of_a_status(world: World, status: CallStatus, shown: str) -> None:
    """Section 9, and the filter by the same word."""
    call_id = await add(world, status=status)
    for other in set(CallStatus) - {status}:
        if other.is_final:
            await add(world, status=other)
    assert (await detail(world, call_id))["status"] == shown
    assert await ids(world, f"?status={shown}") == [call_id]


async def test_only_ended_calls_with_an_outside_party_are_shown(world: World) -> None:
    """8.1: live, internal, test, deleted and foreign calls are absent and 404."""
    shown = await add(world, call_sid="shown")
    hidden = [
        await add(world, is_open=True),
        await add(world, direction=CallDirection.INTERNAL),
        await add(world, is_test=True),
        await add(world, tenant=world.theirs),
        new_id(),
    ]
    deleted = await add(world)
    await world.services.database.write(delete_call, world.ours.account_id, deleted)
    assert await ids(world) == [shown]
    for call_id in (*hidden, deleted):
        world.clock.advance(SECOND)
        response = await world.get(f"/calls/{call_id}")
        assert (response.status_code, response.json()["error"]["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("bad", ["1", "x" * 36, "5f3c8f0e-0f3e-4a55-9d0a-7f7f3f6f2b1", "%00", "'--"])
async def test_an_id_that_is_no_uuid(world: World, bad: str) -> None:
    """Section 5."""
    response = await world.get(f"/calls/{bad}")
    assert (response.status_code, response.json()["error"]["code"]) == (400, "INVALID_ID")


@pytest.mark.parametrize(
    "query",
    [
        "assistant_id=1",
        "assistant_id=x",
        "from=yesterday",
        "to=2026-13-01",
        "from=2026-02-30",
        "to=1",
        "from=';DROP TABLE calls;--",
        "from=2026-03-03T12:00:00%2B99:00",
    ],
)
async def test_malformed_filters(world: World, query: str) -> None:
    """Sections 5, 7: only these are refused."""
    response = await world.get(f"/calls?{query}")
    assert (response.status_code, response.json()["error"]["code"]) == (400, "INVALID_FILTER")


@pytest.mark.parametrize(
    "query",
    [
        "status=answered",
        "status=no_answer",
        "direction=incoming",
        "direction=internal",
        "phone_number=nobody",
        "phone_number=%25",
        "phone_number=%2B1312555014",
        "phone_number=3125550143' OR 1=1 --",
        f"phone_number={'9' * 300}",
        "from=2026-03-04&to=2026-03-02",
        "assistant_id=2b8a1c9e-7d3f-4e21-8c55-0a9b8c7d6e5f",
        "from=9999-12-31",
        "to=0001-01-01",
        "page=2",
        "page=99999999999999999999",
    ],
)
async def test_what_matches_nothing_is_an_empty_list(world: World, query: str) -> None:
    """Section 7: unknown words, part of a number, SQL, reversed bounds, a page past the end."""
    await add(world)
    response = await world.get(f"/calls?{query}")
    assert response.status_code == 200, response.text
    body = response.json()
    assert body["data"] == []
    assert body["meta"]["has_more"] is False


async def test_filters_and_their_combination(world: World) -> None:
    """Section 8: direction, assistant and the outside party's number, in either direction."""
    assistant = new_id()
    inbound = await add(world, at=NOON, assistant_id=assistant)
    outbound = await add(world, at=NOON + SECOND, direction=CallDirection.OUTBOUND)
    other = await add(world, at=NOON + 2 * SECOND, remote="+15550100177", assistant_id=assistant)
    assert await ids(world) == [other, outbound, inbound]
    assert await ids(world, "?direction=outbound") == [outbound]
    assert await ids(world, f"?assistant_id={assistant}") == [other, inbound]
    assert await ids(world, f"?assistant_id={assistant.upper()}&direction=inbound") == [other, inbound]
    for text in ("%2B13125550143", "+13125550143", "3125550143", "(312)%20555-0143", "13125550143"):
        assert await ids(world, f"?phone_number={text}") == [outbound, inbound]
    assert await ids(world, "?phone_number=3125550143&direction=inbound&status=completed") == [inbound]
    assert await ids(world, f"?phone_number={COMPANY.replace('+', '%2B')}") == []
    assert await ids(world, "?status=&direction=&from=&to=&unknown=1&phone_number=") == [
        other,
        outbound,
        inbound,
    ]
    assert await ids(world, "?direction=outbound&direction=inbound") == [outbound]


async def test_bounds_are_inclusive_and_act_on_the_start(world: World) -> None:
    """Section 7: instants, offsets, bare dates."""
    early = await add(world, at=NOON - 12 * HOUR)
    noon = await add(world, at=NOON)
    late = await add(world, at=NOON + 12 * HOUR - 1)
    await add(world, at=NOON - 12 * HOUR - 1)
    await add(world, at=NOON + 12 * HOUR)
    assert await ids(world, "?from=2026-03-03&to=2026-03-03") == [late, noon, early]
    for moment in ("2026-03-03T12:00:00Z", "2026-03-03T12:00:00", "2026-03-03T13:00:00+01:00"):
        assert await ids(world, f"?from={moment}&to={moment}") == [noon]
    assert await ids(world, f"?from={to_iso(NOON + 1)}&to={to_iso(NOON + 12 * HOUR - 1)}") == [late]
    assert await ids(world, f"?from={to_iso(NOON - 12 * HOUR)}&to={to_iso(NOON - 1)}") == [early]


async def test_pages_are_complete_and_in_order(world: World) -> None:
    """Section 6: clamped and defaulted values, exact totals, newest first, then id descending."""
    made = [await add(world, at=NOON - (number // 2) * DAY // 3) for number in range(27)]
    wanted = sorted(made, key=lambda one: (-(made.index(one) // 2), one), reverse=True)
    assert await ids(world) == wanted[:25]
    for query in ("?limit=25&page=1", "?status=&phone_number=", "?unknown=1", "?page=1&page=2&from="):
        assert await ids(world, query) == wanted[:25]
    for filters in ("", "&direction=inbound", "&from=2026-01-01", "&status=completed&to=2026-03-09"):
        found = [call for page in (1, 2, 3) for call in await ids(world, f"?limit=10&page={page}{filters}")]
        assert found == wanted
    cases = {
        "limit=0": (1, 1, 27, 27, True),
        "limit=101": (1, 100, 27, 1, False),
        "limit=x&page=y": (1, 25, 27, 2, True),
        "page=-3": (1, 25, 27, 2, True),
        "page=2": (2, 25, 27, 2, False),
        "page=9&limit=9": (9, 9, 27, 3, False),
    }
    for query, expected in cases.items():
        world.clock.advance(SECOND)
        meta = (await world.get(f"/calls?{query}")).json()["meta"]
        assert tuple(meta.values()) == expected
    assert list(meta) == ["page", "limit", "total", "total_pages", "has_more"]


async def test_a_page_asked_for_again(world: World) -> None:
    """6, 8.1: the rows, their order and total are those of now and of the account; links are signed anew."""
    stored = {"recording_key": "calls/a/recording.webm"}
    older = await add(world, results=stored)
    silent = await add(world, at=NOON + SECOND)
    foreign = await add(world, world.theirs, results=stored)

    async def rows(tenant: Tenant, query: str = "") -> dict[str, str | None]:
        response = await world.get(f"/calls{query}", tenant=tenant)
        body = response.json()
        assert body["meta"]["total"] == (len(body["data"]) if not query else 3)
        return {row["id"]: row["recording_url"] for row in body["data"]}

    first = await rows(world.ours)
    assert list(first) == [silent, older]
    assert first[silent] is None
    assert list(await rows(world.theirs)) == [foreign]
    assert await rows(world.ours) == first
    world.clock.advance(1)
    again = await rows(world.ours)
    assert list(again) == [silent, older]
    expiries = {
        world.services.recordings.expiry(older, str(url[older]).partition("?t=")[2]) for url in (first, again)
    }
    assert expiries == {world.clock.now() + HOUR, world.clock.now() + HOUR - 1}
    newest = await add(world, at=NOON + 2 * SECOND, results=stored)
    assert list(await rows(world.ours)) == [newest, silent, older]
    assert list(await rows(world.ours, "?limit=1")) == [newest]
    assert list(await rows(world.theirs)) == [foreign]
    await world.services.database.write(delete_recording, world.ours.account_id, older)
    assert (await rows(world.ours))[older] is None
    await world.services.database.write(delete_call, world.ours.account_id, silent)
    assert list(await rows(world.ours)) == [newest, older]


async def test_an_account_without_calls(world: World) -> None:
    response = await world.get("/calls")
    assert response.json() == {
        "data": [],
        "meta": {"page": 1, "limit": 25, "total": 0, "total_pages": 0, "has_more": False},
    }


async def test_recording_links(world: World) -> None:
    """8.1: one hour from the response, no key, Range, null once deleted."""
    content = webm_recording()
    await world.services.store.put("calls/a/recording.webm", content)
    call_id = await add(world, results={"recording_key": "calls/a/recording.webm"})
    url = (await detail(world, call_id))["recording_url"]
    front = ServerFront(create_votel_app(world.services))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=front), base_url=ORIGIN) as client:
        whole = await client.get(url)
        assert (whole.status_code, whole.content) == (200, content)
        assert whole.headers["content-type"] == "audio/webm"
        assert whole.headers["cache-control"] == "private, no-store"
        part = await client.get(url, headers={"Range": "bytes=2-9"})
        assert (part.status_code, part.content) == (206, content[2:10])
        assert part.headers["content-range"] == f"bytes 2-9/{len(content)}"
        head = await client.head(url)
        assert (head.status_code, head.headers["content-length"]) == (200, str(len(content)))
        assert (await client.get(url, headers={"Range": "bytes=999999-"})).status_code == 416
        path, _, token = url.partition("?t=")
        changed = ("A" if token[5] != "A" else "B").join((token[:5], token[6:]))
        other = path.replace(call_id, new_id())
        for bad in (path, f"{path}?t=", f"{path}?t={changed}", f"{path}?t=%00", f"{other}?t={token}"):
            assert (await client.get(bad)).status_code == 403
        world.clock.advance(HOUR - 1)
        assert (await client.get(url)).status_code == 200
        world.clock.advance(1)
        assert (await client.get(url)).status_code == 403
        fresh = (await detail(world, call_id))["recording_url"]
        await world.services.database.write(delete_recording, world.ours.account_id, call_id)
        assert (await client.get(fresh)).status_code == 404
    world.clock.advance(SECOND)
    assert (await detail(world, call_id))["recording_url"] is None
