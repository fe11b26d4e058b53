"""Changes of numbers and connections that exist (contracts/votel.md 11.3, 11.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import msgspec
from sqlalchemy import bindparam

from antiphon.core.crypto import Cipher
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import DomainError
from antiphon.core.events import Event
from antiphon.domain.accounts import audit
from antiphon.domain.numbers.commands import CALLBACK_TOKEN, connection_context, open_credentials
from antiphon.domain.numbers.destinations import check_destination
from antiphon.domain.numbers.queries import get_connection, get_number, list_numbers
from antiphon.domain.numbers.records import Connection, Number
from antiphon.domain.numbers.tables import carrier_connections, numbers

MAX_LABEL = 200

n = numbers.c
c = carrier_connections.c
_WHERE = (n.account_id == bindparam("p_account"), n.id == bindparam("p_id"))
_UPDATE = (
    numbers.update()
    .where(*_WHERE)
    .values(
        label=bindparam("p_label"),
        call_destination=bindparam("p_destination"),
        fallback=bindparam("p_fallback"),
        is_recorded=bindparam("p_recorded"),
        is_default=bindparam("p_default"),
        updated_at=bindparam("p_now"),
    )
)
_NO_DEFAULT = numbers.update().where(n.account_id == bindparam("p_account")).values(is_default=False)
_DELETE = numbers.update().where(*_WHERE).values(deleted_at=bindparam("p_now"), is_default=False)
_CONNECTION = (c.account_id == bindparam("p_account"), c.id == bindparam("p_id"))
_UPDATE_CONNECTION = (
    carrier_connections.update()
    .where(*_CONNECTION)
    .values(
        label=bindparam("p_label"),
        settings=bindparam("p_settings"),
        sealed_credentials=bindparam("p_sealed"),
        updated_at=bindparam("p_now"),
    )
)
_DELETE_CONNECTION = (
    carrier_connections.update()
    .where(*_CONNECTION)
    .values(deleted_at=bindparam("p_now"), sealed_credentials=None)
)


def update_number(tx: WriteTx, account_id: str, number_id: str, given: Mapping[str, Any]) -> Number:
    """Change label, call_destination, fallback, is_recorded, is_default; counts for the next call.

    One number of the account is the default. Raises NotFoundError and DomainError.
    """
    old = get_number(tx, account_id, number_id)
    values: dict[str, Any] = {
        "label": check_label(given.get("label", old.label)),
        "call_destination": old.call_destination,
        "fallback": old.fallback,
        "is_recorded": given.get("is_recorded", old.is_recorded),
        "is_default": given.get("is_default", old.is_default),
    }
    if "call_destination" in given:
        values["call_destination"] = check_destination(tx, account_id, old, given["call_destination"])
    if "fallback" in given:
        values["fallback"] = check_destination(tx, account_id, old, given["fallback"], is_fallback=True)
    if values["is_default"] and not old.is_default:
        tx.execute(_NO_DEFAULT, {"p_account": account_id})
    before = {name: getattr(old, name) for name in values}
    differences = audit.changed(before, values)
    if not differences:
        return old
    tx.execute(
        _UPDATE,
        {
            "p_account": account_id,
            "p_id": number_id,
            "p_label": values["label"],
            "p_destination": _encoded(values["call_destination"]),
            "p_fallback": _encoded(values["fallback"]),
            "p_recorded": values["is_recorded"],
            "p_default": values["is_default"],
            "p_now": tx.now,
        },
    )
    new = get_number(tx, account_id, number_id)
    told = {"changes": differences, "number": asdict(new)}
    tx.emit(Event(account_id, "number.updated", number_id, told))
    audit.record(tx, account_id, "number.updated", _target(old), differences)
    return new


def delete_number(tx: WriteTx, account_id: str, number_id: str) -> None:
    """Take a number out of the account; its calls and messages stay. Raises NotFoundError."""
    number = get_number(tx, account_id, number_id)
    tx.execute(_DELETE, {"p_account": account_id, "p_id": number_id, "p_now": tx.now})
    tx.emit(Event(account_id, "number.released", number_id, {"number": asdict(number)}))
    audit.record(tx, account_id, "number.released", _target(number))


def update_connection(
    tx: WriteTx,
    cipher: Cipher,
    account_id: str,
    connection_id: str,
    *,
    label: str | None = None,
    credentials: Mapping[str, str] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Connection:
    """Change the label and the keys given; secrets stay as they are. Raises NotFoundError, DomainError."""
    old = get_connection(tx, account_id, connection_id)
    opened = open_credentials(cipher, old)
    changed = {**opened, **(credentials or {})}
    merged = {name: value for name, value in {**old.settings, **(settings or {})}.items() if value != ""}
    kept = opened.keys() - {CALLBACK_TOKEN} - (credentials or {}).keys()
    if merged.get("base_url") != old.settings.get("base_url") and kept:
        raise DomainError(
            "With another address the secrets must be given again", field="fields.base_url", code="required"
        )
    text = old.label if label is None else check_label(label)
    before = {"label": old.label, **old.settings, **{f"secret {name}": opened[name] for name in opened}}
    after = {"label": text, **merged, **{f"secret {name}": changed[name] for name in changed}}
    differences = audit.changed(before, after)
    if differences:
        sealed = cipher.seal(msgspec.json.encode(changed), connection_context(connection_id))
        tx.execute(
            _UPDATE_CONNECTION,
            {
                "p_account": account_id,
                "p_id": connection_id,
                "p_label": text,
                "p_settings": msgspec.json.encode(merged).decode(),
                "p_sealed": sealed,
                "p_now": tx.now,
            },
        )
        target = audit.Target("integration_connection", connection_id, text)
        audit.record(tx, account_id, "integration_connection.updated", target, differences)
    return get_connection(tx, account_id, connection_id)


def delete_connection(tx: WriteTx, account_id: str, connection_id: str) -> None:
    """Forget the connection and its credentials. Raises NotFoundError, DomainError `in_use`."""
    connection = get_connection(tx, account_id, connection_id)
    used_by = [
        {"kind": "phone_number", "id": number.id, "label": number.e164}
        for number in list_numbers(tx, account_id)
        if number.connection_id == connection_id
    ]
    if used_by:
        raise DomainError("Numbers use this connection", code="in_use", used_by=used_by)
    tx.execute(_DELETE_CONNECTION, {"p_account": account_id, "p_id": connection_id, "p_now": tx.now})
    target = audit.Target("integration_connection", connection_id, connection.label)
    audit.record(tx, account_id, "integration_connection.deleted", target)


def check_label(value: Any) -> str:
    text = " ".join(str(value or "").split())
    if len(text) > MAX_LABEL or "\0" in text:
        raise DomainError(f"at most {MAX_LABEL} characters", field="label")
    return text


def _target(number: Number) -> audit.Target:
    return audit.Target("phone_number", number.id, number.e164)


def _encoded(value: dict[str, Any] | None) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
