"""Leads and what belongs to them in this contract's shapes (contracts/votel.md 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from antiphon.core.clock import to_iso, to_iso_or_none
from antiphon.domain.contacts.activities import Activity, ActivityType
from antiphon.domain.contacts.fields import custom_value
from antiphon.domain.contacts.layout import Category, ShownField
from antiphon.domain.contacts.pipelines import Pipeline
from antiphon.domain.contacts.tag_commands import Tag
from antiphon.domain.leads import Address, Consent, Lead
from antiphon.domain.timeline import Line

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


def note_view(note: Activity) -> dict[str, Any]:
    return {
        "id": note.id,
        "lead_id": note.contact_id,
        "content": note.content,
        "pinned": note.is_pinned,
        "author": {"kind": note.actor_kind, "id": note.actor_id, "name": note.actor_name or None},
        "created_at": to_iso(note.created_at),
        "updated_at": to_iso(note.updated_at),
    }


def activity_view(made: Activity) -> dict[str, Any]:
    return {
        "id": made.id,
        "activity_type": made.type.value,
        "type": made.type.value,
        "subtype": made.subtype,
        "summary": made.summary,
        "content": made.content or None,
        "actor": {"kind": made.actor_kind, "id": made.actor_id, "name": made.actor_name or None},
        "ref": {"kind": "note", "id": made.id} if made.type is ActivityType.NOTE else None,
        "created_at": to_iso(made.at),
    }


def line_view(line: Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "activity_type": line.type.value,
        "type": line.type.value,
        "subtype": line.subtype,
        "summary": line.summary,
        "content": line.content or None,
        "actor": {"kind": line.actor_kind, "id": line.actor_id, "name": line.actor_name},
        "ref": None if line.ref is None else {"kind": line.ref[0], "id": line.ref[1]},
        "created_at": to_iso(line.at),
    }


def tag_view(tag: Tag) -> dict[str, Any]:
    return {
        "id": tag.id,
        "name": tag.name,
        "color": tag.color,
        "lead_count": tag.lead_count,
        "created_at": to_iso(tag.created_at),
        "updated_at": to_iso(tag.updated_at),
    }


def category_view(category: Category) -> dict[str, Any]:
    return {"name": category.name, "fields": [field_view(field) for field in category.fields]}


def field_view(field: ShownField) -> dict[str, Any]:
    return {
        "field_name": field.field_name,
        "label": field.label,
        "data_type": field.data_type,
        "visible": field.visible,
        "is_custom": field.is_custom,
        "options": [{"label": option.label, "value": option.value} for option in field.options],
    }


def pipeline_view(pipeline: Pipeline, counts: Mapping[str, int]) -> dict[str, Any]:
    return {
        "id": pipeline.id,
        "name": pipeline.name,
        "columns": [
            {
                "id": stage.id,
                "name": stage.name,
                "color": stage.color,
                "position": stage.position,
                "kind": stage.kind,
                "probability": stage.probability,
                "lead_count": counts.get(stage.id, 0),
            }
            for stage in pipeline.stages
        ],
    }
