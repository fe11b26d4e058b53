"""Lists of messages and of calls agree with a plain scan of random rows (docs/decisions/0025)."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from antiphon.core.clock import DAY
from antiphon.core.db.database import Database
from antiphon.core.db.transaction import WriteTx
from antiphon.domain.accounts.commands import create_account
from antiphon.domain.calls.activity import CallLogFilters, list_call_log
from antiphon.domain.calls.queries import list_feed
from antiphon.domain.calls.records import CallFilters
from antiphon.domain.calls.tables import calls
from antiphon.domain.contacts.commands import create_contact
from antiphon.domain.conversations.queries import list_messages
from antiphon.domain.conversations.records import WRITTEN, Channel, Direction, MessageFilters, MessageStatus
from antiphon.domain.conversations.rows import ensure_conversation
from antiphon.domain.conversations.tables import message_search, messages
from text_counts import count_account

TODAY = 19_000
EDGES = [(TODAY + day) * DAY + shift for day in range(-6, 7) for shift in (0, -1, 1, 5_000_000)]
NUMBERS = ("+15550100143", "+15550100144")
COMPANY = "+15550100100"


def _time(chance: random.Random) -> int:
    return (TODAY + chance.randrange(-6, 6)) * DAY + chance.choice((0, DAY - 1, chance.randrange(DAY)))


def _page(
    rows: list[dict[str, Any]], passes: Callable[[dict[str, Any]], bool], time: str, limit: int, offset: int
) -> tuple[list[str], int]:
    found = sorted(filter(passes, rows), key=lambda row: (row[time], row["id"]), reverse=True)
    return [row["id"] for row in found[offset : offset + limit]], len(found)


def _within(value: int, since: int | None, until: int | None) -> bool:
    return (since is None or value >= since) and (until is None or value <= until)


@pytest.mark.parametrize("is_counted", [False, True])
@pytest.mark.usefixtures("small_windows", "small_blocks")
async def test_messages(database: Database, is_counted: bool) -> None:
    """contracts/vocatech.md 5.2, voicory.md 8.3, votel.md 6: any mix of filters, the total exact."""
    chance = random.Random(5)
    rows: list[dict[str, Any]] = []

    def make(tx: WriteTx) -> str:
        account_id = create_account(tx, name="Mixed").id
        contact = create_contact(tx, account_id, first_name="Ann")
        thread = ensure_conversation(tx, account_id, contact.id)
        tx.jobs.clear()
        for number in range(300):
            deleted = chance.random() < 0.2
            remote = chance.choice(NUMBERS)
            channel = chance.choice(("sms", "sms", "whatsapp", "email", "note"))
            rows.append(
                {
                    "id": f"id-{account_id[-8:]}-{number:04}",
                    "account_id": account_id,
                    "conversation_id": thread.id,
                    "contact_id": contact.id,
                    "channel": channel,
                    "kind": "sms",
                    "direction": "internal" if channel == "note" else chance.choice(("inbound", "outbound")),
                    "status": chance.choice(
                        ("scheduled", "canceled", "sent", "delivered", "delivered", "failed")
                    ),
                    "carrier": "simulator",
                    "from_address": remote,
                    "to_address": COMPANY,
                    "remote_address": remote,
                    "body": "",
                    "message_type": "text",
                    "is_from_bot": False,
                    "created_at": _time(chance),
                    "deleted_at": 5 if deleted else None,
                    "erased_at": 5 if deleted and chance.random() < 0.5 else None,
                    "search_text": chance.choice(("ann\tcommon words", "ann\tother words")),
                }
            )
        tx.execute(messages.insert(), rows)
        return account_id

    account_id = await database.write(make)
    if is_counted:
        await count_account(database, message_search, account_id)
    for _ in range(150):
        is_log = chance.random() < 0.3
        filters = MessageFilters(
            channels=chance.choice(((Channel.SMS,), (Channel.SMS, Channel.NOTE), WRITTEN)),
            direction=chance.choice((None, None, *Direction)),
            status=chance.choice(
                (None, None, None, MessageStatus.DELIVERED, MessageStatus.FAILED, MessageStatus.SCHEDULED)
            ),
            since=chance.choice((None, *chance.sample(EDGES, 2))),
            until=chance.choice((None, *chance.sample(EDGES, 2))),
            search=chance.choice((None, "common", "words", "er", "o")),
            is_log=is_log,
        )
        if filters == replace(MessageFilters(filters.channels), is_log=is_log):
            continue  # the total of no filter is the account's counter, which these rows did not move

        def passes(row: dict[str, Any], f: MessageFilters = filters) -> bool:
            is_shown = row["deleted_at"] is None and row["status"] not in ("scheduled", "canceled")
            if f.is_log:
                is_shown = row["deleted_at"] is None or row["erased_at"] is not None
                # Erased ones have no words.
                is_shown = is_shown and (f.search is None or row["deleted_at"] is None)
            return (
                is_shown
                and row["channel"] in f.channels
                and f.direction in (None, row["direction"])
                and f.status in (None, row["status"])
                and _within(row["created_at"], f.since, f.until)
                and (f.search or "") in row["search_text"]
            )

        limit, offset = chance.choice((2, 50)), chance.choice((0, 0, 3, 40))
        page = await database.read(list_messages, account_id, filters, limit, offset)
        found = [item.id for item in page.items], page.total
        assert found == _page(rows, passes, "created_at", limit, offset), filters


@pytest.mark.usefixtures("small_windows")
async def test_calls(database: Database) -> None:
    """contracts/voicory.md 8.1, votel.md 6: as above; tests only where they are asked for."""
    chance = random.Random(6)
    rows: list[dict[str, Any]] = []

    def make(tx: WriteTx) -> str:
        account_id = create_account(tx, name="Mixed").id
        tx.jobs.clear()
        for number in range(300):
            at = _time(chance)
            rows.append(
                {
                    "id": f"id-{account_id[-8:]}-{number:04}",
                    "account_id": account_id,
                    "carrier": "simulator",
                    "direction": chance.choice(("inbound", "outbound", "internal")),
                    "status": chance.choice(("completed", "completed", "busy")),
                    "remote_number": chance.choice(NUMBERS),
                    "assistant_id": chance.choice((None, "assistant")),
                    "started_at": at,
                    "ended_at": chance.choice((at, at, at, None)),
                    "duration_seconds": 1,
                    "cost_micros": 0,
                    "stt_seconds": 0.0,
                    "tts_characters": 0,
                    "metadata": "{}",
                    "is_test": chance.random() < 0.1,
                    "search_text": chance.choice(("\tcommon words", "\tother words")),
                    "created_at": at,
                    "deleted_at": 5 if chance.random() < 0.1 else None,
                }
            )
        tx.execute(calls.insert(), rows)
        return account_id

    account_id = await database.write(make)
    for _ in range(150):
        direction, status = (
            chance.choice((None, "inbound", "outbound")),
            chance.choice((None, "completed", "busy")),
        )
        assistant_id = chance.choice((None, None, "assistant"))
        since, until = (chance.choice((None, *chance.sample(EDGES, 2))) for _ in range(2))
        number = chance.choice((None, None, *NUMBERS))
        query = chance.choice((None, None, "common", "words", "er"))
        with_tests, with_internal = chance.random() < 0.3, chance.random() < 0.3

        def passes(
            row: dict[str, Any],
            wanted: tuple[Any, ...] = (direction, status, assistant_id),
            span: tuple[int | None, int | None] = (since, until),
            query: str | None = query,
        ) -> bool:
            given = row["direction"], row["status"], row["assistant_id"]
            return (
                row["ended_at"] is not None
                and row["deleted_at"] is None
                and all(one in (None, value) for one, value in zip(wanted, given, strict=True))
                and _within(row["started_at"], *span)
                and (query or "") in row["search_text"]
            )

        limit, offset = chance.choice((2, 50)), chance.choice((0, 0, 3, 40))
        log = await database.read(
            list_call_log,
            account_id,
            CallLogFilters(
                direction=direction,
                status=status,
                agent_id=assistant_id,
                include_tests=with_tests,
                since=since,
                until=until,
                search=query,
            ),
            limit,
            offset,
        )
        logged = [row for row in rows if with_tests or not row["is_test"]]
        found = [item.id for item in log.items], log.total
        assert found == _page(logged, passes, "started_at", limit, offset)
        filters = CallFilters(
            direction=direction,
            status=status,
            assistant_id=assistant_id,
            remote_number=number,
            since=since,
            until=until,
            with_internal=with_internal,
            search=query,
        )
        if filters == CallFilters():
            continue
        feed = await database.read(list_feed, account_id, filters, limit, offset)
        listed = [
            row
            for row in rows
            if not row["is_test"]
            and (with_internal or row["direction"] != "internal")
            and number in (None, row["remote_number"])
        ]
        found = [row.id for row in feed.rows], feed.total
        assert found == _page(listed, passes, "started_at", limit, offset), filters
