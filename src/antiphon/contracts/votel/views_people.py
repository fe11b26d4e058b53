"""People in this contract's shapes (contracts/votel.md 11.2)."""

from __future__ import annotations

from typing import Any

from antiphon.core.clock import to_iso
from antiphon.domain.accounts.records import Invitation, Member


def member_view(member: Member) -> dict[str, Any]:
    return {
        "id": member.user_id,
        "name": member.name,
        "email": member.email,
        "role": member.role.label,
        "status": member.status.value,
        "extension": member.extension,
        "team_ids": [],
        "schedule_id": None,
        "ring_seconds": member.settings.ring_seconds,
        "forward_to": member.settings.forward_to,
        "do_not_disturb": member.settings.do_not_disturb,
        "voicemail_enabled": member.settings.voicemail_enabled,
        "created_at": to_iso(member.created_at),
        "updated_at": to_iso(member.updated_at),
    }


def option_view(member: Member, *, whole: bool) -> dict[str, Any]:
    view = {"id": member.user_id, "name": member.name}
    if whole:
        view |= {"email": member.email, "role": member.role.label, "status": member.status.value}
    return view


def invitation_view(invitation: Invitation, now: int) -> dict[str, Any]:
    return {
        "id": invitation.id,
        "user_id": invitation.user_id,
        "email": invitation.email,
        "name": invitation.name,
        "role": invitation.role.label,
        "status": "pending" if invitation.expires_at > now else "expired",
        "invited_by_id": invitation.invited_by_id,
        "created_at": to_iso(invitation.created_at),
        "expires_at": to_iso(invitation.expires_at),
    }
