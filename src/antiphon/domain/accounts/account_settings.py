"""What an account has set, whole: the settings screen's object (contracts/votel.md 11.1)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.transaction import AnyRow, ReadTx, WriteTx
from antiphon.core.errors import DomainError, NotFoundError
from antiphon.core.events import Event
from antiphon.core.languages import DEFAULT_LANGUAGE, is_language
from antiphon.core.zones import is_zone
from antiphon.domain.accounts import audit
from antiphon.domain.accounts.commands import set_subdomain
from antiphon.domain.accounts.tables import accounts

MAX_RETENTION_DAYS = 36_500
MAX_STOP_WORDS = 50
SWITCHES = ("recording_enabled", "transcription_enabled", "summary_enabled", "sentiment_enabled")
WEEK_STARTS = ("monday", "saturday", "sunday")
DUPLICATE_POLICIES = ("allow", "reject", "update")
CONSENT_CHANNELS = ("sms", "whatsapp", "email", "call")
DEFAULTS: Mapping[str, Any] = {
    **dict.fromkeys(SWITCHES, True),
    "recording_retention_days": 90,
    "transcript_retention_days": None,
    "message_retention_days": None,
    "language": DEFAULT_LANGUAGE,
    "locale": "en",
    "currency": "USD",
    "week_start": "monday",
    "postal_address": "",
    "quiet_hours": None,
    "duplicate_policy": "allow",
    "require_consent": [],
    "help_text": "",
    "stop_words": [],
}
_COLUMNS = ("name", "timezone", "country")
_CURRENCY = re.compile(r"[A-Z]{3}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")

_ROW = select(
    accounts.c.id,
    accounts.c.name,
    accounts.c.plan,
    accounts.c.subdomain,
    accounts.c.country,
    accounts.c.timezone,
    accounts.c.settings,
    accounts.c.created_at,
    accounts.c.updated_at,
).where(accounts.c.id == bindparam("account_id"))
_LOCKED = _ROW.with_for_update()
_STOP_WORDS = Prepared(select(accounts.c.settings).where(accounts.c.id == bindparam("account_id")))
_UPDATE = (
    accounts.update()
    .where(accounts.c.id == bindparam("p_account"))
    .values(
        name=bindparam("p_name"),
        timezone=bindparam("p_timezone"),
        country=bindparam("p_country"),
        settings=bindparam("p_settings"),
        updated_at=bindparam("p_now"),
    )
)


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """`values` has every key of `DEFAULTS`; retention in days, None keeps for ever."""

    id: str
    name: str
    plan: str
    slug: str | None
    timezone: str
    country: str
    values: Mapping[str, Any]
    created_at: int
    updated_at: int


def get_account_settings(tx: ReadTx, account_id: str) -> AccountSettings:
    """Raises NotFoundError."""
    return _read(tx.first(_ROW, {"account_id": account_id}))


def get_stop_words(tx: ReadTx, account_id: str) -> frozenset[str]:
    """The account's own stop words, besides those that always hold; letters and digits in lower case."""
    stored = tx.scalar(_STOP_WORDS, {"account_id": account_id})
    words = [] if stored is None else _decode(stored).get("stop_words", [])
    return frozenset(plain_word(word) for word in words)


def plain_word(text: str) -> str:
    """Letters and digits in lower case, whatever their width."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())


def update_account(
    tx: WriteTx, account_id: str, changes: Mapping[str, Any], blocked_slugs: Collection[str] = ()
) -> AccountSettings:
    """Change `name`, `slug`, `timezone`, `country` and any key of `DEFAULTS`; emits `account.updated`.

    Raises NotFoundError, SubdomainError, DomainError with the key as its field.
    """
    row = tx.first(_LOCKED, {"account_id": account_id})
    before = _read(row)
    stored = {} if row is None else _decode(row.settings)
    columns = {name: getattr(before, name) for name in _COLUMNS}
    for name, value in changes.items():
        if name == "slug":
            if value != before.slug:
                set_subdomain(tx, account_id, value, blocked_slugs, field="slug")
        elif name in _COLUMNS:
            columns[name] = _CHECKS[name](value)
        elif name in DEFAULTS:
            stored[name] = _CHECKS[name](value)
        else:
            raise DomainError("There is no such setting", field=name)
    tx.execute(
        _UPDATE,
        {
            "p_account": account_id,
            **{f"p_{name}": value for name, value in columns.items()},
            "p_settings": msgspec.json.encode(stored).decode(),
            "p_now": tx.now,
        },
    )
    return _tell(tx, before)


def rename_workspace(
    tx: WriteTx, account_id: str, subdomain: str, blocked: Collection[str] = ()
) -> AccountSettings:
    """Change the slug alone. Raises SubdomainError."""
    before = get_account_settings(tx, account_id)
    if subdomain != before.slug:
        set_subdomain(tx, account_id, subdomain, blocked)
    return _tell(tx, before)


def _tell(tx: WriteTx, before: AccountSettings) -> AccountSettings:
    """Event and audit entry of what is different now."""
    account_id = before.id
    after = get_account_settings(tx, account_id)
    differences = audit.changed(_flat(before), _flat(after))
    if differences:
        told = {"changes": differences, "account": asdict(after)}
        tx.emit(Event(account_id, "account.updated", account_id, told))
        target = audit.Target("account", account_id, after.name)
        audit.record(tx, account_id, "account.updated", target, differences)
    return after


def _read(row: AnyRow | None) -> AccountSettings:
    if row is None:
        raise NotFoundError("Account not found")
    stored = _decode(row.settings)
    return AccountSettings(
        row.id,
        row.name,
        row.plan,
        row.subdomain,
        row.timezone,
        row.country,
        {name: stored.get(name, default) for name, default in DEFAULTS.items()},
        row.created_at,
        row.updated_at or row.created_at,
    )


def _flat(account: AccountSettings) -> dict[str, Any]:
    own = {"name": account.name, "slug": account.slug, "timezone": account.timezone}
    return {**own, "country": account.country, **account.values}


def _decode(text: str) -> dict[str, Any]:
    return msgspec.json.decode(text, type=dict[str, Any])


def _name(value: Any) -> str:
    text = " ".join(str(value).split())
    if not 1 <= len(text) <= 200:
        raise DomainError("1 to 200 characters", field="name")
    return text


def _timezone(value: Any) -> Any:
    if not is_zone(value):
        raise DomainError("Not an IANA time zone name or UTC", field="timezone")
    return value


def _language(field: str) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if not isinstance(value, str) or not is_language(value):
            raise DomainError("Not a language tag such as en-US", field=field)
        return value

    return check


def _country(value: Any) -> str:
    from phonenumbers import SUPPORTED_REGIONS

    code = str(value).upper()
    if code not in SUPPORTED_REGIONS:
        raise DomainError("Not a country code of ISO 3166 such as US", field="country")
    return code


def _pattern(field: str, pattern: re.Pattern[str], message: str) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise DomainError(message, field=field)
        return value

    return check


def _choice(field: str, allowed: Collection[str]) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if value not in allowed:
            raise DomainError(f"one of {', '.join(allowed)}", field=field)
        return value

    return check


def _text(field: str, limit: int) -> Callable[[Any], Any]:
    def check(value: Any) -> str:
        text = str(value or "").strip()
        if len(text) > limit or "\0" in text:
            raise DomainError(f"at most {limit} characters", field=field)
        return text

    return check


def _switch(field: str) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if not isinstance(value, bool):
            raise DomainError("true or false", field=field)
        return value

    return check


def _days(field: str, *, for_ever: bool) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if value is None and for_ever:
            return None
        if not isinstance(value, int) or not 1 <= value <= MAX_RETENTION_DAYS:
            raise DomainError(f"1 to {MAX_RETENTION_DAYS} days", field=field)
        return value

    return check


def _quiet_hours(value: Any) -> Any:
    if value is None:
        return None
    for name in ("from", "to"):
        if not isinstance(value.get(name), str) or not _TIME.fullmatch(value[name]):
            raise DomainError("a time such as 21:30", field=f"quiet_hours.{name}")
    if value["from"] == value["to"]:
        raise DomainError("another time than `from`", field="quiet_hours.to")
    return {"from": value["from"], "to": value["to"]}


def _channels(value: Any) -> Any:
    for index, channel in enumerate(value):
        if channel not in CONSENT_CHANNELS:
            raise DomainError(f"one of {', '.join(CONSENT_CHANNELS)}", field=f"require_consent.{index}")
    return [channel for channel in CONSENT_CHANNELS if channel in value]


def _words(value: Any) -> Any:
    if len(value) > MAX_STOP_WORDS:
        raise DomainError(f"at most {MAX_STOP_WORDS} words", field="stop_words")
    for index, word in enumerate(value):
        if not 2 <= len(plain_word(word)) <= 40:
            raise DomainError("2 to 40 letters or digits", field=f"stop_words.{index}")
    return list(dict.fromkeys(word.strip() for word in value))


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "name": _name,
    "timezone": _timezone,
    "country": _country,
    **{name: _switch(name) for name in SWITCHES},
    "recording_retention_days": _days("retention.recordings_days", for_ever=False),
    "transcript_retention_days": _days("retention.transcripts_days", for_ever=True),
    "message_retention_days": _days("retention.messages_days", for_ever=True),
    "language": _language("language"),
    "locale": _language("locale"),
    "currency": _pattern("currency", _CURRENCY, "Three capital letters such as EUR"),
    "week_start": _choice("week_start", WEEK_STARTS),
    "postal_address": _text("postal_address", 500),
    "quiet_hours": _quiet_hours,
    "duplicate_policy": _choice("duplicate_policy", DUPLICATE_POLICIES),
    "require_consent": _channels,
    "help_text": _text("help_text", 1600),
    "stop_words": _words,
}
