"""The first account of an installation (contracts/votel.md 18)."""

from __future__ import annotations

from sqlalchemy import text

from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import DomainError, NotFoundError
from antiphon.core.zones import is_zone
from antiphon.domain.accounts import audit
from antiphon.domain.accounts.commands import create_account, create_user
from antiphon.domain.accounts.queries import count_accounts
from antiphon.domain.accounts.records import Account, Plan, Role

_LOCK_KEY = 0x5E7_0F
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")


def needs_setup(tx: ReadTx) -> bool:
    """Whether nobody has an account yet."""
    return count_accounts(tx) == 0


def set_up(
    tx: WriteTx,
    *,
    account_name: str,
    name: str,
    email: str,
    password_hash: str,
    country: str = "US",
    timezone: str = "UTC",
) -> tuple[Account, str]:
    """Create the first account and its owner: the account and the user's id.

    Raises NotFoundError when there is an account, also when two try at once; DomainError.
    """
    if tx.dialect == "postgresql":
        tx.execute(_LOCK, {"key": _LOCK_KEY})
    if not needs_setup(tx):
        raise NotFoundError("Not found")
    if not is_zone(timezone):
        raise DomainError("Not an IANA time zone name or UTC", field="timezone")
    account = create_account(tx, name=account_name, plan=Plan.BUSINESS, country=country, timezone=timezone)
    user_id = create_user(
        tx, account.id, email=email, name=name, role=Role.OWNER, password_hash=password_hash
    )
    audit.record(tx, account.id, "account.created", audit.Target("account", account.id, account.name))
    return account, user_id
