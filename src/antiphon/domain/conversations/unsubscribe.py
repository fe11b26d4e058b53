"""Marketing mails: what ends them, and what they say of who sends them (contracts/votel.md 8)."""

from __future__ import annotations

from html import escape

from antiphon.core.clock import DAY
from antiphon.core.crypto import Signer
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import DomainError
from antiphon.domain.accounts.account_settings import get_account_settings
from antiphon.domain.contacts.commands import suppress
from antiphon.domain.contacts.queries import ALL_CHANNELS
from antiphon.domain.conversations.records import Channel

LINK_MS = 5 * 365 * DAY
REASON = "unsubscribe"
_TOKEN_USE = "unsubscribe"  # noqa: S105 (names the use of a token, is none)


def unsubscribe_url(origin: str, signer: Signer, account_id: str, address: str, now: int) -> str:
    """The address that ends the account's marketing mails to somebody; good for five years."""
    payload = {"use": _TOKEN_USE, "account": account_id, "address": address}
    return f"{origin}/api/public/unsubscribe/{signer.issue(payload, now + LINK_MS)}"


def read_unsubscribe(signer: Signer, token: str, now: int) -> tuple[str, str] | None:
    """Account and address of a token; None for one that is damaged, expired or for something else."""
    payload = signer.read(token, now)
    if payload is None or payload.get("use") != _TOKEN_USE:
        return None
    return str(payload["account"]), str(payload["address"])


def unsubscribe(tx: WriteTx, account_id: str, address: str, *, everything: bool) -> None:
    """No more mails to the address, or no more messages at all; twice is once."""
    suppress(tx, account_id, ALL_CHANNELS if everything else Channel.EMAIL.value, address, REASON)


def check_postal_address(tx: ReadTx, account_id: str) -> str:
    """What stands below marketing mails. Raises DomainError `missing_address`."""
    text = str(get_account_settings(tx, account_id).values["postal_address"]).strip()
    if not text:
        raise DomainError(
            "marketing mails need the account's postal address", field="purpose", code="missing_address"
        )
    return text


def signed_off(text: str, html: str | None, postal_address: str, url: str) -> tuple[str, str | None]:
    """The mail's texts with who sends it and how it ends."""
    plain = f"{text}\n\n--\n{postal_address}\nNo more of these mails: {url}\n"
    if html is None:
        return plain, None
    lines = escape(postal_address).replace("\n", "<br>")
    return plain, f'{html}\n<p>{lines}<br><a href="{escape(url)}">No more of these mails</a></p>\n'
