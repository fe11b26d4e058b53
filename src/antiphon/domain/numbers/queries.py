"""Reads of numbers and carrier connections."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.transaction import AnyRow, ReadTx
from antiphon.core.errors import NotFoundError
from antiphon.domain.accounts.company import get_company
from antiphon.domain.numbers.records import Connection, ConnectionStatus, Number
from antiphon.domain.numbers.tables import carrier_connections, numbers

c = carrier_connections.c
n = numbers.c

_CONNECTION = select(
    c.id,
    c.account_id,
    c.carrier,
    c.label,
    c.settings,
    c.status,
    c.last_error,
    c.created_at,
    c.sealed_credentials,
    c.updated_at,
).where(c.deleted_at.is_(None))
_ONE_CONNECTION = Prepared(
    _CONNECTION.where(c.account_id == bindparam("account_id"), c.id == bindparam("id"))
)
_CONNECTIONS = _CONNECTION.where(c.account_id == bindparam("account_id")).order_by(c.created_at, c.id)
_BY_TOKEN = Prepared(
    # unscoped: a callback finds its account by the connection's secret
    _CONNECTION.where(c.carrier == bindparam("carrier"), c.webhook_token_hash == bindparam("token_hash"))
)

_NUMBER = (
    select(
        n.id,
        n.account_id,
        n.connection_id,
        c.carrier,
        n.e164,
        n.label,
        n.voice,
        n.sms,
        n.whatsapp,
        n.carrier_number_id,
        n.created_at,
        n.call_destination,
        n.fallback,
        n.is_recorded,
        n.is_default,
        n.updated_at,
        c.status,
    )
    .join(carrier_connections, c.id == n.connection_id)
    .where(n.deleted_at.is_(None))
)
_BY_E164 = _NUMBER.where(n.e164 == bindparam("e164"))
_OWN_BY_E164 = Prepared(_NUMBER.where(n.account_id == bindparam("account_id"), n.e164 == bindparam("e164")))
_OWN_BY_ID = _NUMBER.where(n.account_id == bindparam("account_id"), n.id == bindparam("id"))
_OWN = Prepared(
    _NUMBER.where(n.account_id == bindparam("account_id")).order_by(n.is_default.desc(), n.created_at, n.id)
)


def get_connection(tx: ReadTx, account_id: str, connection_id: str) -> Connection:
    """Raises NotFoundError."""
    row = tx.first(_ONE_CONNECTION, {"account_id": account_id, "id": connection_id})
    if row is None:
        raise NotFoundError("Connection not found")
    return _connection(row)


def list_connections(tx: ReadTx, account_id: str) -> list[Connection]:
    """Oldest first."""
    return [_connection(row) for row in tx.all(_CONNECTIONS, {"account_id": account_id})]


def find_connection_by_token(tx: ReadTx, carrier: str, token_hash: str) -> Connection | None:
    """The connection that a callback's address belongs to, in whichever account."""
    # unscoped: a callback finds its account by the connection's secret
    row = tx.first(_BY_TOKEN, {"carrier": carrier, "token_hash": token_hash})
    return None if row is None else _connection(row)


def find_addressed(tx: ReadTx, carrier: str, token_hash: str) -> tuple[Connection, list[Number]] | None:
    """The connection of `find_connection_by_token`, and the numbers of its account.

    A number is recorded where the account is too.
    """
    # unscoped: as there
    connection = find_connection_by_token(tx, carrier, token_hash)
    if connection is None:
        return None
    own = list_numbers(tx, connection.account_id)
    if not get_company(tx, connection.account_id).recording_enabled:
        own = [replace(number, is_recorded=False) for number in own]
    return connection, own


def find_number(tx: ReadTx, e164: str) -> Number | None:
    """The live number of any account."""
    # unscoped: the owner of the number is what is looked for
    row = tx.first(_BY_E164, {"e164": e164})
    return None if row is None else _number(row)


def get_own_number(tx: ReadTx, account_id: str, e164: str) -> Number | None:
    """The account's live number, or None."""
    row = tx.first(_OWN_BY_E164, {"account_id": account_id, "e164": e164})
    return None if row is None else _number(row)


def get_number(tx: ReadTx, account_id: str, number_id: str) -> Number:
    """Raises NotFoundError."""
    row = tx.first(_OWN_BY_ID, {"account_id": account_id, "id": number_id})
    if row is None:
        raise NotFoundError("Number not found")
    return _number(row)


def list_numbers(tx: ReadTx, account_id: str) -> list[Number]:
    """The default one first, then the oldest."""
    return [_number(row) for row in tx.all(_OWN, {"account_id": account_id})]


def _connection(row: AnyRow) -> Connection:
    settings: dict[str, Any] = msgspec.json.decode(row.settings)
    return Connection(
        row.id,
        row.account_id,
        row.carrier,
        row.label,
        settings,
        ConnectionStatus(row.status),
        row.last_error,
        row.created_at,
        row.sealed_credentials,
        row.updated_at,
    )


def _number(row: AnyRow) -> Number:
    return Number(
        row.id,
        row.account_id,
        row.connection_id,
        row.carrier,
        row.e164,
        row.label,
        row.voice,
        row.sms,
        row.whatsapp,
        row.carrier_number_id,
        row.created_at,
        _object(row.call_destination),
        _object(row.fallback),
        row.is_recorded,
        row.is_default,
        row.updated_at,
        row.status,
    )


def _object(text: str | None) -> dict[str, Any] | None:
    return None if text is None else msgspec.json.decode(text, type=dict[str, Any])
