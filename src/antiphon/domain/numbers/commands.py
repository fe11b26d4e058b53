"""Writes of numbers and carrier connections."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.exc import IntegrityError

from antiphon.core.crypto import Cipher, sha256_hex
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import DomainError
from antiphon.core.ids import new_id
from antiphon.core.phones import E164
from antiphon.domain.accounts import audit
from antiphon.domain.accounts.statuses import tell_status
from antiphon.domain.numbers.errors import NumberTakenError
from antiphon.domain.numbers.queries import find_number, get_connection, get_number
from antiphon.domain.numbers.records import Connection, ConnectionStatus, NewConnection, Number
from antiphon.domain.numbers.tables import carrier_connections, numbers

CARRIERS = ("simulator", "twilio", "meta_whatsapp")
SIMULATOR = "simulator"
CALLBACK_TOKEN = "callback_token"  # noqa: S105  a name, not a secret
ERROR_LENGTH = 300
_OTHER = {
    ConnectionStatus.CONNECTED: ConnectionStatus.ERROR,
    ConnectionStatus.ERROR: ConnectionStatus.CONNECTED,
}

_FIRST_SIMULATED = 15550100100
_LAST_SIMULATED = 15550199999
# unscoped: a number exists once in the installation
_LAST_TAKEN = select(func.max(numbers.c.e164)).where(
    numbers.c.e164 >= f"+{_FIRST_SIMULATED}", numbers.c.e164 <= f"+{_LAST_SIMULATED}"
)
_SET_ERROR = (
    update(carrier_connections)
    .where(
        carrier_connections.c.account_id == bindparam("p_account"),
        carrier_connections.c.id == bindparam("p_id"),
    )
    .values(last_error=bindparam("p_error"))
)
_SET_STATUS = (
    update(carrier_connections)
    .where(
        carrier_connections.c.account_id == bindparam("p_account"),
        carrier_connections.c.id == bindparam("p_id"),
        carrier_connections.c.status != bindparam("p_status"),
        carrier_connections.c.deleted_at.is_(None),
    )
    .values(status=bindparam("p_status"))
)


def create_connection(
    tx: WriteTx,
    cipher: Cipher,
    account_id: str,
    *,
    carrier: str,
    label: str,
    credentials: Mapping[str, str],
    settings: Mapping[str, Any] | None = None,
) -> NewConnection:
    """Connect an account to a carrier; the credentials are kept encrypted. Raises DomainError."""
    if carrier not in CARRIERS:
        raise DomainError(f"one of {', '.join(CARRIERS)}", field="carrier")
    token = secrets.token_urlsafe(24)
    connection = Connection(
        new_id(), account_id, carrier, label, dict(settings or {}), ConnectionStatus.CONNECTED, None, tx.now
    )
    sealed = msgspec.json.encode({**credentials, CALLBACK_TOKEN: token})
    tx.execute(
        carrier_connections.insert(),
        {
            "id": connection.id,
            "account_id": account_id,
            "carrier": carrier,
            "label": label,
            "sealed_credentials": cipher.seal(sealed, connection_context(connection.id)),
            "webhook_token_hash": sha256_hex(token),
            "settings": msgspec.json.encode(connection.settings).decode(),
            "status": connection.status.value,
            "created_at": tx.now,
        },
    )
    target = audit.Target("integration_connection", connection.id, label or carrier)
    audit.record(tx, account_id, "integration_connection.created", target)
    return NewConnection(get_connection(tx, account_id, connection.id), token)


def open_credentials(cipher: Cipher, connection: Connection) -> dict[str, str]:
    """The connection's credentials with its callback token. Raises CipherError."""
    if connection.sealed_credentials is None:
        return {}
    opened = cipher.open(connection.sealed_credentials, connection_context(connection.id))
    return msgspec.json.decode(opened, type=dict[str, str])


def connection_context(connection_id: str) -> str:
    """What the credentials are sealed for."""
    return f"carrier_connections.sealed_credentials.{connection_id}"


def report_connection(tx: WriteTx, account_id: str, connection_id: str, error: str | None) -> None:
    """Remember why the carrier refuses the connection; None: it works.

    Emits `integration.status_changed` when that is news.
    """
    status = ConnectionStatus.CONNECTED if error is None else ConnectionStatus.ERROR
    reason = None if error is None else error[:ERROR_LENGTH]
    own = {"p_account": account_id, "p_id": connection_id}
    tx.execute(_SET_ERROR, {**own, "p_error": reason})
    if tx.execute(_SET_STATUS, {**own, "p_status": status.value}).rowcount == 0:
        return
    connection = get_connection(tx, account_id, connection_id)
    tell_status(
        tx,
        account_id,
        "integration.status_changed",
        audit.Target("integration_connection", connection_id, connection.label or connection.carrier),
        before=_OTHER[status].value,
        after=status.value,
        reason=reason,
        data={"key": connection.carrier, "label": connection.label},
    )


def create_number(
    tx: WriteTx,
    account_id: str,
    connection_id: str,
    e164: str,
    *,
    label: str = "",
    voice: bool = True,
    sms: bool = True,
    whatsapp: bool = False,
    carrier_number_id: str | None = None,
) -> Number:
    """Add a number to a connection. Raises NotFoundError, DomainError and NumberTakenError."""
    get_connection(tx, account_id, connection_id)
    if not E164.fullmatch(e164):
        raise DomainError("a number in E.164 form, such as +15550100100", field="number")
    if find_number(tx, e164) is not None:
        raise NumberTakenError(f"{e164} is in use", field="number")
    number_id = new_id()
    try:
        tx.execute(
            numbers.insert(),
            {
                "id": number_id,
                "account_id": account_id,
                "connection_id": connection_id,
                "e164": e164,
                "label": label,
                "voice": voice,
                "sms": sms,
                "whatsapp": whatsapp,
                "carrier_number_id": carrier_number_id,
                "created_at": tx.now,
            },
        )
    except IntegrityError as error:
        raise NumberTakenError(f"{e164} is in use", field="number") from error
    audit.record(tx, account_id, "number.imported", audit.Target("phone_number", number_id, e164))
    return get_number(tx, account_id, number_id)


def create_simulator(tx: WriteTx, cipher: Cipher, account_id: str) -> Number:
    """The simulated carrier with the next free simulated number, for voice, text and WhatsApp."""
    made = create_connection(
        tx,
        cipher,
        account_id,
        carrier=SIMULATOR,
        label="Simulator",
        credentials={"secret": secrets.token_urlsafe(32)},
    )
    last = tx.scalar(_LAST_TAKEN)
    following = _FIRST_SIMULATED if last is None else int(last) + 1
    return create_number(
        tx, account_id, made.connection.id, f"+{following}", label="Simulated number", whatsapp=True
    )
