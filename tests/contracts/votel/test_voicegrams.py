"""The inbox of the dashboard (contracts/votel.md 18)."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon.contracts.voicegram.events import VoicegramDialect
from antiphon.contracts.votel.schemas import VoicegramEvent
from antiphon.core.clock import DAY, MINUTE, to_iso
from antiphon.core.db.transaction import WriteTx
from antiphon.core.ids import new_id
from antiphon.domain.voicegrams.commands import delete_audio, finish_step
from antiphon.domain.voicegrams.queries import check_listen, list_recent
from antiphon.domain.voicegrams.records import Step
from inbox_world import inbox
from votel_world import ORIGIN, SUMMARY, WORDS, OpenWorld, World, add_voicegram, fault


async def test_detail(world: World) -> None:
    """votel.md 18: the event's data, status, steps, words, audio and deliveries; ids are plain uuids."""
    now = world.clock.now()
    voicegram_id = await add_voicegram(world)
    answer = await world.get(f"/voicegrams/{voicegram_id.upper()}")
    assert answer.status_code == 200
    body = answer.json()
    steps, audio, event_id = body.pop("steps"), body.pop("audio"), body.pop("event_id")
    assert body == {
        "id": voicegram_id,
        "status": "completed",
        "created_at": to_iso(now),
        "completed_at": to_iso(now),
        "duration_seconds": 31.4,
        "sender": {"verification_method": "email", "email": "visitor@example.org", "phone": None},
        "channel": {
            "type": "campaign",
            "id": world.ours.campaign.id,
            "name": "Autumn survey",
            "page_url": None,
        },
        "transcript": {
            "text": "please send the price list",
            "confidence": 0.9,
            "engine": None,
            "language": None,
            "words": WORDS,
        },
        "summary": SUMMARY,
        "dashboard_url": f"{ORIGIN}/dashboard/inbox/vg_{voicegram_id}",
        "tags": [],
        "notes": "",
        "is_read": False,
        "lead_id": None,
        "message_id": None,
        "deliveries": [],
    }
    assert event_id.startswith("evt_")
    assert [step["name"] for step in steps] == ["probe", "transcode", "transcribe", "insight", "complete"]
    assert steps[2] == {
        "name": "transcribe",
        "status": "completed",
        "engine": "pocketsphinx",
        "error": None,
        "started_at": None,
        "finished_at": to_iso(now),
    }
    assert audio["expires_at"] == to_iso(now + 15 * MINUTE)
    assert (audio["content_type"], audio["deleted_at"]) == ("audio/webm", None)


async def test_the_event_as_webhooks_get_it(world: World) -> None:
    """contracts/voicegram.md 5: with an address of the audio that works; none before the end."""
    world.services.dialects.add(VoicegramDialect(world.services.links))
    voicegram_id = await add_voicegram(world)
    event = (await world.get(f"/voicegrams/{voicegram_id}/event")).json()
    VoicegramEvent.model_validate(event)
    detail = (await world.get(f"/voicegrams/{voicegram_id}")).json()
    assert (event["event"], event["event_id"]) == ("voicegram.completed", detail["event_id"])
    assert event["data"]["id"] == f"vg_{voicegram_id}"
    assert event["data"]["transcript"] == {"text": "please send the price list", "confidence": 0.9}
    assert event["data"]["audio"]["url"].startswith(f"{ORIGIN}/api/voicegrams/{voicegram_id}/audio?sig=")
    waiting = await add_voicegram(world, completed=False)
    foreign = await add_voicegram(world, tenant=world.theirs)
    for other in (waiting, foreign):
        assert (await world.get(f"/voicegrams/{other}/event")).status_code == 404


async def test_processing(world: World) -> None:
    """votel.md 18: shown at once, without what is not known yet."""
    voicegram_id = await add_voicegram(world, completed=False)
    body = (await world.get(f"/voicegrams/{voicegram_id}")).json()
    assert (body["status"], body["completed_at"], body["summary"]) == ("processing", None, None)
    assert body["audio"] == {
        "url": None,
        "expires_at": None,
        "content_type": "audio/webm",
        "deleted_at": None,
    }
    assert (body["transcript"]["text"], body["transcript"]["words"]) == ("", [])


async def test_list_and_filters(world: World) -> None:
    """votel.md 0.6 and 18: every filter alone, exact totals, no words in a list."""
    base = world.clock.now()
    other = {**SUMMARY, "urgency": "low", "sentiment": "negative", "intent": "support"}
    other["callback_required"] = False
    first = await add_voicegram(world, sender="ada@example.org")
    world.clock.advance(MINUTE)
    second = await add_voicegram(
        world, channel=world.ours.domain, transcript="the Ünïted printer is broken 100%", summary=other
    )
    world.clock.advance(MINUTE)
    third = await add_voicegram(world, completed=False)
    world.clock.advance(MINUTE)

    def fail(tx: WriteTx) -> None:
        finish_step(tx, world.ours.account.id, third, Step.TRANSCRIBE, {}, note="no model", failed=True)

    await world.services.database.write(fail)
    await world.request("PATCH", f"/voicegrams/{second}", json={"tags": ["red", 'q"t'], "is_read": True})
    middle = to_iso(base + MINUTE)
    expected: dict[str, list[str]] = {
        "": [third, second, first],
        "status=completed": [second, first],
        "status=processing": [third],
        "status=failed_step": [third],
        f"recording_channel_id={world.ours.domain.id}": [second],
        f"recording_channel_id={world.theirs.domain.id}": [],
        f"lead_id={first}": [],
        "urgency=high": [first],
        "sentiment=negative": [second],
        "intent=support": [second],
        "callback_required=true": [first],
        "unread=true": [third, first],
        "unread=false": [second],
        "tag=red": [second],
        "tag=re": [],
        "tag=q%22t": [second],
        "search=UNITED": [second],
        "search=send+the+price": [first],
        "search=ada@example": [first],
        "search=100%25": [second],
        "search=%25": [second],
        "search=%00": [third, second, first],
        "search=' OR 1=1 --": [],
        f"from={middle}": [third, second],
        f"to={middle}": [second, first],
        f"from={middle}&to={middle}": [second],
        "from=2026-09-21&to=2026-09-21": [third, second, first],
        "to=2026-09-20": [],
        "from=2026-09-22": [],
        "from=2026-09-21T16:14:20+02:00": [third, second],
        "sort=completed_at&status=completed": [first, second],
        "sort=-completed_at&status=completed": [second, first],
        "limit=1&page=2": [second],
    }
    for query, ids in expected.items():
        page = (await world.get(f"/voicegrams?{query}")).json()
        assert [row["id"] for row in page["voicegrams"]] == ids, query
        assert page["total"] == (3 if "page" in query else len(ids)), query
    rows = (await world.get("/voicegrams")).json()["voicegrams"]
    assert all("words" not in row["transcript"] for row in rows)
    assert "steps" not in rows[0]


@pytest.mark.parametrize(
    "query",
    [
        "status=lost",
        "urgency=HIGH",
        "sentiment=x",
        "recording_channel_id=x",
        "lead_id=1",
        "sort=id",
        "callback_required=yes",
        "from=yesterday",
        "to=2026-13-01",
        "from=9999999999999",
        "sort=--created_at",
    ],
)
async def test_wrong_query_values(world: World, query: str) -> None:
    """votel.md 0.6: a wrong enum, uuid or time is 400 and names the parameter."""
    assert fault(await world.get(f"/voicegrams?{query}"))["field"] == query.partition("=")[0]


async def test_edit(world: World) -> None:
    """votel.md 18: tags, notes and the read mark; only the keys given."""
    path = f"/voicegrams/{await add_voicegram(world)}"
    change = {"tags": [" vip ", "vip", "new"], "notes": "call back", "is_read": True, "unknown": "x"}
    body = (await world.request("PATCH", path, json=change)).json()
    assert (body["tags"], body["notes"], body["is_read"]) == (["vip", "new"], "call back", True)
    body = (await world.request("PATCH", path, json={"is_read": False})).json()
    assert (body["tags"], body["notes"], body["is_read"]) == (["vip", "new"], "call back", False)
    for wrong, field in (
        ({"tags": "vip"}, "tags"),
        ({"tags": ["x" * 10_000]}, "tags"),
        ({"tags": ["x"] * 3 + [7]}, "tags.3"),
        ({"tags": [str(number) for number in range(51)]}, "tags"),
        ({"notes": "a\0"}, "notes"),
        ({"notes": "x" * 20_001}, "notes"),
        ({"is_read": "yes"}, "is_read"),
    ):
        assert fault(await world.request("PATCH", path, json=wrong))["field"] == field
    assert (await world.get(path)).json()["notes"] == "call back"


async def test_erase(world: World) -> None:
    """votel.md 18: 204, gone in every contract, links and audio too."""
    voicegram_id = await add_voicegram(world)
    path = f"/voicegrams/{voicegram_id}"
    audio = (await world.get(path)).json()["audio"]["url"].removeprefix(f"{ORIGIN}/api")
    link = (await world.post(f"{path}/links", json={"recipient": "Ada"})).json()
    answer = await world.request("DELETE", path)
    assert (answer.status_code, answer.content) == (204, b"")
    for method, gone in (
        ("GET", path),
        ("PATCH", path),
        ("DELETE", path),
        ("POST", f"{path}/reprocess"),
        ("GET", f"{path}/links"),
        ("POST", f"{path}/links"),
        ("DELETE", f"{path}/links/{link['id']}"),
        ("GET", audio),
    ):
        assert (await world.request(method, gone)).status_code == 404, gone
    assert (await world.get("/voicegrams")).json() == {"voicegrams": [], "total": 0}
    account_id = world.ours.account.id
    recent = await world.services.database.fetch(
        list_recent, account_id=account_id, limit=5, kind="key", reference=""
    )
    assert recent.voicegrams == []


async def test_reprocess(world: World) -> None:
    """votel.md 18: 201, impossible while processing or without audio."""
    path = f"/voicegrams/{await add_voicegram(world)}"
    answer = await world.post(f"{path}/reprocess", json={"steps": ["insight"]})
    assert answer.status_code == 201
    assert (await world.get(f"/jobs/{answer.json()['id']}")).json() == answer.json()
    for wrong in ({}, {"steps": []}, {"steps": ["probe"]}, {"steps": ["insight"], "engine": "other"}):
        fault(await world.post(f"{path}/reprocess", json=wrong))
    busy = await add_voicegram(world, completed=False)
    found = fault(await world.post(f"/voicegrams/{busy}/reprocess", json={"steps": ["transcribe"]}))
    assert found["code"] == "invalid_state"


# Audio


async def signed_url(world: World, voicegram_id: str) -> str:
    url: str = (await world.get(f"/voicegrams/{voicegram_id}")).json()["audio"]["url"]
    assert url.startswith(f"{ORIGIN}/api/voicegrams/{voicegram_id}/audio?sig=")
    return url


async def test_signed_audio(world: World) -> None:
    """votel.md 18: audio.url works for 15 minutes without a key, with a single range."""
    content = b"\x1a\x45\xdf\xa3" + bytes(range(200))
    voicegram_id = await add_voicegram(world, audio=content)
    url = await signed_url(world, voicegram_id)
    whole = await world.client.get(url)
    assert (whole.status_code, whole.content) == (200, content)
    assert whole.headers["Content-Type"] == "audio/webm"
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.headers["Content-Length"] == "204"
    assert whole.headers["Cache-Control"] == "private, no-store"
    ranges = {"bytes=0-3": (0, 4), "bytes=100-": (100, 204), "bytes=-4": (200, 204), "bytes=4-900": (4, 204)}
    for header, (start, end) in ranges.items():
        part = await world.client.get(url, headers={"Range": header})
        assert (part.status_code, part.content) == (206, content[start:end]), header
        assert part.headers["Content-Range"] == f"bytes {start}-{end - 1}/204"
    beyond = await world.client.get(url, headers={"Range": "bytes=204-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, "bytes */204")
    for ignored in ("bytes=5-2", "bytes=0-1,3-4", "lines=1-2", "bytes=x-"):
        assert (await world.client.get(url, headers={"Range": ignored})).status_code == 200
    head = await world.client.head(url)
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, "204", b"")
    world.clock.advance(15 * MINUTE - 1)
    assert (await world.client.get(url)).status_code == 200
    world.clock.advance(1)
    assert (await world.client.get(url)).status_code == 401


async def test_audio_without_a_signature(world: World) -> None:
    """votel.md 18: session or key do as well, of the same account."""
    voicegram_id = await add_voicegram(world)
    path = f"/voicegrams/{voicegram_id}/audio"
    assert (await world.get(path)).status_code == 200
    assert (await world.client.get(f"/api{path}")).status_code == 401
    assert (await world.get(path, tenant=world.theirs)).status_code == 404


async def test_signatures_open_one_recording(world: World) -> None:
    """votel.md 18: not another one, and no other signed token does."""
    one, two = await add_voicegram(world), await add_voicegram(world, world.theirs)
    url = await signed_url(world, one)
    sender = await world.sender_token(world.ours.campaign)
    for wrong in (url.replace(one, two), url[:-1], url + "x", f"{url.partition('=')[0]}={sender}"):
        assert (await world.client.get(wrong)).status_code == 401


async def test_audio_after_retention(world: World) -> None:
    """votel.md 18 and voicegram.md 2: the row stays, the audio is 404 and says since when."""
    voicegram_id = await add_voicegram(world)
    url = await signed_url(world, voicegram_id)
    await world.services.database.write(delete_audio, world.ours.account.id, voicegram_id)
    assert (await world.client.get(url)).json() == {"detail": "Recording not found"}
    audio = (await world.get(f"/voicegrams/{voicegram_id}")).json()["audio"]
    assert (audio["url"], audio["deleted_at"]) == (None, to_iso(world.clock.now()))


# Links


async def test_links(world: World) -> None:
    """votel.md 18 and voicegram.md 8: made with the url once, listed, revoked at once."""
    voicegram_id = await add_voicegram(world)
    path = f"/voicegrams/{voicegram_id}/links"
    made = await world.post(path, json={"recipient": "Ada Lovelace", "expires_in_days": 7})
    assert made.status_code == 201
    link = made.json()
    assert (link["recipient"], link["kind"], link["revoked_at"]) == ("Ada Lovelace", "manual", None)
    assert link["expires_at"] == to_iso(world.clock.now() + 7 * DAY)
    listed = (await world.get(path)).json()
    assert listed["total"] == len(listed["links"])
    [row] = [row for row in listed["links"] if row["id"] == link["id"]]
    assert row == {key: value for key, value in link.items() if key != "url"}
    token = world.services.links.read(voicegram_id, link["url"].partition("?t=")[2])
    assert token is not None
    target = await world.services.database.read(check_listen, voicegram_id, token)
    assert target.account_id == world.ours.account.id
    assert (await world.request("DELETE", f"{path}/{link['id']}")).status_code == 204
    with pytest.raises(Exception, match="does not work"):
        await world.services.database.read(check_listen, voicegram_id, token)
    [row] = [row for row in (await world.get(path)).json()["links"] if row["id"] == link["id"]]
    assert row["revoked_at"] == to_iso(world.clock.now())


async def test_link_validity_is_the_plans(world: World) -> None:
    """voicegram.md 2: 365 days on pro; votel.md 18: no longer than the plan's."""
    path = f"/voicegrams/{await add_voicegram(world)}/links"
    body: dict[str, Any] = {"recipient": "Ada"}
    assert (await world.post(path, json=body)).json()["expires_at"] == to_iso(world.clock.now() + 365 * DAY)
    for days in (0, -1, 366, 10**12):
        found = fault(await world.post(path, json={**body, "expires_in_days": days}))
        assert found["field"] == "expires_in_days", days
    for wrong in ({}, {"recipient": ""}, {"recipient": "x" * 10_000}, {"recipient": "a\0"}):
        assert fault(await world.post(path, json=wrong))["field"] == "recipient"
    assert fault(await world.post(path, json={**body, "expires_in_days": 1.5}))["field"] == "expires_in_days"


async def test_links_of_another_voicegram(world: World) -> None:
    """votel.md 0.4: 404."""
    one, two = await add_voicegram(world), await add_voicegram(world)
    link = (await world.post(f"/voicegrams/{one}/links", json={"recipient": "Ada"})).json()
    assert (await world.request("DELETE", f"/voicegrams/{two}/links/{link['id']}")).status_code == 404


async def test_lead_of_a_voicegram(open_world: OpenWorld) -> None:
    """votel.md 18: the sender's lead, its line in the thread, the filter; moved by hand with its line."""
    world = await inbox(open_world)
    voicegram_id = await add_voicegram(world, sender="ada@example.org")
    row = (await world.get(f"/voicegrams/{voicegram_id}")).json()
    assert row["message_id"] == voicegram_id
    lead = (await world.get(f"/leads/{row['lead_id']}/view")).json()["lead"]
    assert lead["email"] == "ada@example.org"
    assert (await world.get(f"/voicegrams?lead_id={lead['id']}")).json()["total"] == 1
    other = (await world.post("/leads", json={"first_name": "Grace"})).json()["id"]
    changed = await world.request("PATCH", f"/voicegrams/{voicegram_id}", json={"lead_id": other})
    assert changed.json()["lead_id"] == other
    assert (await world.get(f"/voicegrams?lead_id={lead['id']}")).json()["total"] == 0
    line = (await world.get(f"/messages/{voicegram_id}")).json()
    assert line["lead_id"] == other
    for value, code in (("x", "invalid"), (None, "invalid"), (new_id(), "invalid")):
        refused = await world.request("PATCH", f"/voicegrams/{voicegram_id}", json={"lead_id": value})
        assert (fault(refused)["field"], fault(refused)["code"]) == ("lead_id", code)
