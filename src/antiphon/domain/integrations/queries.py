"""Reads of connections to services."""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, select

from antiphon.core.db.transaction import AnyRow, ReadTx
from antiphon.core.errors import NotFoundError
from antiphon.domain.integrations.records import ServiceConnection
from antiphon.domain.integrations.tables import integration_connections

i = integration_connections.c
_ALL = (
    select(integration_connections)
    .where(i.account_id == bindparam("account_id"), i.deleted_at.is_(None))
    .order_by(i.created_at, i.id)
)
_ONE = _ALL.where(i.id == bindparam("id"))
_NEWEST = (
    select(integration_connections)
    .where(i.account_id == bindparam("account_id"), i.key == bindparam("key"), i.deleted_at.is_(None))
    .order_by(i.created_at.desc(), i.id.desc())
    .limit(1)
)


def list_service_connections(tx: ReadTx, account_id: str) -> list[ServiceConnection]:
    """Oldest first."""
    return [_connection(row) for row in tx.all(_ALL, {"account_id": account_id})]


def get_service_connection(tx: ReadTx, account_id: str, connection_id: str) -> ServiceConnection:
    """Raises NotFoundError."""
    row = tx.first(_ONE, {"account_id": account_id, "id": connection_id})
    if row is None:
        raise NotFoundError("Connection not found")
    return _connection(row)


def find_service_connection(tx: ReadTx, account_id: str, key: str) -> ServiceConnection | None:
    """The newest connection of one kind."""
    row = tx.first(_NEWEST, {"account_id": account_id, "key": key})
    return None if row is None else _connection(row)


def _connection(row: AnyRow) -> ServiceConnection:
    return ServiceConnection(
        row.id,
        row.account_id,
        row.key,
        row.label,
        msgspec.json.decode(row.settings),
        row.status,
        row.last_error,
        row.created_at,
        row.updated_at,
        row.sealed_secrets,
    )
