"""Typed rows of contacts, their fields and opt-outs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """How a contact arose (contracts/voicory.md 8.2)."""

    WEBSITE = "website"
    WHATSAPP = "whatsapp"
    PHONE = "phone"
    MANUAL = "manual"


class Lifecycle(StrEnum):
    """How far a contact is on the way to a customer (contracts/votel.md 3.1)."""

    SUBSCRIBER = "subscriber"
    LEAD = "lead"
    MQL = "mql"
    SQL = "sql"
    OPPORTUNITY = "opportunity"
    CUSTOMER = "customer"
    EVANGELIST = "evangelist"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a contact is to sales (contracts/votel.md 3.1); `deal_value` in minor units.

    The order is that of the columns read.
    """

    lead_source: str | None = None
    lifecycle_stage: str | None = Lifecycle.LEAD.value
    owner_id: str | None = None
    pipeline_id: str | None = None
    pipeline_stage_id: str | None = None
    deal_value: int | None = None
    deal_currency: str | None = None
    score: int = 0
    address: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None
    timezone: str | None = None
    language: str | None = None
    date_of_birth: str | None = None
    website: str | None = None
    job_title: str | None = None
    dnd: bool = False


BLANK = Profile()


@dataclass(frozen=True, slots=True)
class Contact:
    """One row of all contracts: `number` is Vocatech's integer, `custom` holds text by `field_name`.

    Phones are E.164 (a sender that is no phone number stays as it is) and emails lower case, first ones
    first. Times are milliseconds.
    """

    id: str
    number: int
    account_id: str
    first_name: str
    last_name: str
    company: str
    source: str
    custom: dict[str, str]
    tags: tuple[str, ...]
    phones: tuple[str, ...]
    emails: tuple[str, ...]
    interaction_count: int
    last_interaction_at: int | None
    created_at: int
    updated_at: int
    profile: Profile = BLANK
    last_activity_at: int | None = None

    @property
    def person(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def name(self) -> str | None:
        """First and last name joined, else the company (contracts/voicory.md 8.2)."""
        return self.person or self.company or None


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a dropdown."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the account's contacts (contracts/vocatech.md 5.5); `name` is the label."""

    number: int
    name: str
    field_name: str
    position: int
    data_type: str
    is_builtin: bool
    is_phone: bool
    is_match: bool
    reports_enabled: bool
    hide_no_data: bool
    show_in_fields: bool
    is_integration: bool
    category: str = "Contact"
    options: tuple[Option, ...] = ()

    @property
    def address_kind(self) -> str | None:
        """The kind of the addresses that this field's values are found by; None when they are not."""
        if self.is_builtin:
            return self.field_name if self.field_name in ("phone", "email") else None
        return f"f{self.number}" if self.is_phone or self.is_match else None


@dataclass(frozen=True, slots=True)
class ContactFilters:
    """Filters of the lists; None means any. Times are milliseconds, inclusive.

    `person_only` keeps the search out of the company of a contact that has a name (contracts/voicory.md 8.2).
    """

    search: str | None = None
    source: str | None = None
    since: int | None = None
    until: int | None = None
    person_only: bool = False


@dataclass(frozen=True, slots=True)
class ContactPage:
    items: list[Contact]
    total: int


@dataclass(frozen=True, slots=True)
class UpsertedContact:
    """A row of a bulk upsert as it stood after that row; `index` is its place in the request."""

    index: int
    contact: Contact
    created: bool


@dataclass(frozen=True, slots=True)
class RefusedRow:
    index: int
    message: str


@dataclass(frozen=True, slots=True)
class UpsertResult:
    """Both lists are in input order."""

    stored: list[UpsertedContact]
    refused: list[RefusedRow]
