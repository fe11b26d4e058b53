"""Writes of connections to services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import bindparam

from antiphon.core.crypto import Cipher
from antiphon.core.db.transaction import WriteTx
from antiphon.core.destinations import parse_destination
from antiphon.core.errors import DomainError
from antiphon.core.ids import new_id
from antiphon.core.phones import E164
from antiphon.domain.accounts import audit
from antiphon.domain.accounts.statuses import tell_status
from antiphon.domain.integrations.queries import get_service_connection
from antiphon.domain.integrations.records import INTEGRATIONS, ServiceConnection
from antiphon.domain.integrations.tables import integration_connections

MAX_VALUE = 2000
MAX_LABEL = 200
ERROR_LENGTH = 300

i = integration_connections.c
_WHERE = (i.account_id == bindparam("p_account"), i.id == bindparam("p_id"))
_UPDATE = (
    integration_connections.update()
    .where(*_WHERE)
    .values(
        label=bindparam("p_label"),
        settings=bindparam("p_settings"),
        sealed_secrets=bindparam("p_sealed"),
        updated_at=bindparam("p_now"),
    )
)
_SET_ERROR = integration_connections.update().where(*_WHERE).values(last_error=bindparam("p_error"))
_SET_STATUS = (
    integration_connections.update()
    .where(*_WHERE, i.status != bindparam("p_status"), i.deleted_at.is_(None))
    .values(status=bindparam("p_status"))
)
_DELETE = (
    integration_connections.update().where(*_WHERE).values(deleted_at=bindparam("p_now"), sealed_secrets="")
)


def check_fields(key: str, given: Mapping[str, Any], *, whole: bool) -> tuple[dict[str, str], dict[str, str]]:
    """Plain and secret values of an integration's fields; `whole` asks for every required one.

    Raises DomainError with `fields.<name>` as its field.
    """
    plain: dict[str, str] = {}
    secret: dict[str, str] = {}
    known = {field.name: field for field in INTEGRATIONS[key].fields}
    for name, value in given.items():
        if name not in known:
            raise DomainError("There is no such field", field=f"fields.{name}")
        text = value.strip() if isinstance(value, str) else value
        if not isinstance(text, str) or len(text) > MAX_VALUE or any(ord(char) < 32 for char in text):
            raise DomainError(f"Text of at most {MAX_VALUE} characters", field=f"fields.{name}")
        (secret if known[name].is_secret else plain)[name] = text
    for field in known.values():
        missing = not {**plain, **secret}.get(field.name)
        if field.is_required and missing and (whole or field.name in given):
            raise DomainError("Is needed", field=f"fields.{field.name}", code="required")
    if key == "smtp":
        _check_smtp(plain)
    if INTEGRATIONS[key].is_carrier:
        _check_carrier(plain)
    return plain, secret


def _check_carrier(values: Mapping[str, str]) -> None:
    """An empty value is one that is not set."""
    given = {name: value for name, value in values.items() if value}
    if "base_url" in given:
        try:
            parse_destination(given["base_url"], allow_insecure=True)
        except DomainError as error:
            raise DomainError(error.message, field="fields.base_url") from error
    if "forward_to" in given and not E164.fullmatch(given["forward_to"]):
        raise DomainError("a number in E.164 form, such as +15550100100", field="fields.forward_to")
    if given.get("answers_keywords", "true") not in ("true", "false"):
        raise DomainError("one of true, false", field="fields.answers_keywords")


def _check_smtp(values: Mapping[str, str]) -> None:
    if values.get("security", "") not in ("", "starttls", "tls", "none"):
        raise DomainError("one of starttls, tls, none", field="fields.security")
    port = values.get("port", "")
    if port and not (port.isdecimal() and port.isascii() and 1 <= int(port[:6]) <= 65535):
        raise DomainError("1 to 65535", field="fields.port")
    if "sender" in values and "@" not in values["sender"]:
        raise DomainError("Not an address", field="fields.sender")


def create_service_connection(
    tx: WriteTx, cipher: Cipher, account_id: str, *, key: str, label: str, fields: Mapping[str, Any]
) -> ServiceConnection:
    """Raises DomainError."""
    plain, secret = check_fields(key, fields, whole=True)
    connection_id = new_id()
    text = label.strip()[:MAX_LABEL] or INTEGRATIONS[key].name
    tx.execute(
        integration_connections.insert(),
        {
            "id": connection_id,
            "account_id": account_id,
            "key": key,
            "label": text,
            "settings": msgspec.json.encode(plain).decode(),
            "sealed_secrets": cipher.seal(msgspec.json.encode(secret), _context(connection_id)),
            "status": "connected",
            "created_at": tx.now,
            "updated_at": tx.now,
        },
    )
    target = audit.Target("integration_connection", connection_id, text)
    audit.record(tx, account_id, "integration_connection.created", target)
    return get_service_connection(tx, account_id, connection_id)


def update_service_connection(
    tx: WriteTx,
    cipher: Cipher,
    account_id: str,
    connection_id: str,
    *,
    label: str | None,
    fields: Mapping[str, Any],
) -> ServiceConnection:
    """Change the fields given.

    A secret is for the service it was given for: with another address or host every
    secret must be given again. Raises NotFoundError, DomainError.
    """
    old = get_service_connection(tx, account_id, connection_id)
    plain, secret = check_fields(old.key, fields, whole=False)
    settings = {**old.settings, **plain}
    moved = any(settings.get(name) != old.settings.get(name) for name in ("base_url", "host", "port"))
    secrets = {**({} if moved else open_secrets(cipher, old)), **secret}
    text = old.label if label is None else label.strip()[:MAX_LABEL] or old.label
    tx.execute(
        _UPDATE,
        {
            "p_account": account_id,
            "p_id": connection_id,
            "p_label": text,
            "p_settings": msgspec.json.encode(settings).decode(),
            "p_sealed": cipher.seal(msgspec.json.encode(secrets), _context(connection_id)),
            "p_now": tx.now,
        },
    )
    changes = audit.changed(
        {"label": old.label, **old.settings}, {"label": text, **settings, **dict.fromkeys(secret, "")}
    )
    masked = [{**change, "to": audit.MASK} if change["field"] in secret else change for change in changes]
    target = audit.Target("integration_connection", connection_id, text)
    audit.record(tx, account_id, "integration_connection.updated", target, masked)  # type: ignore[arg-type]  # a change with its value masked
    return get_service_connection(tx, account_id, connection_id)


def delete_service_connection(tx: WriteTx, account_id: str, connection_id: str) -> None:
    """Forget the connection and its secrets. Raises NotFoundError."""
    old = get_service_connection(tx, account_id, connection_id)
    tx.execute(_DELETE, {"p_account": account_id, "p_id": connection_id, "p_now": tx.now})
    target = audit.Target("integration_connection", connection_id, old.label)
    audit.record(tx, account_id, "integration_connection.deleted", target)


def report_service_connection(tx: WriteTx, account_id: str, connection_id: str, error: str | None) -> None:
    """Remember why the service refuses; None: it works.

    Emits `integration.status_changed` when that is news.
    """
    before, after = ("error", "connected") if error is None else ("connected", "error")
    reason = None if error is None else error[:ERROR_LENGTH]
    own = {"p_account": account_id, "p_id": connection_id}
    tx.execute(_SET_ERROR, {**own, "p_error": reason})
    if tx.execute(_SET_STATUS, {**own, "p_status": after}).rowcount == 0:
        return
    connection = get_service_connection(tx, account_id, connection_id)
    tell_status(
        tx,
        account_id,
        "integration.status_changed",
        audit.Target("integration_connection", connection_id, connection.label),
        before=before,
        after=after,
        reason=reason,
        data={"key": connection.key, "label": connection.label},
    )


def open_secrets(cipher: Cipher, connection: ServiceConnection) -> dict[str, str]:
    """Raises CipherError."""
    opened = cipher.open(connection.sealed_secrets, _context(connection.id))
    return msgspec.json.decode(opened, type=dict[str, str])


def _context(connection_id: str) -> str:
    return f"integration_connections.sealed_secrets.{connection_id}"
