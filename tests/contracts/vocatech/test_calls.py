"""`GET /v1/calls` (contracts/vocatech.md 4 and 5.1)."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon.core.clock import DAY, HOUR, MINUTE, SECOND
from antiphon.core.db.transaction import ReadTx
from antiphon.core.ids import new_id
from antiphon.domain.accounts.members import list_members
from antiphon.domain.calls.erasure import delete_call
from antiphon.domain.calls.records import CallDirection, CallStatus, NewSegment, SegmentType, Turn
from antiphon.domain.calls.search import follow_contact
from antiphon.domain.contacts.queries import find_contact_by_address
from call_fixtures import CALLER, COMPANY, make_call
from phone_world import OpenWorld, Tenant, World

START = 1_772_637_160_000
"""2026-03-04T15:12:40Z, 09:12:40 in Chicago."""
DAYS = "start_date=2026-03-04&end_date=2026-03-04"


async def add(world: World, tenant: Tenant | None = None, **options: Any) -> str:
    owner = tenant or world.ours
    options.setdefault("at", START)
    return await world.services.database.write(make_call, owner.account_id, **options)


def contact_number(tx: ReadTx, account_id: str, phone: str) -> int:
    contact = find_contact_by_address(tx, account_id, "phone", phone)
    assert contact is not None
    return contact.number


async def listed(world: World, query: str = DAYS) -> list[str]:
    world.clock.advance(2 * SECOND)
    response = await world.get(f"/calls?{query}")
    assert response.status_code == 200, response.text
    body = response.json()
    if body["meta"]["total_pages"] <= 1 and body["meta"]["page"] == 1:
        assert body["meta"]["total_calls"] == len(body["calls"])
    return [row["call_id"] for row in body["calls"]]


async def test_a_call_as_the_contract_shows_it(open_world: OpenWorld) -> None:
    """5.1: the whole answer of the document's example."""
    world = await open_world(timezone="America/Chicago")
    call_id = await add(
        world,
        seconds=142,
        remote_name="Harbor Tools",
        segments=[
            NewSegment(SegmentType.AUTO_ATTENDANT, START, START + 18 * SECOND),
            NewSegment(
                SegmentType.EXTENSION,
                START + 18 * SECOND,
                None,
                extension="204",
                extension_name="Parts desk",
            ),
        ],
        turns=[
            Turn("user", "Parts desk, hello.", 20_000, 22_000, 0.9),
            Turn("caller", "I need one more drill press.", 23_000, 26_000, 0.9),
        ],
        judged=[(None, None, None), ("Asks for a second drill press; quote by email.", "positive", 0.4)],
        results={
            "extension": "204",
            "extension_name": "Parts desk",
            "sentiment_label": "positive",
            "sentiment_score": 0.4,
            "recording_key": "calls/a/recording.webm",
        },
    )
    response = await world.get(f"/calls?{DAYS}&direction=incoming")
    assert response.json() == {
        "query": {
            "start_date": "2026-03-04",
            "end_date": "2026-03-04",
            "direction": "incoming",
            "status": "any",
            "search": None,
            "user_id": None,
            "extension": None,
            "timezone": "America/Chicago",
            "page": 1,
            "limit": 50,
        },
        "calls": [
            {
                "call_id": call_id,
                "direction": "incoming",
                "status": "answered",
                "extension": "204",
                "extension_name": "Parts desk",
                "remote_name": "Harbor Tools",
                "remote_number": CALLER,
                "group_number": COMPANY,
                "start_time": "2026-03-04T09:12:40-06:00",
                "end_time": "2026-03-04T09:15:02-06:00",
                "duration": 142,
                "sentiment": {"label": "positive", "score": 0.4},
                "journey": [
                    {
                        "order": 1,
                        "type": "auto_attendant",
                        "extension": None,
                        "extension_name": None,
                        "start_time": "2026-03-04T09:12:40-06:00",
                        "end_time": "2026-03-04T09:12:58-06:00",
                        "duration": 18,
                        "summary": None,
                        "transcription": None,
                        "sentiment": None,
                    },
                    {
                        "order": 2,
                        "type": "extension",
                        "extension": "204",
                        "extension_name": "Parts desk",
                        "start_time": "2026-03-04T09:12:58-06:00",
                        "end_time": "2026-03-04T09:15:02-06:00",
                        "duration": 124,
                        "summary": "Asks for a second drill press; quote by email.",
                        "transcription": "Agent: Parts desk, hello.\nCaller: I need one more drill press.",
                        "sentiment": {"label": "positive", "score": 0.4},
                    },
                ],
            }
        ],
        "meta": {"page": 1, "limit": 50, "total_pages": 1, "total_calls": 1},
    }
    assert "recording" not in response.text


async def test_an_internal_call(world: World) -> None:
    """5.1: under `any` alone, without outside party; the duration runs from start to end."""
    call_id = await add(world, direction=CallDirection.INTERNAL, status=CallStatus.NO_ANSWER, seconds=20)
    [row] = (await world.get(f"/calls?{DAYS}")).json()["calls"]
    assert (row["call_id"], row["direction"], row["status"], row["duration"]) == (
        call_id,
        "internal",
        "missed",
        20,
    )
    assert (row["remote_name"], row["remote_number"], row["group_number"]) == (None, None, None)
    assert [segment["type"] for segment in row["journey"]] == ["external"]
    for direction in ("incoming", "outgoing"):
        assert await listed(world, f"{DAYS}&direction={direction}") == []


async def test_directions_and_statuses(world: World) -> None:
    """5.1, voicory.md 9."""
    answered = await add(world, at=START)
    outgoing = await add(world, at=START + 1000, direction=CallDirection.OUTBOUND)
    missed = [
        await add(world, at=START + number * 1000, status=status)
        for number, status in enumerate((CallStatus.NO_ANSWER, CallStatus.BUSY, CallStatus.FAILED), 2)
    ]
    everything = [*reversed(missed), outgoing, answered]
    assert await listed(world) == everything
    assert await listed(world, f"{DAYS}&direction=any&status=any") == everything
    assert await listed(world, f"{DAYS}&direction=incoming&status=answered") == [answered]
    assert await listed(world, f"{DAYS}&direction=outgoing") == [outgoing]
    assert await listed(world, f"{DAYS}&status=missed") == list(reversed(missed))


async def test_a_recording_is_never_shown(world: World) -> None:
    """5.1, 5.4, 8: no `recording_url`, and no media of the recording's id."""
    key = f"calls/{world.ours.account_id}/one/recording.webm"
    call_id = await add(world, results={"recording_key": key, "recording_bytes": 3, "recording_channels": 2})
    answer = await world.get(f"/calls?{DAYS}")
    assert [row["call_id"] for row in answer.json()["calls"]] == [call_id]
    assert "recording" not in answer.text
    for prefix in ("rec_", "med_", ""):
        assert (await world.get(f"/media/{prefix}{call_id}")).status_code == 404


async def test_hidden_calls(world: World) -> None:
    """5.1: live, test, deleted and foreign calls."""
    shown = await add(world)
    await add(world, is_open=True)
    await add(world, is_test=True)
    await add(world, tenant=world.theirs)
    deleted = await add(world)
    await world.services.database.write(delete_call, world.ours.account_id, deleted)
    assert await listed(world) == [shown]


async def test_there_is_no_route_for_one_call(world: World) -> None:
    """Section 2."""
    call_id = await add(world)
    response = await world.get(f"/calls/{call_id}")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")
    assert (await world.post("/calls", json={})).status_code == 404


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("direction=inbound", ["direction"]),
        ("status=completed", ["status"]),
        ("user_id=x", ["user_id"]),
        ("user_id=1.5", ["user_id"]),
        ("timezone=Mars/Olympus", ["timezone"]),
        ("start_date=04.03.2026", ["start_date"]),
        ("end_date=2026-02-30", ["end_date"]),
        ("start_date=2026-03-05&end_date=2026-03-04", ["start_date"]),
        ("start_date=2025-03-04&end_date=2026-03-05", ["start_date"]),
        ("start_date=x&direction=y&status=z", ["start_date", "direction", "status"]),
        ("start_date=x&end_date=2020-01-01", ["start_date"]),
        ("start_date=2030-01-01&end_date=x", ["end_date"]),
    ],
)
async def test_what_is_refused(world: World, query: str, fields: list[str]) -> None:
    """Sections 4, 5.1: every fault is named, and nothing that only follows from another one."""
    response = await world.get(f"/calls?{query}")
    assert response.status_code == 400, response.text
    error = response.json()["error"]
    assert error["code"] == "validation_error"
    assert [detail["field"] for detail in error["details"]] == fields


async def test_366_days_are_allowed_and_days_are_whole_in_the_zone(world: World) -> None:
    """Section 4: a call belongs to the day of its start in that zone; both ends are inclusive."""
    assert await listed(world, "start_date=2025-03-04&end_date=2026-03-04") == []
    first = await add(world, at=START - 9 * HOUR - 12 * MINUTE - 40 * SECOND)
    last = await add(world, at=START + 15 * HOUR - 12 * MINUTE - 40 * SECOND - 1)
    await add(world, at=START - 9 * HOUR - 12 * MINUTE - 40 * SECOND - 1)
    await add(world, at=START + 15 * HOUR - 12 * MINUTE - 40 * SECOND)
    assert await listed(world, f"{DAYS}&timezone=America/Chicago") == [last, first]
    rows = (await world.get(f"/calls?{DAYS}&timezone=Pacific/Kiritimati")).json()["calls"]
    assert [row["start_time"] for row in rows] == ["2026-03-04T20:00:00+14:00", "2026-03-04T19:59:59+14:00"]


async def test_the_days_of_a_changing_clock(world: World) -> None:
    """Section 4: 2026-03-08 has 23 hours in Chicago."""
    midnight = START + 4 * DAY - 9 * HOUR - 12 * MINUTE - 40 * SECOND
    first = await add(world, at=midnight)
    last = await add(world, at=midnight + 23 * HOUR - 1)
    await add(world, at=midnight + 23 * HOUR)
    query = "start_date=2026-03-08&end_date=2026-03-08&timezone=America/Chicago"
    assert await listed(world, query) == [last, first]
    rows = (await world.get(f"/calls?{query}")).json()["calls"]
    assert [row["start_time"] for row in rows] == ["2026-03-08T23:59:59-05:00", "2026-03-08T00:00:00-06:00"]


async def test_today_is_the_default(world: World) -> None:
    """Section 4."""
    today = await add(world, at=world.clock.now())
    await add(world, at=world.clock.now() - DAY)
    response = await world.get("/calls")
    assert [row["call_id"] for row in response.json()["calls"]] == [today]
    assert response.json()["query"]["start_date"] == response.json()["query"]["end_date"] == "2026-09-21"


async def test_search_is_an_id_an_extension_or_a_part_of_a_name_or_of_the_words(world: World) -> None:
    """5.1, section 4: id and extension exactly, names and transcripts as case-blind substring."""
    harbor = await add(world, at=START, remote_name="Harbor Tools", call_sid="one")
    desk = await add(
        world,
        at=START + 1000,
        remote="+15550100177",
        extension="204",
        extension_name="Ünïted Parts",
        turns=[Turn("caller", "Harbour words are searched.", 0, 1000, 1.0)],
    )
    routed = await add(
        world,
        at=START + 2000,
        remote="+15550100178",
        segments=[NewSegment(SegmentType.HUNT_GROUP, START + 2000, extension="777")],
    )
    for text, found in {
        "harbor": [harbor],
        "ARBOR%20TO": [harbor],
        "united": [desk],
        harbor: [harbor],
        harbor.upper(): [harbor],
        harbor[:-1]: [],
        "204": [desk],
        "20": [],
        "777": [routed],
        "WORDS%20are": [desk],
        "searched": [desk],
        "parts%20harbour": [],
        "kmnmo": [],
        "dcdade": [],
        "bfff": [],
        "%25": [],
        "_": [],
        "'%20OR%201=1": [],
        '"harbor"*': [],
        "harbor%20OR%20united": [],
        "3125550143": [],
        "%00": [routed, desk, harbor],
        "": [routed, desk, harbor],
    }.items():
        assert await listed(world, f"{DAYS}&search={text}") == found, text
    assert await listed(world, f"{DAYS}&search={'x' * 300}") == []


async def test_a_renamed_contact_is_shown_by_its_new_name(world: World) -> None:
    """README, one domain object: a write is visible at once."""
    for type in ("lead.updated", "lead.deleted"):
        world.services.bus.react(type, follow_contact)
    call_id = await add(world, remote_name="Harbor Tools")
    database = world.services.database
    contact = await database.read(contact_number, world.ours.account_id, CALLER)
    response = await world.patch(f"/contacts/{contact}", json={"fields": {"First Name": "Pier"}})
    assert response.status_code == 200, response.text
    [row] = (await world.get(f"/calls?{DAYS}")).json()["calls"]
    assert row["remote_name"] == "Pier Tools"
    assert await listed(world, f"{DAYS}&search=pier") == [call_id]
    assert await listed(world, f"{DAYS}&search=harbor") == []
    assert (await world.delete(f"/contacts/{contact}")).status_code == 204
    [row] = (await world.get(f"/calls?{DAYS}")).json()["calls"]
    assert (row["remote_name"], row["remote_number"]) == (None, CALLER)
    assert await listed(world, f"{DAYS}&search=pier") == []


async def test_user_and_extension_match_any_segment(world: World) -> None:
    """5.1: integer id, exact extension."""
    members = await world.services.database.read(list_members, world.ours.account_id)
    user = members[0]
    by_segment = await add(
        world, segments=[NewSegment(SegmentType.EXTENSION, START, user_id=user.user_id, extension="301")]
    )
    by_call = await add(world, at=START + 1000, user_id=user.user_id, extension="302")
    await add(world, at=START + 2000, extension="303")
    assert await listed(world, f"{DAYS}&user_id={user.number}") == [by_call, by_segment]
    assert await listed(world, f"{DAYS}&extension=301") == [by_segment]
    assert await listed(world, f"{DAYS}&extension=302&user_id={user.number}") == [by_call]
    for nobody in ("0", "-1", "999", "9" * 40):
        assert await listed(world, f"{DAYS}&user_id={nobody}") == []
    assert await listed(world, f"{DAYS}&extension=30") == []


async def test_pages(world: World) -> None:
    """Section 4: stop at the last page; clamped values; a page past the end is empty."""
    made = [await add(world, at=START + number * 1000) for number in range(7)]
    wanted = list(reversed(made))
    found = [one for page in (1, 2, 3) for one in await listed(world, f"{DAYS}&limit=3&page={page}")]
    assert found == wanted
    assert await listed(world, f"{DAYS}&limit=3&page=4") == []
    meta = (await world.get(f"/calls?{DAYS}&limit=9999&page=0")).json()["meta"]
    assert meta == {"page": 1, "limit": 500, "total_pages": 1, "total_calls": 7}
    assert await listed(world, f"{DAYS}&search={new_id()}") == []


async def test_a_voicemail(world: World) -> None:
    """voicory.md 9: voicemail only is missed."""
    await add(
        world,
        status=CallStatus.NO_ANSWER,
        segments=[NewSegment(SegmentType.VOICEMAIL, START)],
    )
    [row] = (await world.get(f"/calls?{DAYS}")).json()["calls"]
    assert (row["status"], row["journey"][0]["type"]) == ("missed", "voicemail")


async def test_the_reports_bucket(world: World) -> None:
    """Section 3: 30 a minute."""
    for _ in range(30):
        response = await world.get("/calls")
        assert response.status_code == 200
    assert response.headers["x-ratelimit-limit"] == "30"
    response = await world.get("/calls")
    assert (response.status_code, response.json()["error"]["code"]) == (429, "rate_limited")
