"""A contact's timeline over calls, messages, voicegrams, notes and changes (contracts/votel.md 3.2).

What has a row of its own is read from there, so that it is told as it is now and gone once it is erased.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, func, literal, select, union_all

from antiphon.core.db.transaction import AnyRow, ReadTx
from antiphon.domain.accounts.tables import memberships, users
from antiphon.domain.calls.tables import calls
from antiphon.domain.contacts.activities import COLUMNS, ActivityType
from antiphon.domain.contacts.records import Contact
from antiphon.domain.contacts.tables import activities
from antiphon.domain.conversations.tables import messages
from antiphon.domain.voicegrams.tables import voicegrams

MAX_CONTENT = 2000

k, m, v, a = calls.c, messages.c, voicegrams.c, activities.c


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `ref` is the kind and id of what it tells of, `at` in milliseconds."""

    id: str
    type: ActivityType
    subtype: str
    summary: str
    content: str
    actor_kind: str
    actor_id: str | None
    actor_name: str | None
    ref: tuple[str, str] | None
    at: int


@dataclass(frozen=True, slots=True)
class Timeline:
    items: list[Line]
    total: int


@dataclass(frozen=True, slots=True)
class _Source:
    """A table that lines come from, with the conditions of what counts."""

    kind: str
    id: ColumnElement[Any]
    at: ColumnElement[Any]
    conditions: tuple[ColumnElement[bool], ...]


# Calls and voicegrams that also stand in their thread are told by their own rows.
_APART = ("call", "voicegram")
_CALLS = _Source(
    "call",
    k.id,
    k.started_at,
    (
        k.account_id == bindparam("account_id"),
        k.contact_id == bindparam("contact_id"),
        k.deleted_at.is_(None),
        k.ended_at.is_not(None),
        k.is_test.is_(False),
    ),
)
_VOICEGRAMS = _Source(
    "voicegram",
    v.id,
    v.created_at,
    (
        v.account_id == bindparam("account_id"),
        v.contact_id == bindparam("contact_id"),
        v.deleted_at.is_(None),
    ),
)


def _messages(condition: ColumnElement[bool]) -> _Source:
    own = (
        m.account_id == bindparam("account_id"),
        m.contact_id == bindparam("contact_id"),
        m.deleted_at.is_(None),
        m.status.not_in(("scheduled", "canceled")),
    )
    return _Source("message", m.id, m.created_at, (*own, condition))


def _activities(*conditions: ColumnElement[bool]) -> _Source:
    own = (
        a.account_id == bindparam("account_id"),
        a.contact_id == bindparam("contact_id"),
        a.deleted_at.is_(None),
    )
    return _Source("activity", a.id, a.at, (*own, *conditions))


_SOURCES: dict[ActivityType | None, tuple[_Source, ...]] = {
    None: (_CALLS, _VOICEGRAMS, _messages(m.channel.not_in(_APART)), _activities()),
    ActivityType.CALL: (_CALLS, _VOICEGRAMS, _activities(a.type == "call")),
    ActivityType.SMS: (
        _messages(m.channel.in_(("sms", "whatsapp", "webchat"))),
        _activities(a.type == "sms"),
    ),
    ActivityType.EMAIL: (_messages(m.channel == "email"), _activities(a.type == "email")),
    ActivityType.NOTE: (_messages(m.channel == "note"), _activities(a.type == "note")),
    ActivityType.SYSTEM: (_activities(a.type == "system"),),
}


@cache
def _statements(activity_type: ActivityType | None) -> tuple[Select[Any], list[Select[Any]]]:
    """The page over all sources, newest first, and the count of each."""
    parts = []
    for source in _SOURCES[activity_type]:
        newest = (
            select(literal(source.kind).label("kind"), source.id.label("id"), source.at.label("at"))
            .where(*source.conditions)
            .order_by(source.at.desc(), source.id.desc())
            .limit(bindparam("reach"))
            .subquery()
        )
        parts.append(select(newest.c.kind, newest.c.id, newest.c.at))
    every = union_all(*parts).subquery()
    page = (
        select(every.c.kind, every.c.id)
        .order_by(every.c.at.desc(), every.c.id.desc())
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
    )
    counts = [
        select(func.count()).select_from(source.id.table).where(*source.conditions)
        for source in _SOURCES[activity_type]
    ]
    return page, counts


_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_ROWS: dict[str, Select[Any]] = {
    "call": select(
        k.id,
        k.direction,
        k.status,
        k.ended_reason,
        k.duration_seconds,
        k.summary,
        k.user_id,
        k.assistant_id,
        k.started_at.label("at"),
    ).where(k.account_id == bindparam("account_id"), k.id.in_(_IDS)),
    "voicegram": select(v.id, v.duration_ms, v.transcript_text, v.summary, v.created_at.label("at")).where(
        v.account_id == bindparam("account_id"), v.id.in_(_IDS)
    ),
    "message": select(
        m.id,
        m.channel,
        m.kind,
        m.direction,
        m.status,
        m.body,
        m.is_from_bot,
        m.author_user_id,
        m.created_at.label("at"),
    ).where(m.account_id == bindparam("account_id"), m.id.in_(_IDS)),
    "activity": select(*COLUMNS).where(a.account_id == bindparam("account_id"), a.id.in_(_IDS)),
}
_NAMES = (
    select(users.c.id, users.c.name)
    .join(memberships, memberships.c.user_id == users.c.id)
    .where(
        memberships.c.account_id == bindparam("account_id"),
        users.c.id.in_(bindparam("ids", expanding=True)),
    )
)


def list_timeline(
    tx: ReadTx,
    account_id: str,
    contact: Contact,
    activity_type: ActivityType | None,
    *,
    limit: int,
    offset: int,
) -> Timeline:
    """One page, newest first, with the exact total."""
    page, counts = _statements(activity_type)
    parameters = {"account_id": account_id, "contact_id": contact.id}
    total = sum(int(tx.scalar(count, parameters)) for count in counts)
    if offset >= total:
        return Timeline([], total)
    found = tx.all(page, {**parameters, "limit": limit, "offset": offset, "reach": limit + offset})
    rows: dict[tuple[str, str], AnyRow] = {}
    for kind, statement in _ROWS.items():
        ids = [row.id for row in found if row.kind == kind]
        if ids:
            for row in tx.all(statement, {"account_id": account_id, "ids": ids}):
                rows[kind, row.id] = row
    names = _names(tx, account_id, list(rows.values()))
    lines = [
        _TELL[row.kind](rows[row.kind, row.id], contact, names) for row in found if (row.kind, row.id) in rows
    ]
    return Timeline(lines, total)


def _names(tx: ReadTx, account_id: str, rows: Sequence[AnyRow]) -> dict[str, str]:
    ids = {getattr(row, "user_id", None) or getattr(row, "author_user_id", None) for row in rows}
    ids.discard(None)
    if not ids:
        return {}
    return {row.id: row.name for row in tx.all(_NAMES, {"account_id": account_id, "ids": list(ids)})}


Names = dict[str, str]
Actor = tuple[str, str | None, str | None]


def _call(row: AnyRow, contact: Contact, names: Names) -> Line:
    inbound = row.direction == "inbound"
    way = "Incoming" if inbound else "Outgoing"
    outcome = f"{row.duration_seconds // 60}:{row.duration_seconds % 60:02d}"
    if row.ended_reason == "voicemail":
        outcome = "voicemail"
    elif row.status != "completed":
        outcome = row.status.replace("_", " ")
    actor: Actor = ("lead", contact.id, contact.name)
    if not inbound:
        actor = _ours(row.user_id, row.assistant_id, names)
    subtype = "voicemail" if row.ended_reason == "voicemail" else "call"
    return Line(
        row.id,
        ActivityType.CALL,
        subtype,
        f"{way} call, {outcome}",
        row.summary or "",
        *actor,
        ("call", row.id),
        row.at,
    )


def _voicegram(row: AnyRow, contact: Contact, names: Names) -> Line:
    told = msgspec.json.decode(row.summary).get("text") if row.summary else None
    return Line(
        row.id,
        ActivityType.CALL,
        "voicegram",
        str(told or "Voicegram"),
        row.transcript_text,
        "lead",
        contact.id,
        contact.name,
        ("voicegram", row.id),
        row.at,
    )


_CHANNEL_NAMES = {"sms": "SMS", "mms": "MMS", "whatsapp": "WhatsApp", "email": "Email", "webchat": "Chat"}


def _message(row: AnyRow, contact: Contact, names: Names) -> Line:
    inbound = row.direction == "inbound"
    type_ = {"email": ActivityType.EMAIL, "note": ActivityType.NOTE}.get(row.channel, ActivityType.SMS)
    actor: Actor = ("lead", contact.id, contact.name)
    if not inbound:
        actor = _ours(row.author_user_id, "agent" if row.is_from_bot else None, names)
    name = _CHANNEL_NAMES.get(row.kind) or _CHANNEL_NAMES.get(row.channel, "Message")
    summary = f"{name} {'received' if inbound else row.status}"
    if type_ is ActivityType.NOTE:
        summary = "Note in the conversation"
    return Line(
        row.id, type_, row.channel, summary, row.body[:MAX_CONTENT], *actor, ("message", row.id), row.at
    )


def _activity(row: AnyRow, contact: Contact, names: Names) -> Line:
    return Line(
        row.id,
        ActivityType(row.type),
        row.subtype,
        row.summary,
        row.content,
        row.actor_kind,
        row.actor_id,
        row.actor_name or None,
        ("note", row.id) if row.type == "note" else None,
        row.at,
    )


def _ours(user_id: str | None, agent_id: str | None, names: Names) -> Actor:
    if user_id is not None:
        return "user", user_id, names.get(user_id)
    return ("agent", None, None) if agent_id else ("system", None, None)


_TELL: dict[str, Callable[[AnyRow, Contact, Names], Line]] = {
    "call": _call,
    "voicegram": _voicegram,
    "message": _message,
    "activity": _activity,
}
