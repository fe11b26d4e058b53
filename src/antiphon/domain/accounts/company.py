"""What an account has set for itself (contracts/vocatech.md 5.6)."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import NotFoundError
from antiphon.domain.accounts.account_settings import SWITCHES, update_account
from antiphon.domain.accounts.records import Company
from antiphon.domain.accounts.tables import accounts

_STORED = (*SWITCHES, "recording_retention_days", "language")

_COMPANY = Prepared(
    select(accounts.c.name, accounts.c.timezone, accounts.c.country, accounts.c.settings).where(
        accounts.c.id == bindparam("account_id")
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
    update_account(tx, account_id, changes)
    return get_company(tx, account_id)


def _decode(text: str) -> dict[str, Any]:
    return msgspec.json.decode(text, type=dict[str, Any])
