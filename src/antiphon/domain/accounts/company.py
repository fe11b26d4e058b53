"""What an account has set for itself (contracts/vocatech.md 5.6)."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import DomainError, NotFoundError
from antiphon.core.events import Event
from antiphon.core.languages import is_language
from antiphon.core.zones import is_zone
from antiphon.domain.accounts.records import Company
from antiphon.domain.accounts.tables import accounts

MAX_RETENTION_DAYS = 36_500
SWITCHES = ("recording_enabled", "transcription_enabled", "summary_enabled", "sentiment_enabled")
_STORED = (*SWITCHES, "recording_retention_days", "language")

_COMPANY = Prepared(
    select(accounts.c.name, accounts.c.timezone, accounts.c.country, accounts.c.settings).where(
        accounts.c.id == bindparam("account_id")
    )
)
_LOCK = select(accounts.c.settings).where(accounts.c.id == bindparam("account_id")).with_for_update()
_UPDATE = (
    accounts.update()
    .where(accounts.c.id == bindparam("p_account"))
    .values(
        name=bindparam("p_name"),
        timezone=bindparam("p_timezone"),
        country=bindparam("p_country"),
        settings=bindparam("p_settings"),
    )
)


def get_company(tx: ReadTx, account_id: str) -> Company:
    """Raises NotFoundError."""
    row = tx.first(_COMPANY, {"account_id": account_id})
    if row is None:
        raise NotFoundError("Account not found")
    stored = _decode(row.settings)
    return Company(
        row.name, row.timezone, row.country, **{name: stored[name] for name in _STORED if name in stored}
    )


def update_company(tx: WriteTx, account_id: str, changes: dict[str, Any]) -> Company:
    """Change any field of Company; other settings of the account stay. Raises NotFoundError, DomainError."""
    stored = _decode(tx.scalar(_LOCK, {"account_id": account_id}) or "{}")
    company = replace(get_company(tx, account_id), **changes)
    if not company.name.strip():
        raise DomainError("A name is needed", field="company_name")
    if not is_zone(company.timezone):
        raise DomainError("Not an IANA time zone name or UTC", field="timezone")
    if not 1 <= company.recording_retention_days <= MAX_RETENTION_DAYS:
        raise DomainError(f"1 to {MAX_RETENTION_DAYS} days", field="recording_retention_days")
    if not is_language(company.language):
        raise DomainError("Not a language tag such as en-US", field="language")
    values = asdict(company)
    tx.execute(
        _UPDATE,
        {
            "p_account": account_id,
            "p_name": company.name.strip(),
            "p_timezone": company.timezone,
            "p_country": company.country.upper(),
            "p_settings": msgspec.json.encode(stored | {name: values[name] for name in _STORED}).decode(),
        },
    )
    tx.emit(Event(account_id, "account.updated", account_id))
    return get_company(tx, account_id)


def _decode(text: str) -> dict[str, Any]:
    return msgspec.json.decode(text, type=dict[str, Any])
