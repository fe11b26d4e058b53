"""Changing the row of a call, and the counters that move with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import and_, bindparam, select, update

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import NotFoundError
from antiphon.domain.accounts.commands import add_to_counter
from antiphon.domain.accounts.tables import memberships, users
from antiphon.domain.calls.queries import COUNTER, find_call, get_call
from antiphon.domain.calls.records import Call, CallStatus
from antiphon.domain.calls.search import search_text
from antiphon.domain.calls.tables import calls
from antiphon.domain.contacts.commands import touch_contact

OWN = and_(
    calls.c.account_id == bindparam("p_account"),
    calls.c.id == bindparam("p_id"),
    calls.c.deleted_at.is_(None),
)
_SEARCHED = frozenset(
    ("contact_id", "extension", "extension_name", "from_number", "to_number", "remote_number", "transcript")
)
# Columns that are read as they were written.
_PLAIN = frozenset(
    ("status", "started_at", "answered_at", "ended_at", "ended_reason", "duration_seconds", "user_id")
)
_UPDATE = Prepared(update(calls).where(OWN))
_STORE_SEARCH = Prepared(
    update(calls)
    .where(OWN, calls.c.search_text != bindparam("p_text"))
    .values(search_text=bindparam("p_text"))
)
_LOCK = (
    select(calls.c.id)
    .where(calls.c.account_id == bindparam("account_id"), calls.c.id == bindparam("call_id"))
    .with_for_update()
)
_LOCK_SID = (
    select(calls.c.id)
    .where(
        calls.c.account_id == bindparam("account_id"),
        calls.c.carrier == bindparam("carrier"),
        calls.c.call_sid == bindparam("call_sid"),
    )
    .with_for_update()
)
_COLLEAGUE = (
    select(memberships.c.extension, users.c.name)
    .join(users, users.c.id == memberships.c.user_id)
    .where(memberships.c.account_id == bindparam("account_id"))
    .where(memberships.c.user_id == bindparam("user_id"))
)


def lock_call(tx: WriteTx, account_id: str, call_id: str) -> Call:
    """The call, not changed by anybody else until the commit. Raises NotFoundError."""
    tx.lock(_LOCK, {"account_id": account_id, "call_id": call_id})
    return get_call(tx, account_id, call_id)


def lock_call_of_carrier(tx: WriteTx, account_id: str, carrier: str, call_sid: str) -> Call | None:
    """As `lock_call`, by the carrier's own id; None when there is none, or it was deleted."""
    tx.lock(_LOCK_SID, {"account_id": account_id, "carrier": carrier, "call_sid": call_sid})
    return find_call(tx, account_id, carrier, call_sid)


def call_exists(tx: WriteTx, account_id: str, call_id: str) -> bool:
    try:
        get_call(tx, account_id, call_id)
    except NotFoundError:
        return False
    return True


def place_of(
    tx: WriteTx, account_id: str, user_id: str | None, extension: str | None, name: str | None
) -> tuple[str | None, str | None]:
    """Extension and its name; a user's own where none is given."""
    if user_id is None or (extension is not None and name is not None):
        return extension, name
    row = tx.first(_COLLEAGUE, {"account_id": account_id, "user_id": user_id})
    if row is None:
        return extension, name
    return extension or row.extension, name or row.name


def save_call(tx: WriteTx, call: Call, changes: dict[str, Any]) -> Call:
    """Store changed fields and move the counters with them."""
    if not changes:
        return call
    values = {key: value.value if isinstance(value, CallStatus) else value for key, value in changes.items()}
    tx.run(_UPDATE, {**values, "p_account": call.account_id, "p_id": call.id})
    is_known = changes.keys() <= _PLAIN
    after = replace(call, **changes) if is_known else get_call(tx, call.account_id, call.id)
    recount(tx, call, after)
    if not _SEARCHED.isdisjoint(changes):
        refresh_search(tx, after)
    return after


def refresh_search(tx: WriteTx, call: Call) -> None:
    """Make the call findable by what it says now; due when a part of it or a segment's extension changes."""
    text = search_text(
        call.remote_name,
        call.extension_name,
        extensions=(call.extension, *(segment.extension for segment in call.segments)),
        numbers=(call.from_number, call.to_number, call.remote_number),
        turns=call.turns,
    )
    tx.run(_STORE_SEARCH, {"p_account": call.account_id, "p_id": call.id, "p_text": text})


def recount(tx: WriteTx, before: Call | None, after: Call | None) -> None:
    """Move the counters of the account and of the contact; those of days follow by themselves."""
    amount = int(after is not None and after.counts) - int(before is not None and before.counts)
    call = after or before
    if amount and call is not None:
        add_to_counter(tx, call.account_id, COUNTER, amount)
        if call.contact_id is not None and call.ended_at is not None:
            touch_contact(tx, call.account_id, call.contact_id, amount, call.ended_at)
