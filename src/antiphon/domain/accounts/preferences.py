"""What a person has chosen in one account (contracts/votel.md 11.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import DomainError, NotFoundError
from antiphon.core.languages import is_language
from antiphon.core.zones import is_zone
from antiphon.domain.accounts import audit
from antiphon.domain.accounts.records import Role
from antiphon.domain.accounts.tables import memberships, users

WAYS = ("app", "email", "push")
EVENTS: Mapping[str, Mapping[str, bool]] = {
    name: dict(zip(WAYS, chosen, strict=True))
    for name, chosen in {
        "voicegram.completed": (True, True, False),
        "message.received": (True, False, False),
        "call.missed": (True, False, False),
        "call.voicemail_received": (True, True, False),
        "conversation.assigned": (True, False, False),
        "agent.handoff_requested": (True, True, False),
        "task.due": (True, True, False),
        "task.commented": (True, False, False),
        "booking.created": (True, True, False),
        "webhook.disabled": (True, True, False),
    }.items()
}
"""The events a person may be told of, and how by default."""

MAX_SIGNATURE = 2000
_WHERE = (
    memberships.c.account_id == bindparam("account_id"),
    memberships.c.user_id == bindparam("user_id"),
)
_ROW = (
    select(memberships.c.preferences, memberships.c.settings, users.c.email)
    .join(users, users.c.id == memberships.c.user_id)
    .where(*_WHERE)
)
_PEOPLE = (
    select(users.c.id, memberships.c.role, memberships.c.preferences)
    .join(memberships, memberships.c.user_id == users.c.id)
    .where(
        memberships.c.account_id == bindparam("account_id"),
        memberships.c.is_active.is_(True),
        users.c.is_disabled.is_(False),
    )
    .order_by(memberships.c.created_at, users.c.id)
)
_LOCKED = _ROW.with_for_update()
_STORE = (
    memberships.update()
    .where(memberships.c.account_id == bindparam("p_account"), memberships.c.user_id == bindparam("p_user"))
    .values(
        preferences=bindparam("p_preferences"),
        settings=bindparam("p_settings"),
        updated_at=bindparam("p_now"),
    )
)
_UNCHANGED: Any = object()


@dataclass(frozen=True, slots=True)
class Preferences:
    """`timezone` and `locale` are None where the account's hold; `events` names every event of `EVENTS`."""

    timezone: str | None
    locale: str | None
    signature: str
    events: Mapping[str, Mapping[str, bool]]


@dataclass(frozen=True, slots=True)
class PreferenceChanges:
    """What to change; `events` merge event by event and way by way."""

    timezone: str | None = _UNCHANGED
    locale: str | None = _UNCHANGED
    signature: str = _UNCHANGED
    events: Mapping[str, Mapping[str, bool | None]] = field(default_factory=dict)


def get_preferences(tx: ReadTx, account_id: str, user_id: str) -> Preferences:
    """Raises NotFoundError."""
    row = tx.first(_ROW, {"account_id": account_id, "user_id": user_id})
    if row is None:
        raise NotFoundError("User not found")
    return _read(_decode(row.preferences), _decode(row.settings))


def wants_mail(tx: ReadTx, account_id: str, user_id: str, event: str) -> bool:
    """Whether the person is told of an event of `EVENTS` by mail. Raises NotFoundError."""
    return get_preferences(tx, account_id, user_id).events[event]["email"]


def list_wanting(tx: ReadTx, account_id: str, event: str, way: str, lowest: Role = Role.VIEWER) -> list[str]:
    """The active people of the account, of the role or above, who want to be told of the event that way."""
    return [
        row.id
        for row in tx.all(_PEOPLE, {"account_id": account_id})
        if Role.parse(row.role) >= lowest and _read(_decode(row.preferences), {}).events[event][way]
    ]


def update_preferences(tx: WriteTx, account_id: str, user_id: str, changes: PreferenceChanges) -> Preferences:
    """Raises NotFoundError, and DomainError for values that mean nothing."""
    row = tx.first(_LOCKED, {"account_id": account_id, "user_id": user_id})
    if row is None:
        raise NotFoundError("User not found")
    stored, settings = _decode(row.preferences), _decode(row.settings)
    before = _read(stored, settings)
    if changes.timezone is not _UNCHANGED:
        if changes.timezone is not None and not is_zone(changes.timezone):
            raise DomainError("Not an IANA time zone name or UTC", field="timezone")
        settings["timezone"] = changes.timezone
    if changes.locale is not _UNCHANGED:
        if changes.locale is not None and not is_language(changes.locale):
            raise DomainError("Not a language tag such as en or de-AT", field="locale")
        stored["locale"] = changes.locale
    if changes.signature is not _UNCHANGED:
        if len(changes.signature) > MAX_SIGNATURE:
            raise DomainError(f"At most {MAX_SIGNATURE} characters", field="signature")
        stored["signature"] = changes.signature
    chosen = dict(stored.get("events", {}))
    for name, ways in changes.events.items():
        if name not in EVENTS:
            raise DomainError("There is no such event", field=f"events.{name}")
        given = {way: value for way, value in ways.items() if way in WAYS and value is not None}
        chosen[name] = {**chosen.get(name, {}), **given}
    stored["events"] = chosen
    after = _read(stored, settings)
    if after != before:
        tx.execute(
            _STORE,
            {
                "p_account": account_id,
                "p_user": user_id,
                "p_preferences": msgspec.json.encode(stored).decode(),
                "p_settings": msgspec.json.encode(settings).decode(),
                "p_now": tx.now,
            },
        )
        differences = audit.changed(_flat(before), _flat(after))
        target = audit.Target("user", user_id, row.email)
        audit.record(tx, account_id, "user.preferences_updated", target, differences)
    return after


def _read(stored: Mapping[str, Any], settings: Mapping[str, Any]) -> Preferences:
    chosen = stored.get("events", {})
    return Preferences(
        timezone=settings.get("timezone"),
        locale=stored.get("locale"),
        signature=stored.get("signature", ""),
        events={name: {**default, **chosen.get(name, {})} for name, default in EVENTS.items()},
    )


def _flat(preferences: Preferences) -> dict[str, Any]:
    return {
        "timezone": preferences.timezone,
        "locale": preferences.locale,
        "signature": preferences.signature,
        **{f"events.{name}": dict(ways) for name, ways in preferences.events.items()},
    }


def _decode(text: str) -> dict[str, Any]:
    return msgspec.json.decode(text, type=dict[str, Any])
