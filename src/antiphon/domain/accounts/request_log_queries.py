"""Reads of the log of API requests."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from antiphon.core.db.transaction import ReadTx
from antiphon.domain.accounts.tables import api_keys, request_log

r = request_log.c
_ROWS = select(
    r.id,
    r.at,
    r.contract,
    r.method,
    r.path,
    r.status,
    r.duration_us,
    r.ip,
    r.key_id,
    api_keys.c.name.label("key_name"),
).select_from(
    request_log.outerjoin(
        api_keys, (api_keys.c.account_id == request_log.c.account_id) & (api_keys.c.id == r.key_id)
    )
)


@dataclass(frozen=True, slots=True)
class RequestFilters:
    """None means any. `status_class` is the first digit, `path` its beginning; times in ms, inclusive."""

    key_id: str | None = None
    contract: str | None = None
    method: str | None = None
    status_class: int | None = None
    path: str | None = None
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """`duration_us` in microseconds; `key_id` is None for a session."""

    id: str
    at: int
    contract: str
    method: str
    path: str
    status: int
    duration_us: int
    ip: str
    key_id: str | None
    key_name: str | None


@dataclass(frozen=True, slots=True)
class RequestPage:
    items: list[LoggedRequest]
    total: int


def list_requests(
    tx: ReadTx, account_id: str, filters: RequestFilters, *, limit: int, offset: int
) -> RequestPage:
    """Latest first; `total` counts what matches."""
    conditions: list[ColumnElement[bool]] = [r.account_id == account_id]
    if filters.key_id is not None:
        conditions.append(r.key_id == filters.key_id)
    if filters.contract is not None:
        conditions.append(r.contract == filters.contract)
    if filters.method is not None:
        conditions.append(r.method == filters.method)
    if filters.status_class is not None:
        first = filters.status_class * 100
        conditions.append(r.status.between(first, first + 99))
    if filters.path is not None:
        conditions.append(r.path.startswith(filters.path, autoescape=True))
    if filters.since is not None:
        conditions.append(r.at >= filters.since)
    if filters.until is not None:
        conditions.append(r.at <= filters.until)
    rows = tx.all(_ROWS.where(*conditions).order_by(r.at.desc(), r.id.desc()).limit(limit).offset(offset))
    total = int(tx.scalar(select(func.count()).select_from(request_log).where(*conditions)))
    return RequestPage([LoggedRequest(*row) for row in rows], total)
