"""The fields of an account's contacts: what they are, and values by label in and out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from antiphon.domain.contacts.errors import ContactFieldError
from antiphon.domain.contacts.phones import SEPARATOR, normalise_phone, split_phones
from antiphon.domain.contacts.records import Contact, Field

MAX_ADDRESS = 320
MAX_VALUE = 10_000
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,12})?", re.ASCII)
_EMAIL = re.compile(r"[^@\s;,<>]{1,64}@[^@\s;,<>]{1,255}")


def _builtin(number: int, name: str, field_name: str, data_type: str = "text") -> Field:
    is_phone, is_email = data_type == "phone", data_type == "email"
    return Field(
        number=number,
        name=name,
        field_name=field_name,
        position=number,
        data_type=data_type,
        is_builtin=True,
        is_phone=is_phone,
        is_match=is_phone or is_email,
        reports_enabled=False,
        hide_no_data=False,
        show_in_fields=True,
        is_integration=False,
    )


DEFAULT_FIELDS = (
    _builtin(1, "First Name", "first_name"),
    _builtin(2, "Last Name", "last_name"),
    _builtin(3, "Company", "company"),
    _builtin(4, "Phone", "phone", "phone"),
    _builtin(5, "Email", "email", "email"),
)
"""Fields of a new account (contracts/vocatech.md 5.5)."""

Values = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldValues:
    """Checked values of some fields: one text, or several addresses; nothing means cleared."""

    values: dict[Field, Values]

    @property
    def is_empty(self) -> bool:
        return not any(self.values.values())

    def match(self, fields: Sequence[Field]) -> tuple[str, Values] | None:
        """Kind and values of the first match field, by order, that has a value."""
        for field in fields:
            kind = field.address_kind
            if field.is_match and kind is not None and (found := self.values.get(field)):
                return kind, found
        return None

    def apply(self, contact: Contact, now: int) -> Contact:
        """The contact with the given fields replaced; the same object when nothing differs."""
        changes: dict[str, object] = {}
        custom = dict(contact.custom)
        for field, values in self.values.items():
            match field.field_name if field.is_builtin else None:
                case "phone":
                    changes["phones"] = values
                case "email":
                    changes["emails"] = values
                case None:
                    custom.pop(field.field_name, None)
                    if values:
                        custom[field.field_name] = SEPARATOR.join(values)
                case name:
                    changes[name] = "".join(values)
        changes["custom"] = custom
        if all(getattr(contact, name) == value for name, value in changes.items()):
            return contact
        return replace(contact, updated_at=now, **changes)  # type: ignore[arg-type]  # names and types of the record


def read_values(fields: Mapping[str, Field], given: Mapping[str, object], country: str) -> FieldValues:
    """Check values by label. Raises ContactFieldError with the label at fault."""
    values = {}
    for label, value in given.items():
        field = fields.get(label)
        if field is None:
            raise ContactFieldError(f"There is no contact field named {label[:100]!r}", field=label)
        if not isinstance(value, str):
            raise ContactFieldError(f"{label} must be a string", field=label)
        values[field] = _read(field, value.strip(), country)
    return FieldValues(values)


def read_address(kind: str, text: str, country: str, field: str) -> str:
    """A phone as E.164 or an email in lower case. Raises ContactFieldError."""
    if kind == "email":
        address = text.strip().lower()
        if not _EMAIL.fullmatch(address) or len(address) > MAX_ADDRESS or "\0" in address:
            raise ContactFieldError("not an email address", field=field)
        return address
    number = normalise_phone(text, country)
    if number is None:
        raise ContactFieldError("not a phone number", field=field)
    return number


def read_date(text: str, field: str) -> str:
    """`YYYY-MM-DD`. Raises ContactFieldError."""
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ContactFieldError("not a date (YYYY-MM-DD)", field=field) from None


def read_custom(field: Field, value: object, country: str, name: str) -> str:
    """A custom field's value as it is stored, "" for none; `name` is the input at fault.

    Raises ContactFieldError.
    """
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ContactFieldError("must be text or a number", field=name)
    text = value.strip() if isinstance(value, str) else _number(str(value), name)
    if "\0" in text or len(text) > MAX_VALUE:
        raise ContactFieldError("not valid text or too long", field=name)
    if not text:
        return ""
    if field.is_phone:
        phones = split_phones(text, country)
        if phones is None:
            raise ContactFieldError("not a phone number", field=name)
        return SEPARATOR.join(phones)
    match field.data_type:
        case "email":
            return read_address("email", text, country, name)
        case "number":
            return _number(text, name)
        case "date":
            return read_date(text, name)
        case "dropdown" if text not in {option.value for option in field.options}:
            raise ContactFieldError("not one of the options", field=name)
    return text


def _number(text: str, name: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise ContactFieldError("not a number", field=name)
    return text


def custom_value(field: Field, text: str) -> str | int | float:
    """A stored value as contracts/votel.md 3.1 shows it: numbers as numbers."""
    if field.data_type != "number" or not _NUMBER.fullmatch(text):
        return text
    return int(text) if _INTEGER.fullmatch(text) else float(text)


def _read(field: Field, text: str, country: str) -> Values:
    if "\0" in text or len(text) > MAX_VALUE:
        raise ContactFieldError(f"{field.name} is not valid text or too long", field=field.name)
    if text and not field.is_builtin and field.data_type in ("email", "number", "date", "dropdown"):
        return (read_custom(field, text, country, field.name),)
    if field.is_phone:
        phones = split_phones(text, country)
        if phones is None:
            raise ContactFieldError(f"{field.name} is not a phone number", field=field.name)
        return phones
    if field.data_type == "email":
        return tuple(dict.fromkeys(_email(field, part) for part in text.split(SEPARATOR) if part.strip()))
    if field.address_kind is not None and len(text) > MAX_ADDRESS:
        raise ContactFieldError(f"{field.name} has more than {MAX_ADDRESS} characters", field=field.name)
    return (text,) if text else ()


def _email(field: Field, text: str) -> str:
    address = text.strip().lower()
    if not _EMAIL.fullmatch(address) or len(address) > MAX_ADDRESS:
        raise ContactFieldError(f"{field.name} is not an email address", field=field.name)
    return address


def values_by_label(contact: Contact, fields: Iterable[Field]) -> dict[str, str]:
    """What the contact's fields hold, empty ones left out (contracts/vocatech.md 5.5)."""
    found = {}
    for field in fields:
        if not field.is_builtin:
            text = contact.custom.get(field.field_name, "")
        elif field.field_name == "phone":
            text = SEPARATOR.join(contact.phones)
        elif field.field_name == "email":
            text = SEPARATOR.join(contact.emails)
        else:
            text = getattr(contact, field.field_name)
        if text:
            found[field.name] = text
    return found


def addresses_of(contact: Contact, fields: Iterable[Field]) -> dict[tuple[str, str], int]:
    """Everything the contact is found by, as kind and value, with its position."""
    found = {("phone", value): position for position, value in enumerate(contact.phones)}
    found |= {("email", value): position for position, value in enumerate(contact.emails)}
    for field in fields:
        kind = None if field.is_builtin else field.address_kind
        text = contact.custom.get(field.field_name) if kind else None
        if kind and text:
            values = text.split(SEPARATOR) if field.is_phone else [text]
            found |= {(kind, value): position for position, value in enumerate(values)}
    return found
