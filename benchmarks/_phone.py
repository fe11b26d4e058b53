"""Accounts with many calls, made row by row without their commands."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from antiphon.core.clock import DAY, SECOND
from antiphon.core.db.transaction import WriteTx
from antiphon.core.ids import new_id
from antiphon.domain.accounts.commands import add_to_counter, create_account, create_user
from antiphon.domain.accounts.keys import create_key
from antiphon.domain.accounts.records import KeyKind, Plan, Role
from antiphon.domain.calls.queries import COUNTER
from antiphon.domain.calls.records import decode_turns
from antiphon.domain.calls.search import search_text
from antiphon.domain.calls.tables import call_segments, calls
from antiphon.domain.contacts.commands import create_contact

STATUSES = ("completed",) * 7 + ("no_answer",) * 2 + ("busy",)
SPAN_DAYS = 730
BATCH = 5000
CONTACTS = 500
COMPANY = "+15550100100"
NAMES = ("harbor", "summit", "valley", "river", "meadow", "canyon", "forest", "garden", "bridge", "market")
TRANSCRIPT = msgspec.json.encode(
    [
        {"speaker": speaker, "text": text, "start_ms": at, "end_ms": at + 900, "confidence": 0.9}
        for at, (speaker, text) in enumerate(
            [
                ("agent", "Good morning, thank you for calling, how can I help you today?"),
                ("caller", "I would like to move my visit from Thursday to Friday morning."),
                ("agent", "Of course. Friday at nine or at half past ten?"),
                ("caller", "Half past ten is fine, and please send me the price list."),
                ("agent", "It is moved, and the price list is on its way."),
                ("caller", "Wonderful, thank you very much."),
            ]
        )
    ]
).decode()
TURNS = decode_turns(TRANSCRIPT)


def make_account(tx: WriteTx, name: str, count: int, keys: int = 0) -> tuple[str, list[str]]:
    """An account with `count` ended calls over two years; its id and as many `sk_` keys as asked for."""
    account = create_account(tx, name=name, plan=Plan.PRO)
    email = f"owner-{new_id()}@example.org"
    user = create_user(tx, account.id, email=email, name="Owner", role=Role.OWNER, password_hash=None)
    made = [create_key(tx, account.id, user, kind=KeyKind.SECRET, name="bench").key for _ in range(keys)]
    contacts = [
        create_contact(
            tx,
            account.id,
            source="phone",
            first_name=f"{NAMES[number % 10]} {number}",
            phones=(_number(number),),
        ).id
        for number in range(min(CONTACTS, count))
    ]
    for rows in _batches(account.id, contacts, count, tx.now):
        tx.execute(calls.insert(), rows)
        tx.execute(call_segments.insert(), [segment for row in rows for segment in segments(row)])
    add_to_counter(tx, account.id, COUNTER, count)
    return account.id, made


def _number(contact: int) -> str:
    return f"+1555{2_000_000 + contact}"


def _batches(
    account_id: str, contacts: Sequence[str], count: int, now: int
) -> Iterator[list[dict[str, Any]]]:
    chance = random.Random(count)
    step = SPAN_DAYS * DAY // max(count, 1)
    for start in range(0, count, BATCH):
        yield [
            call_row(account_id, contacts, now - SPAN_DAYS * DAY + number * step, chance)
            for number in range(start, min(start + BATCH, count))
        ]


def call_row(account_id: str, contacts: Sequence[str], at: int, chance: random.Random) -> dict[str, Any]:
    """A call that has ended, with one of the contacts."""
    inbound = chance.random() < 0.7
    status = chance.choice(STATUSES)
    contact = chance.randrange(len(contacts))
    remote = _number(contact)
    seconds = chance.randrange(20, 400)
    completed = status == "completed"
    summary = "Moves the Thursday visit to Friday morning; asks for the price list."
    return {
        "id": new_id(),
        "account_id": account_id,
        "carrier": "twilio",
        "call_sid": f"CA{new_id()}",
        "direction": "inbound" if inbound else "outbound",
        "status": status,
        "from_number": remote if inbound else COMPANY,
        "to_number": COMPANY if inbound else remote,
        "remote_number": remote,
        "group_number": COMPANY,
        "contact_id": contacts[contact],
        "extension": "204",
        "extension_name": "Parts desk",
        "started_at": at,
        "answered_at": at if completed else None,
        "ended_at": at + seconds * SECOND,
        "duration_seconds": seconds if completed else 0,
        "cost_micros": seconds * 200,
        "stt_seconds": float(seconds),
        "tts_characters": 400,
        "recording_key": "calls/bench" if completed else None,
        "transcript": TRANSCRIPT if completed else None,
        "summary": summary if completed else None,
        "sentiment_label": "positive" if completed else None,
        "sentiment_score": 0.4 if completed else None,
        "analyzed_at": at + seconds * SECOND,
        "metadata": "{}",
        "is_test": False,
        "search_text": search_text(
            f"{NAMES[contact % 10]} {contact}",
            "Parts desk",
            extensions=("204",),
            numbers=(remote, COMPANY),
            turns=TURNS if completed else (),
        ),
        "created_at": at,
    }


def segments(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What an ended call went through: a menu, then an extension."""
    answered = row["started_at"] + 18 * SECOND
    for position, (kind, begin, end) in enumerate(
        (("auto_attendant", row["started_at"], answered), ("extension", answered, row["ended_at"]))
    ):
        spoken = position == 1 and row["summary"] is not None
        yield {
            "call_id": row["id"],
            "position": position,
            "account_id": row["account_id"],
            "type": kind,
            "extension": "204" if position else None,
            "extension_name": "Parts desk" if position else None,
            "started_at": begin,
            "ended_at": end,
            "summary": row["summary"] if spoken else None,
            "transcription": row["summary"] if spoken else None,
            "sentiment_label": "positive" if spoken else None,
            "sentiment_score": 0.4 if spoken else None,
        }
