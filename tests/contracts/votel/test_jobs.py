"""Jobs: seen, filtered, stopped, told (contracts/votel.md 0.7, 16)."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon.core.clock import SECOND
from antiphon.core.db.transaction import WriteTx
from antiphon.domain.accounts.records import Role
from antiphon.domain.accounts.user_jobs import advance_job, begin_job, finish_job
from streams import Stream
from votel_world import World, add_key, add_user, add_voicegram, audit_actions, fault

NOBODY = "0199d6a0-0000-7000-8000-00000000dead"


async def reprocess(world: World, key: str | None = None, steps: tuple[str, ...] = ("insight",)) -> Any:
    voicegram_id = await add_voicegram(world)
    answer = await world.post(
        f"/voicegrams/{voicegram_id}/reprocess",
        json={"steps": list(steps)},
        headers={"X-API-Key": key or world.ours.key},
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def member(world: World, name: str = "member") -> tuple[str, str]:
    """A member's user id and key."""
    user_id = await add_user(world, Role.MEMBER, f"{name}@example.com")
    return user_id, (await add_key(world, user_id=user_id))[1]


def finish(tx: WriteTx, world: World, job_id: str, error: str | None = None) -> None:
    account_id = world.ours.account.id
    assert begin_job(tx, account_id, job_id)
    for _ in range(2):
        advance_job(tx, account_id, job_id, 0, error)
    for _ in range(2):
        finish_job(tx, account_id, job_id, {"voicegram_id": "x"})


async def test_a_job_from_its_beginning_to_its_end(world: World) -> None:
    """votel.md 0.7: every key of a job; what is told twice counts once."""
    job = await reprocess(world, steps=("transcribe",))
    assert job == {
        "id": job["id"],
        "kind": "voicegram.reprocess",
        "status": "queued",
        "progress": {"done": 0, "total": 2, "errors": 0},
        "result": None,
        "error": None,
        "created_by_id": world.ours.user_id,
        "started_at": None,
        "finished_at": None,
    }
    account_id = world.ours.account.id
    write = world.services.database.write
    assert await write(begin_job, account_id, job["id"])
    await write(advance_job, account_id, job["id"], 1, "no engine")
    running = (await world.get(f"/jobs/{job['id']}")).json()
    assert (running["status"], running["progress"]) == ("running", {"done": 1, "total": 2, "errors": 1})
    assert (running["started_at"] is None, running["finished_at"]) == (False, None)
    world.clock.advance(SECOND)
    await write(finish, world, job["id"])
    ended = (await world.get(f"/jobs/{job['id']}")).json()
    assert (ended["status"], ended["error"]) == ("failed", "no engine")
    assert ended["progress"] == {"done": 2, "total": 2, "errors": 1}
    assert ended["finished_at"] > running["started_at"]


async def test_the_list_is_of_ones_own_and_of_all_for_admins(world: World) -> None:
    """votel.md 0.7: own jobs, admins see all; newest first, by kind and status."""
    user_id, key = await member(world)
    ours = await reprocess(world)
    world.clock.advance(SECOND)
    theirs = await reprocess(world, key)
    assert theirs["created_by_id"] == user_id
    assert (await world.get("/jobs")).json() == {"jobs": [theirs, ours], "total": 2}
    own = {"X-API-Key": key}
    assert (await world.get("/jobs", headers=own)).json() == {"jobs": [theirs], "total": 1}
    assert (await world.get(f"/jobs/{ours['id']}", headers=own)).status_code == 404
    assert (await world.post(f"/jobs/{ours['id']}/cancel", headers=own)).status_code == 404
    assert (await world.get(f"/jobs/{theirs['id']}")).json() == theirs
    await world.post(f"/jobs/{ours['id']}/cancel")
    for query, found in (
        ("status=queued", [theirs["id"]]),
        ("status=canceled", [ours["id"]]),
        ("kind=voicegram.reprocess", [theirs["id"], ours["id"]]),
        ("kind=import", []),
        ("limit=1&page=2", [ours["id"]]),
    ):
        page = (await world.get(f"/jobs?{query}")).json()
        assert [job["id"] for job in page["jobs"]] == found, query
    assert fault(await world.get("/jobs?status=done"))["field"] == "status"


async def test_cancel(world: World) -> None:
    """votel.md 0.6, 0.7: doing it again is 200; what has ended cannot be stopped."""
    _, key = await member(world)
    job = await reprocess(world, key)
    for _ in range(2):
        answer = await world.post(f"/jobs/{job['id']}/cancel", headers={"X-API-Key": key})
        assert (answer.status_code, answer.json()["status"]) == (200, "canceled")
    assert (await audit_actions(world)).count("job.canceled") == 1
    write = world.services.database.write
    assert not await write(begin_job, world.ours.account.id, job["id"])
    ended = await reprocess(world)
    await write(finish, world, ended["id"])
    assert fault(await world.post(f"/jobs/{ended['id']}/cancel"))["code"] == "invalid_state"
    assert (await world.post(f"/jobs/{NOBODY}/cancel")).status_code == 404


@pytest.mark.parametrize(("error", "word"), [(None, "completed"), ("no engine", "failed")])
async def test_the_end_is_told_to_whom_it_concerns(world: World, error: str | None, word: str) -> None:
    """votel.md 16: `job.completed`, `job.failed` with result or error, once; on streams as in the list."""
    _, key = await member(world)
    _, other = await member(world, "other")
    job = await reprocess(world, key)
    heads = [{"X-API-Key": text} for text in (world.ours.key, key, other)]
    streams = [Stream(world.front, head, {"types": "job.*,webhook.*,lead.*"}) for head in heads]
    for stream in streams:
        await stream.__aenter__()
        await stream.opening()
    await world.services.database.write(finish, world, job["id"], error)
    lead = (await world.post("/leads", json={"first_name": "Ada"})).json()
    for stream in streams[:2]:
        told = (await stream.next()).data
        shown = (await world.get(f"/jobs/{job['id']}")).json()
        assert (told["type"], told["data"]["job"]) == (f"job.{word}", shown)
        assert told["data"]["error"] == error
        assert told["data"]["result"] == {"voicegram_id": "x"}
    for stream in streams:
        assert (await stream.next()).data["data"]["lead"]["id"] == lead["id"]
        await stream.__aexit__(None, None, None)
