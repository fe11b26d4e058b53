"""Reads of voicegrams and their listen links."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, bindparam, exists, func, select

from antiphon.core.db.prepared import Prepared, Query
from antiphon.core.db.search import needles_of
from antiphon.core.db.transaction import AnyRow, ReadTx
from antiphon.core.errors import NotFoundError
from antiphon.domain.accounts.tables import account_counters
from antiphon.domain.channels.tables import channels
from antiphon.domain.voicegrams.links import ListenToken
from antiphon.domain.voicegrams.records import (
    CompletedVoicegram,
    Link,
    ListenerKind,
    ListenTarget,
    Recent,
    StepResult,
    StepStatus,
    Voicegram,
    VoicegramFilters,
    VoicegramPage,
    VoicegramStatus,
)
from antiphon.domain.voicegrams.tables import listeners, voicegram_search, voicegram_steps, voicegrams

v = voicegrams.c

_COMPLETED = (
    v.id,
    v.account_id,
    v.event_id,
    v.created_at,
    v.completed_at,
    v.duration_ms,
    v.sender_email,
    v.channel_id,
    channels.c.kind,
    channels.c.name,
    v.page_url,
    v.transcript_text,
    v.transcript_confidence,
    v.summary,
    v.tags,
)
_ONE_COMPLETED = Prepared(
    select(*_COMPLETED)
    .join(channels, channels.c.id == v.channel_id)
    .where(v.account_id == bindparam("account_id"), v.id == bindparam("voicegram_id"))
    .where(v.completed_at.is_not(None), v.deleted_at.is_(None))
)

_FULL = (
    v.id,
    v.account_id,
    v.channel_id,
    channels.c.kind,
    channels.c.name,
    v.status,
    v.sender_email,
    v.page_url,
    v.created_at,
    v.completed_at,
    v.duration_ms,
    v.source_key,
    v.source_container,
    v.audio_key,
    v.audio_bytes,
    v.audio_deleted_at,
    v.transcript_text,
    v.transcript_confidence,
    v.transcript_engine,
    v.transcript_words,
    v.language,
    v.summary,
    v.insight_engine,
    v.urgency,
    v.sentiment,
    v.intent,
    v.callback_required,
    v.tags,
    v.notes,
    v.is_read,
    v.event_id,
    v.contact_id,
)
_DETAIL = select(*_FULL).join(channels, channels.c.id == v.channel_id).where(v.deleted_at.is_(None))
_ONE = Prepared(_DETAIL.where(v.account_id == bindparam("account_id"), v.id == bindparam("voicegram_id")))
_BY_CLIENT = Prepared(
    select(v.id, v.status).where(
        v.account_id == bindparam("account_id"), v.client_id == bindparam("client_id")
    )
)
_STEPS = Prepared(
    select(
        voicegram_steps.c.name,
        voicegram_steps.c.status,
        voicegram_steps.c.engine,
        voicegram_steps.c.error,
        voicegram_steps.c.started_at,
        voicegram_steps.c.finished_at,
    )
    .where(
        voicegram_steps.c.account_id == bindparam("account_id"),
        voicegram_steps.c.voicegram_id == bindparam("voicegram_id"),
    )
    .order_by(voicegram_steps.c.position)
)
_TOTAL = select(account_counters.c.value).where(
    account_counters.c.account_id == bindparam("account_id"), account_counters.c.name == "voicegrams"
)

_LISTENER = (
    select(listeners.c.id)
    .where(
        listeners.c.account_id == bindparam("account_id"),
        listeners.c.kind == bindparam("kind"),
        listeners.c.reference == bindparam("reference"),
        listeners.c.revoked_at.is_(None),
    )
    .limit(1)
)
_OF_ALL = _LISTENER.where(listeners.c.voicegram_id.is_(None))
_LISTENER_ANY = Prepared(_OF_ALL)
_LISTENER_ONE = Prepared(_LISTENER.where(listeners.c.voicegram_id == bindparam("voicegram_id")))

_RECENT = Prepared(
    select(*_COMPLETED, _OF_ALL.scalar_subquery().label("listener_id"))
    .join(channels, channels.c.id == v.channel_id)
    .where(v.account_id == bindparam("account_id"), v.completed_at.is_not(None), v.deleted_at.is_(None))
    .order_by(v.completed_at.desc(), v.id.desc())
    .limit(bindparam("limit"))
)

# unscoped: the signed token names the listener, so its account needs no further proof.
_TARGET = (
    select(v.account_id, listeners.c.id, v.audio_key, v.audio_bytes, v.audio_deleted_at, v.status)
    .join(listeners, listeners.c.account_id == v.account_id)
    .where(v.id == bindparam("voicegram_id"), listeners.c.id == bindparam("listener_id"))
    .where(listeners.c.revoked_at.is_(None), v.deleted_at.is_(None))
    .where(listeners.c.voicegram_id.is_(None) | (listeners.c.voicegram_id == v.id))
)
_LINKS = (
    select(
        listeners.c.id,
        listeners.c.kind,
        listeners.c.reference,
        listeners.c.expires_at,
        listeners.c.revoked_at,
        listeners.c.last_used_at,
    )
    .where(
        listeners.c.account_id == bindparam("account_id"),
        listeners.c.voicegram_id.is_(None) | (listeners.c.voicegram_id == bindparam("voicegram_id")),
    )
    .order_by(listeners.c.created_at.desc(), listeners.c.id.desc())
)

SORTS: dict[str, Any] = {
    "created_at": v.created_at,
    "completed_at": v.completed_at,
    "duration_seconds": v.duration_ms,
}


def _voicegram(row: AnyRow, steps: tuple[StepResult, ...] = ()) -> Voicegram:
    values = row._asdict()
    values["channel_kind"], values["channel_name"] = values.pop("kind"), values.pop("name")
    return Voicegram(**{**values, "status": VoicegramStatus(row.status), "steps": steps})


def _recent(rows: Iterable[Sequence[Any]]) -> Recent:
    found = list(rows)
    return Recent([CompletedVoicegram(*row[:-1]) for row in found], found[0][-1] if found else None)


list_recent = Query(_RECENT, _recent)
"""Completed voicegrams, latest first (contracts/voicegram.md 4.3); parameters: account_id, limit, and the
kind and reference of the listener that is told with them."""


def find_by_client_id(tx: ReadTx, account_id: str, client_id: str) -> tuple[str, str] | None:
    """Id and status of the recording that a browser has sent under this id; erased ones too."""
    row = tx.first(_BY_CLIENT, {"account_id": account_id, "client_id": client_id})
    return None if row is None else (row.id, row.status)


def get_completed(tx: ReadTx, account_id: str, voicegram_id: str) -> CompletedVoicegram:
    """Raises NotFoundError."""
    row = tx.first(_ONE_COMPLETED, {"account_id": account_id, "voicegram_id": voicegram_id})
    if row is None:
        raise NotFoundError("Voicegram not found")
    return CompletedVoicegram(*row)


def get_voicegram(tx: ReadTx, account_id: str, voicegram_id: str) -> Voicegram:
    """The voicegram with its steps. Raises NotFoundError for absent, deleted and foreign ones alike."""
    parameters = {"account_id": account_id, "voicegram_id": voicegram_id}
    row = tx.first(_ONE, parameters)
    if row is None:
        raise NotFoundError("Voicegram not found")
    return _voicegram(row, tuple(StepResult(*step) for step in tx.all(_STEPS, parameters)))


def _conditions(filters: VoicegramFilters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.status == "failed_step":
        failed = exists().where(
            voicegram_steps.c.account_id == v.account_id,
            voicegram_steps.c.voicegram_id == v.id,
            voicegram_steps.c.status == StepStatus.FAILED.value,
        )
        found.append(failed)
    elif filters.status is not None:
        found.append(v.status == filters.status)
    equal = (
        (v.channel_id, filters.channel_id),
        (v.contact_id, filters.contact_id),
        (v.urgency, filters.urgency),
        (v.sentiment, filters.sentiment),
        (v.intent, filters.intent),
        (v.callback_required, filters.callback_required),
        (v.is_read, filters.is_read),
    )
    found.extend(column == value for column, value in equal if value is not None)
    if filters.tag is not None:
        found.append(v.tags.contains(msgspec.json.encode(filters.tag).decode(), autoescape=True))
    if filters.since is not None:
        found.append(v.created_at >= filters.since)
    if filters.until is not None:
        found.append(v.created_at <= filters.until)
    return found


def list_voicegrams(
    tx: ReadTx, account_id: str, filters: VoicegramFilters, *, limit: int, page: int
) -> VoicegramPage:
    """One page, newest first unless sorted, with the exact total; steps are left out."""
    conditions = _conditions(filters)
    parameters: dict[str, Any] = {}
    needles = needles_of(filters.search)
    if needles is not None:
        mode = needles.mode(tx.dialect)
        conditions.append(voicegram_search.matching(mode, len(needles.texts)))
        parameters = voicegram_search.parameters(tx, mode, account_id, needles)
    own = v.account_id == account_id
    column = SORTS[filters.sort.removeprefix("-")]
    order = column.desc() if filters.sort.startswith("-") else column.asc()
    statement = _DETAIL.where(own, *conditions).order_by(order, v.id.desc())
    rows = tx.all(statement.limit(limit).offset((page - 1) * limit), parameters)
    if conditions:
        counted = select(func.count()).select_from(voicegrams).where(own, v.deleted_at.is_(None), *conditions)
        total = int(tx.scalar(counted, parameters))
    else:
        total = int(tx.scalar(_TOTAL, {"account_id": account_id}) or 0)
    return VoicegramPage([_voicegram(row) for row in rows], total)


def find_listener(
    tx: ReadTx, account_id: str, kind: ListenerKind, reference: str, voicegram_id: str | None = None
) -> str | None:
    """The live listener of a recipient; without a voicegram, the one for all of them."""
    parameters = {"account_id": account_id, "kind": kind.value, "reference": reference}
    if voicegram_id is None:
        found = tx.scalar(_LISTENER_ANY, parameters)
    else:
        found = tx.scalar(_LISTENER_ONE, {**parameters, "voicegram_id": voicegram_id})
    return None if found is None else str(found)


def check_listen(tx: ReadTx, voicegram_id: str, token: ListenToken) -> ListenTarget:
    """The file a signed token opens. Raises NotFoundError when expired, revoked or gone."""
    if token.expires_at <= tx.now:
        raise NotFoundError("This link does not work any more")
    row = tx.first(_TARGET, {"voicegram_id": voicegram_id, "listener_id": token.listener_id})
    if row is None:
        raise NotFoundError("This link does not work any more")
    return ListenTarget(
        row.account_id, row.id, row.audio_key, row.audio_bytes, row.audio_deleted_at is not None
    )


def list_links(tx: ReadTx, account_id: str, voicegram_id: str) -> list[Link]:
    """Everyone with a link to this voicegram, keys and subscriptions included. Raises NotFoundError."""
    get_voicegram(tx, account_id, voicegram_id)
    rows = tx.all(_LINKS, {"account_id": account_id, "voicegram_id": voicegram_id})
    return [Link(*row) for row in rows]
