"""Reads of a person's own notices (contracts/votel.md 11.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, bindparam, func, select

from antiphon.core.db.transaction import AnyRow, ReadTx
from antiphon.domain.accounts.tables import users
from antiphon.domain.contacts.tables import contacts
from antiphon.domain.conversations.tables import conversations
from antiphon.domain.notifications.records import Notice, NoticePage, TargetKind
from antiphon.domain.notifications.tables import notifications
from antiphon.domain.voicegrams.tables import voicegrams
from antiphon.domain.webhooks.tables import subscriptions

n = notifications.c

_OWN = (n.account_id == bindparam("account_id"), n.user_id == bindparam("user_id"))
_UNREAD = (*_OWN, n.read_at.is_(None))
_ROWS = (
    select(
        n.id,
        n.type,
        n.target_kind,
        n.target_id,
        n.created_at,
        n.read_at,
        users.c.name.label("actor_name"),
    )
    .outerjoin(users, users.c.id == n.actor_id)
    .where(*_OWN)
    .order_by(n.created_at.desc(), n.id.desc())
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
_PAGES = {False: _ROWS, True: _ROWS.where(n.read_at.is_(None))}
_COUNT = select(func.count()).select_from(notifications).where(*_OWN)
_COUNT_UNREAD = select(func.count()).select_from(notifications).where(*_UNREAD)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_LABELS = {
    TargetKind.CONVERSATION: select(
        conversations.c.id, contacts.c.first_name, contacts.c.last_name, contacts.c.company
    )
    .join(
        contacts,
        (contacts.c.account_id == conversations.c.account_id) & (contacts.c.id == conversations.c.contact_id),
    )
    .where(
        conversations.c.account_id == bindparam("account_id"),
        conversations.c.id.in_(_IDS),
        conversations.c.deleted_at.is_(None),
        contacts.c.deleted_at.is_(None),
    ),
    TargetKind.VOICEGRAM: select(voicegrams.c.id, voicegrams.c.sender_email).where(
        voicegrams.c.account_id == bindparam("account_id"),
        voicegrams.c.id.in_(_IDS),
        voicegrams.c.deleted_at.is_(None),
    ),
    TargetKind.WEBHOOK: select(subscriptions.c.id, subscriptions.c.url).where(
        subscriptions.c.account_id == bindparam("account_id"),
        subscriptions.c.id.in_(_IDS),
    ),
}


def list_notices(
    tx: ReadTx, account_id: str, user_id: str, *, unread: bool = False, limit: int, offset: int
) -> NoticePage:
    """One page of the person's notices in the account, newest first; with `unread` those not read."""
    own = {"account_id": account_id, "user_id": user_id}
    rows = tx.all(_PAGES[unread], {**own, "limit": limit, "offset": offset})
    waiting = count_unread(tx, account_id, user_id)
    total = waiting if unread else int(tx.scalar(_COUNT, own))
    labels = _labels(tx, account_id, rows)
    return NoticePage(
        [
            Notice(
                row.id,
                row.type,
                TargetKind(row.target_kind),
                row.target_id,
                labels.get((row.target_kind, row.target_id), ""),
                row.actor_name,
                row.created_at,
                row.read_at,
            )
            for row in rows
        ],
        total,
        waiting,
    )


def count_unread(tx: ReadTx, account_id: str, user_id: str) -> int:
    return int(tx.scalar(_COUNT_UNREAD, {"account_id": account_id, "user_id": user_id}))


def _labels(tx: ReadTx, account_id: str, rows: Sequence[AnyRow]) -> dict[tuple[str, str], str]:
    found = {}
    for kind, statement in _LABELS.items():
        ids = list({row.target_id for row in rows if row.target_kind == kind.value})
        if not ids:
            continue
        for row_id, *words in tx.all(statement, {"account_id": account_id, "ids": ids}):
            found[kind.value, row_id] = _label(kind, words)
    return found


def _label(kind: TargetKind, words: Sequence[str]) -> str:
    if kind is not TargetKind.CONVERSATION:
        return words[0]
    first, last, company = words
    return " ".join(filter(None, (first, last))) or company
