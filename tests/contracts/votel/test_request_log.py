"""The log of API requests (in the style of contracts/votel.md 11.1; issue 4, section 2)."""

from __future__ import annotations

import csv
import io

from antiphon.core.clock import DAY, to_iso
from antiphon.domain.accounts.records import Role
from antiphon.domain.accounts.request_log import RequestEntry, store_entries
from votel_world import World, add_key, add_user, fault

PATHS = ("/api/v1/calls", "/api/v1/calls/x", "/v1/contacts", "/api/leads", "/api/leads%2F")


async def fill(world: World) -> None:
    entries = [
        RequestEntry(
            tenant.account.id,
            tenant.key_id if number % 2 else None,
            ("voicory", "voicory", "vocatech", "votel", "votel")[number],
            "GET" if number else "POST",
            path,
            (200, 404, 429, 500, 204)[number],
            1500 + number,
            "203.0.113.9",
            world.clock.now() - number * DAY,
        )
        for tenant in (world.ours, world.theirs)
        for number, path in enumerate(PATHS)
    ]
    await world.services.database.write(store_entries, entries)


async def test_what_was_just_answered_is_there(world: World) -> None:
    """The log is written in batches; whoever looks does not wait for the next one."""
    entry = RequestEntry(
        world.ours.account.id, None, "votel", "GET", "/api/me", 200, 1500, "203.0.113.9", world.clock.now()
    )
    world.services.request_log.add(entry)
    assert [row["path"] for row in (await world.get("/request-log")).json()["request_log"]] == ["/api/me"]


async def test_filters_and_rows(world: World) -> None:
    """Latest first, own rows only, every filter, exact totals."""
    await fill(world)
    everything = (await world.get("/request-log")).json()
    assert everything["total"] == 5
    assert [row["path"] for row in everything["request_log"]] == list(PATHS)
    first, second = everything["request_log"][:2]
    assert (first["key_id"], first["key_name"], first["duration_ms"]) == (None, None, 1.5)
    assert (second["key_id"], second["key_name"]) == (world.ours.key_id, "tests")
    assert second["at"] == to_iso(world.clock.now() - DAY)
    for query, paths in (
        (f"key_id={world.ours.key_id}", [PATHS[1], PATHS[3]]),
        (f"key_id={world.theirs.key_id}", []),
        ("contract=voicory", list(PATHS[:2])),
        ("method=POST", [PATHS[0]]),
        ("status=2xx", [PATHS[0], PATHS[4]]),
        ("status=4xx", [PATHS[1], PATHS[2]]),
        ("path=/api/leads%25", [PATHS[4]]),
        ("path=/api/v1/", list(PATHS[:2])),
        ("path=_", []),
        (f"from={to_iso(world.clock.now() - DAY)}", list(PATHS[:2])),
        (f"to={to_iso(world.clock.now() - 3 * DAY)}", list(PATHS[3:])),
        ("limit=2&page=2", list(PATHS[2:4])),
    ):
        found = (await world.get(f"/request-log?{query}")).json()
        assert [row["path"] for row in found["request_log"]] == paths, query
    for query in ("status=404", "contract=x", "method=get", "key_id=x", "from=x", "format=xml"):
        assert fault(await world.get(f"/request-log?{query}"))["field"] == query.partition("=")[0]


async def test_csv(world: World) -> None:
    """votel.md 17: every format=csv is an export."""
    await fill(world)
    answer = await world.get("/request-log?format=csv&status=2xx")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row["path"] for row in rows] == [PATHS[0], PATHS[4]]
    _, blind = await add_key(world, scopes=["settings:read"])
    refused = await world.get("/request-log?format=csv", headers={"X-API-Key": blind})
    assert (refused.status_code, refused.json()["detail"]) == (403, "Insufficient permissions: data:read")
    member = await add_user(world, Role.MEMBER, "member@example.com")
    _, key = await add_key(world, user_id=member)
    assert (await world.get("/request-log", headers={"X-API-Key": key})).status_code == 403
