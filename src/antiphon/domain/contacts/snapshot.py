"""A contact as the data of its events: neutral names, times in milliseconds."""

from __future__ import annotations

from typing import Any

from antiphon.domain.contacts.records import Contact, Profile

_PROFILE = tuple(Profile.__dataclass_fields__)


def snapshot(contact: Contact) -> dict[str, Any]:
    return {
        "id": contact.id,
        "number": contact.number,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "company": contact.company,
        "source": contact.source,
        "custom": contact.custom,
        "tags": contact.tags,
        "phones": contact.phones,
        "emails": contact.emails,
        "created_at": contact.created_at,
        "updated_at": contact.updated_at,
        "last_activity_at": contact.last_activity_at,
        **profile_of(contact.profile),
    }


def profile_of(profile: Profile) -> dict[str, Any]:
    return {name: getattr(profile, name) for name in _PROFILE}
