"""The account in this contract's shape (contracts/votel.md 11.1)."""

from __future__ import annotations

from typing import Any

from antiphon.core.clock import to_iso
from antiphon.domain.accounts.account_settings import AccountSettings

RETENTION = {
    "recordings_days": "recording_retention_days",
    "transcripts_days": "transcript_retention_days",
    "messages_days": "message_retention_days",
}


def account_view(account: AccountSettings) -> dict[str, Any]:
    values = dict(account.values)
    retention = {name: values.pop(stored) for name, stored in RETENTION.items()}
    return {
        "id": account.id,
        "name": account.name,
        "slug": account.slug,
        "plan": account.plan,
        "timezone": account.timezone,
        "country": account.country,
        **values,
        "retention": retention,
        "created_at": to_iso(account.created_at),
        "updated_at": to_iso(account.updated_at),
    }
