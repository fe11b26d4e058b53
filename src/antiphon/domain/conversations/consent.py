"""Who may be written to, and when (contracts/votel.md 1.2, 3.5)."""

from __future__ import annotations

from antiphon.core.db.transaction import ReadTx
from antiphon.core.phones import zone_of
from antiphon.domain.accounts.account_settings import get_account_settings
from antiphon.domain.accounts.quiet_hours import quiet_until
from antiphon.domain.contacts.queries import is_suppressed
from antiphon.domain.contacts.records import Contact
from antiphon.domain.conversations.errors import OptedOutError
from antiphon.domain.conversations.records import Channel, Purpose

AUTOMATIC = frozenset({"workflow", "campaign", "bulk", "waitlist"})
"""The sources that nobody waits for."""


def check_consent(
    tx: ReadTx,
    account_id: str,
    contact: Contact | None,
    channel: Channel,
    to: str,
    *,
    purpose: Purpose,
    is_personal: bool,
) -> None:
    """Raises OptedOutError on `to`; `is_personal` is what somebody writes by hand to one person.

    There are no consents given yet, so that marketing is refused where the account asks for them.
    """
    if is_suppressed(tx, account_id, channel.value, to):
        raise OptedOutError("has opted out", field="to")
    is_answer = is_personal and purpose is Purpose.TRANSACTIONAL
    if contact is not None and contact.profile.dnd and not is_answer:
        raise OptedOutError("does not want to be contacted", field="to")
    if (
        purpose is Purpose.MARKETING
        and channel.value in get_account_settings(tx, account_id).values["require_consent"]
    ):
        raise OptedOutError(f"has not agreed to marketing by {channel}", field="to")


def quiet_end(tx: ReadTx, account_id: str, contact: Contact, source: str, purpose: Purpose, at: int) -> int:
    """When a message for that moment may leave, in milliseconds: later only for what is automatic."""
    if source not in AUTOMATIC and purpose is not Purpose.MARKETING:
        return at
    account = get_account_settings(tx, account_id)
    phone = contact.phones[0] if contact.phones else ""
    zone = contact.profile.timezone or zone_of(phone) or account.timezone
    return quiet_until(account.values["quiet_hours"], zone, at) or at
