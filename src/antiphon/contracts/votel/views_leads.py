"""Leads and what belongs to them in this contract's shapes (contracts/votel.md 3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from antiphon.core.clock import to_iso, to_iso_or_none
from antiphon.domain.contacts.fields import custom_value
from antiphon.domain.leads import Address, Consent, Lead

_TOUCH = dict.fromkeys(
    ("source", "medium", "campaign", "term", "content", "referrer", "landing_page", "click_id", "at")
)


def lead_view(lead: Lead) -> dict[str, Any]:
    """Every key of contracts/votel.md 3.1."""
    contact, profile, stage = lead.contact, lead.contact.profile, lead.stage
    stage_name = None if stage is None else stage.name
    return {
        "id": contact.id,
        "first_name": contact.first_name or None,
        "last_name": contact.last_name or None,
        "name": contact.name,
        "email": contact.emails[0] if contact.emails else None,
        "phone": contact.phones[0] if contact.phones else None,
        "emails": _addresses(lead.emails),
        "phones": _addresses(lead.phones),
        "company": contact.company or None,
        "job_title": profile.job_title,
        "website": profile.website,
        "lead_source": profile.lead_source,
        "lifecycle_stage": profile.lifecycle_stage,
        "address": profile.address,
        "city": profile.city,
        "state": profile.state,
        "postal_code": profile.postal_code,
        "country": profile.country,
        "timezone": lead.zone,
        "timezone_guessed": profile.timezone is None and lead.zone is not None,
        "language": profile.language,
        "date_of_birth": profile.date_of_birth,
        "tags": contact.tags,
        "pipeline_id": None if stage is None else stage.pipeline_id,
        "pipeline_stage_id": None if stage is None else stage.id,
        "pipeline_stage": stage_name,
        "pipeline_stage_name": stage_name,
        "owner_id": profile.owner_id,
        "owner_name": lead.owner_name,
        "score": profile.score,
        "custom_fields": {
            field.field_name: custom_value(field, contact.custom[field.field_name])
            if field.field_name in contact.custom
            else None
            for field in lead.fields
        },
        "deal_value": profile.deal_value,
        "deal_currency": profile.deal_currency,
        "deal_status": None if stage is None else stage.kind,
        "dnd": profile.dnd,
        "consents": {channel: _consent(consent) for channel, consent in lead.consents.items()},
        "attribution": {"first": _TOUCH, "last": _TOUCH},
        "conversation_id": lead.conversation_id,
        "last_activity_at": to_iso_or_none(contact.last_activity_at),
        "last_inbound_at": to_iso_or_none(lead.last_inbound_at),
        "created_at": to_iso(contact.created_at),
        "updated_at": to_iso(contact.updated_at),
    }


def _addresses(addresses: Sequence[Address]) -> list[dict[str, Any]]:
    return [
        {
            "value": address.value,
            "label": address.label,
            "is_primary": index == 0,
            "verified": address.is_verified,
        }
        for index, address in enumerate(addresses)
    ]


def _consent(consent: Consent) -> dict[str, Any]:
    return {"status": consent.status, "source": consent.source, "at": to_iso_or_none(consent.at)}
