"""Leads made and changed by a person: values checked, tags made, moves and owners told (votel.md 3.2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import DomainError, NotFoundError
from antiphon.core.zones import is_zone
from antiphon.domain.accounts.audit import Target, record
from antiphon.domain.accounts.commands import add_to_counter
from antiphon.domain.accounts.queries import get_account, get_user
from antiphon.domain.accounts.tables import accounts
from antiphon.domain.contacts.commands import NUMBERS, create_contact
from antiphon.domain.contacts.errors import ContactFieldError
from antiphon.domain.contacts.fields import read_address, read_custom, read_date
from antiphon.domain.contacts.history import changes_of
from antiphon.domain.contacts.pipelines import choose_stage, list_pipelines
from antiphon.domain.contacts.queries import find_contact_by_address, get_contact, list_fields
from antiphon.domain.contacts.records import Contact, Lifecycle, Profile, Source
from antiphon.domain.contacts.rows import replace_contacts, set_labels
from antiphon.domain.contacts.tags import use_tags

MAX_ADDRESSES = 20
MAX_DEAL = 10**15
MAX_SCORE = 1_000_000
_CURRENCY = re.compile(r"[A-Z]{3}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_TEXTS = ("lead_source", "address", "city", "state", "postal_code", "country", "website", "job_title")
_DUPLICATES = select(accounts.c.settings).where(accounts.c.id == bindparam("account_id"))


class DuplicatePolicy(StrEnum):
    """What becomes of a new lead whose email or phone another one has (contracts/votel.md 3.2)."""

    ALLOW = "allow"
    REJECT = "reject"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class AddressInput:
    value: str
    label: str | None = None
    is_primary: bool = False


def duplicate_policy(tx: ReadTx, account_id: str) -> DuplicatePolicy:
    stored = msgspec.json.decode(tx.scalar(_DUPLICATES, {"account_id": account_id}) or "{}")
    return DuplicatePolicy(stored.get("duplicate_policy") or DuplicatePolicy.ALLOW)


def create_lead(tx: WriteTx, account_id: str, given: Mapping[str, Any]) -> tuple[Contact, bool]:
    """The lead, and whether it is new: by the account's policy a duplicate may be refused or updated.

    `given` holds keys of contracts/votel.md 3.1. Raises DomainError `required`, `duplicate`,
    ContactFieldError.
    """
    _lock(tx, account_id)
    edit = _Edit(tx, account_id, given)
    wanted = edit.apply(_empty(account_id, tx.now))
    if not (wanted.person or wanted.phones or wanted.emails):
        raise DomainError("a name, an email or a phone is needed", code="required")
    policy = duplicate_policy(tx, account_id)
    if policy is not DuplicatePolicy.ALLOW and (twin := _find_twin(tx, account_id, wanted)) is not None:
        if policy is DuplicatePolicy.REJECT:
            raise DomainError("a lead has this email or phone", code="duplicate", lead_id=twin.id)
        return update_lead(tx, account_id, twin.id, given), False
    made = create_contact(
        tx,
        account_id,
        source=Source.MANUAL,
        first_name=wanted.first_name,
        last_name=wanted.last_name,
        company=wanted.company,
        phones=wanted.phones,
        emails=wanted.emails,
        custom=wanted.custom,
        tags=wanted.tags,
        profile=wanted.profile,
    )
    set_labels(tx, account_id, made.id, edit.labels)
    record(tx, account_id, "lead.created", Target("lead", made.id, made.name or ""))
    return made, True


def update_lead(tx: WriteTx, account_id: str, contact_id: str, given: Mapping[str, Any]) -> Contact:
    """Change the keys given; lists inside are replaced whole. Raises NotFoundError, ContactFieldError."""
    _lock(tx, account_id)
    before = get_contact(tx, account_id, contact_id)
    edit = _Edit(tx, account_id, given)
    after = edit.apply(before)
    if not (after.person or after.company or after.phones or after.emails):
        raise DomainError("a name, an email or a phone is needed", code="required")
    save_lead(tx, account_id, before, after)
    set_labels(tx, account_id, contact_id, edit.labels)
    return get_contact(tx, account_id, contact_id)


def assign_lead(tx: WriteTx, account_id: str, contact_id: str, owner_id: str | None) -> None:
    """Make a lead somebody's of the account, or nobody's, whatever else it holds. Raises NotFoundError."""
    _lock(tx, account_id)
    before = get_contact(tx, account_id, contact_id)
    after = replace(before, profile=replace(before.profile, owner_id=owner_id))
    save_lead(tx, account_id, before, after)


def save_lead(tx: WriteTx, account_id: str, before: Contact, after: Contact) -> None:
    """Write a lead as a person changed it, with its audit entry; nothing when nothing differs."""
    changes = changes_of(before, after)
    if not changes:
        return
    after = replace(after, updated_at=tx.now)
    replace_contacts(tx, account_id, [(before, after)], list_fields(tx, account_id))
    record(tx, account_id, "lead.updated", Target("lead", after.id, after.name or ""), changes)


def change_tags(
    tx: WriteTx, account_id: str, contact_id: str, add: Sequence[str], remove: Sequence[str]
) -> Contact:
    """Add and remove tags by name, any case; a tag is made on its first use. Raises NotFoundError."""
    _lock(tx, account_id)
    before = get_contact(tx, account_id, contact_id)
    gone = {name.strip().casefold() for name in remove}
    kept = [name for name in before.tags if name.casefold() not in gone]
    added = use_tags(tx, account_id, add, "add")
    after = replace(before, tags=use_tags(tx, account_id, [*kept, *added]))
    save_lead(tx, account_id, before, after)
    return after


def _lock(tx: WriteTx, account_id: str) -> None:
    add_to_counter(tx, account_id, NUMBERS, 0)


def _empty(account_id: str, now: int) -> Contact:
    profile = Profile(lead_source=Source.MANUAL.value)
    return Contact("", 0, account_id, "", "", "", "", {}, (), (), (), 0, None, now, now, profile)


def _find_twin(tx: ReadTx, account_id: str, wanted: Contact) -> Contact | None:
    """The oldest lead with one of the addresses, by email first."""
    for kind, values in (("email", wanted.emails), ("phone", wanted.phones)):
        found = [find_contact_by_address(tx, account_id, kind, value) for value in values]
        if twins := [contact for contact in found if contact is not None]:
            return min(twins, key=lambda contact: contact.number)
    return None


class _Edit:
    """Given keys as changes of a contact; each reader raises ContactFieldError with the key at fault."""

    def __init__(self, tx: WriteTx, account_id: str, given: Mapping[str, Any]) -> None:
        self._tx = tx
        self._account_id = account_id
        self._given = given
        self._country = get_account(tx, account_id).country
        self.labels: dict[tuple[str, str], str | None] = {}

    def apply(self, contact: Contact) -> Contact:
        changes: dict[str, Any] = {}
        if "name" in self._given and not {"first_name", "last_name"} & self._given.keys():
            first, _, last = " ".join((self._given["name"] or "").split()).partition(" ")
            changes |= {"first_name": first, "last_name": last}
        for name in ("first_name", "last_name", "company"):
            if name in self._given:
                changes[name] = self._given[name] or ""
        changes["phones"] = self._addresses(contact.phones, "phone", "phones")
        changes["emails"] = self._addresses(contact.emails, "email", "emails")
        if "tags" in self._given:
            changes["tags"] = use_tags(self._tx, self._account_id, self._given["tags"] or [])
        if "custom_fields" in self._given:
            changes["custom"] = self._custom(contact.custom, self._given["custom_fields"] or {})
        changes["profile"] = self._profile(contact.profile)
        return replace(contact, **changes)

    def _addresses(self, before: tuple[str, ...], kind: str, plural: str) -> tuple[str, ...]:
        """The list as given whole, then the primary one as given alone."""
        values = list(before)
        if plural in self._given:
            given: list[AddressInput] = self._given[plural] or []
            if len(given) > MAX_ADDRESSES:
                raise ContactFieldError(f"at most {MAX_ADDRESSES}", field=plural)
            values = []
            for index, item in enumerate(sorted(given, key=lambda item: not item.is_primary)):
                value = read_address(kind, item.value, self._country, f"{plural}.{index}.value")
                values.append(value)
                self.labels[kind, value] = item.label
        if kind in self._given:
            text = (self._given[kind] or "").strip()
            rest = values if plural in self._given else values[1:]
            values = [read_address(kind, text, self._country, kind), *rest] if text else rest
        return tuple(dict.fromkeys(values))

    def _custom(self, before: Mapping[str, str], given: Mapping[str, Any]) -> dict[str, str]:
        fields = {field.field_name: field for field in list_fields(self._tx, self._account_id)}
        values = dict(before)
        for name, value in given.items():
            field = fields.get(name)
            if field is None or field.is_builtin:
                raise ContactFieldError("no such custom field", field=f"custom_fields.{name[:64]}")
            values.pop(name, None)
            if text := read_custom(field, value, self._country, f"custom_fields.{name}"):
                values[name] = text
        return values

    def _profile(self, before: Profile) -> Profile:
        readers: dict[str, Callable[[Any], Any]] = {
            **dict.fromkeys(_TEXTS, lambda value: value or None),
            "lifecycle_stage": self._lifecycle,
            "owner_id": self._owner,
            "deal_value": lambda value: _within(value, "deal_value", 0, MAX_DEAL),
            "deal_currency": lambda value: _matching(value, "deal_currency", _CURRENCY, "a currency code"),
            "score": lambda value: _within(value, "score", -MAX_SCORE, MAX_SCORE) or 0,
            "timezone": _zone,
            "language": lambda value: _matching(value, "language", _LANGUAGE, "a language tag"),
            "date_of_birth": _birthday,
            "dnd": bool,
        }
        changes = {name: read(self._given[name]) for name, read in readers.items() if name in self._given}
        profile = replace(before, **changes)
        return self._move(profile)

    def _move(self, profile: Profile) -> Profile:
        if not {"pipeline_id", "pipeline_stage_id"} & self._given.keys():
            return profile
        found = list_pipelines(self._tx, self._account_id)
        pipeline_id, stage_id = self._given.get("pipeline_id"), self._given.get("pipeline_stage_id")
        if stage_id is not None and "pipeline_id" in self._given and pipeline_id is None:
            raise ContactFieldError("a stage belongs to a pipeline", field="pipeline_stage_id")
        if (
            stage_id is None
            and pipeline_id is not None
            and pipeline_id == profile.pipeline_id
            and "pipeline_stage_id" not in self._given
        ):
            return profile
        stage = choose_stage(found, pipeline_id, stage_id)
        if stage is None:
            return replace(profile, pipeline_id=None, pipeline_stage_id=None)
        return replace(profile, pipeline_id=stage.pipeline_id, pipeline_stage_id=stage.id)

    def _lifecycle(self, value: str | None) -> str | None:
        return None if value is None else Lifecycle(value).value

    def _owner(self, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            return get_user(self._tx, self._account_id, value).id
        except NotFoundError:
            raise ContactFieldError("no such user", field="owner_id") from None


def _within(value: int | None, field: str, low: int, high: int) -> int | None:
    if value is not None and not low <= value <= high:
        raise ContactFieldError(f"{low} to {high}", field=field)
    return value


def _matching(value: str | None, field: str, pattern: re.Pattern[str], what: str) -> str | None:
    if not value:
        return None
    if not pattern.fullmatch(value):
        raise ContactFieldError(f"not {what}", field=field)
    return value


def _zone(value: str | None) -> str | None:
    if not value:
        return None
    if not is_zone(value):
        raise ContactFieldError("not an IANA time zone name", field="timezone")
    return value


def _birthday(value: str | None) -> str | None:
    return read_date(value, "date_of_birth") if value else None
