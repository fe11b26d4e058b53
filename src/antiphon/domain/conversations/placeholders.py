"""What placeholders of a message name: lead, writer, account, now (contracts/votel.md 0.7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import bindparam, select

from antiphon.core.clock import to_datetime
from antiphon.core.db.transaction import ReadTx
from antiphon.core.phones import zone_of
from antiphon.core.placeholders import fill, has_placeholders
from antiphon.domain.accounts.account_settings import get_account_settings
from antiphon.domain.accounts.tables import memberships, users
from antiphon.domain.contacts.fields import custom_value
from antiphon.domain.contacts.pipelines import list_pipelines, stages_by_id
from antiphon.domain.contacts.queries import list_fields
from antiphon.domain.contacts.records import Contact

_USER = (
    select(users.c.name, users.c.email)
    .join(memberships, memberships.c.user_id == users.c.id)
    .where(memberships.c.account_id == bindparam("account_id"), users.c.id == bindparam("user_id"))
)


def fill_texts(
    tx: ReadTx,
    account_id: str,
    contact: Contact,
    user_id: str | None,
    *,
    body: str,
    subject: str | None = None,
    html: str | None = None,
) -> tuple[str, str | None, str | None]:
    """The texts as the contact gets them; by the contact's clocks."""
    if not any(map(has_placeholders, (body, subject, html))):
        return body, subject, html
    account = get_account_settings(tx, account_id)
    zone = contact.profile.timezone or zone_of(contact.phones[0] if contact.phones else "")
    zone = zone or account.timezone
    values = {
        "lead": _lead(tx, account_id, contact),
        "user": _user(tx, account_id, user_id),
        "account": {"name": account.name, "timezone": account.timezone, "country": account.country}
        | {name: account.values[name] for name in ("currency", "locale", "postal_address")},
        "now": to_datetime(tx.now),
    }
    return (
        fill(body, values, zone)[0],
        None if subject is None else fill(subject, values, zone)[0],
        None if html is None else fill(html, values, zone, is_html=True)[0],
    )


def _lead(tx: ReadTx, account_id: str, contact: Contact) -> Mapping[str, Any]:
    profile = contact.profile
    stage = None
    if profile.pipeline_stage_id is not None:
        stage = stages_by_id(list_pipelines(tx, account_id)).get(profile.pipeline_stage_id)
    fields = [field for field in list_fields(tx, account_id) if not field.is_builtin]
    return {
        **asdict(profile),
        "id": contact.id,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "name": contact.name,
        "company": contact.company,
        "email": contact.emails[0] if contact.emails else None,
        "phone": contact.phones[0] if contact.phones else None,
        "tags": contact.tags,
        "pipeline_stage": None if stage is None else stage.name,
        "created_at": to_datetime(contact.created_at),
        "custom": {
            field.field_name: custom_value(field, contact.custom[field.field_name])
            if field.field_name in contact.custom
            else None
            for field in fields
        },
    }


def _user(tx: ReadTx, account_id: str, user_id: str | None) -> Mapping[str, Any]:
    row = None
    if user_id is not None:
        row = tx.first(_USER, {"account_id": account_id, "user_id": user_id})
    return {"name": None, "email": None} if row is None else {"name": row.name, "email": row.email}
