"""A sender proves an email address by a mailed code (contracts/voicegram.md 9, contracts/votel.md 18)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from antiphon.core.clock import DAY, MINUTE
from antiphon.core.crypto import Cipher, Signer, new_code
from antiphon.core.db.transaction import WriteTx
from antiphon.core.ids import new_id
from antiphon.domain.channels.records import Channel
from antiphon.domain.channels.tables import channels, sender_codes
from antiphon.domain.mails.commands import queue_mail

CODE_MS = 10 * MINUTE
CODE_TRIES = 5
SENDER_TOKEN_MS = 30 * DAY

_TOKEN_USE = "sender"  # noqa: S105 (names the use of a token, is none)

_LOCK = (
    select(channels.c.id)
    .where(channels.c.account_id == bindparam("account_id"), channels.c.id == bindparam("channel_id"))
    .with_for_update(key_share=True)
)
_LIVE = (
    sender_codes.c.account_id == bindparam("p_account"),
    sender_codes.c.channel_id == bindparam("p_channel"),
    sender_codes.c.email == bindparam("p_email"),
    sender_codes.c.voided_at.is_(None),
)
_VOID = sender_codes.update().where(*_LIVE).values(voided_at=bindparam("p_now"))
# One statement, so that guesses made at the same moment cannot share a try.
_TAKE_TRY = (
    sender_codes.update()
    .where(*_LIVE, sender_codes.c.tries_left > 0, sender_codes.c.expires_at > bindparam("p_now"))
    .values(tries_left=sender_codes.c.tries_left - 1)
    .returning(sender_codes.c.code_hash, sender_codes.c.tries_left)
)


@dataclass(frozen=True, slots=True)
class CodeCheck:
    """`tries_left` is None when there was no code to try against: expired, used, replaced or used up."""

    accepted: bool
    tries_left: int | None


def issue_code(tx: WriteTx, signer: Signer, cipher: Cipher, channel: Channel, email: str) -> None:
    """Mail a new code of six digits, valid 10 minutes; it voids the address's old one for this channel."""
    # Two requests at once must not leave two live codes.
    tx.execute(_LOCK, {"account_id": channel.account_id, "channel_id": channel.id})
    tx.execute(_VOID, {**_owner(channel, email), "p_now": tx.now})
    code = new_code()
    tx.execute(
        sender_codes.insert(),
        {
            "id": new_id(),
            "account_id": channel.account_id,
            "channel_id": channel.id,
            "email": email,
            "code_hash": _hash(signer, channel, email, code),
            "tries_left": CODE_TRIES,
            "created_at": tx.now,
            "expires_at": tx.now + CODE_MS,
        },
    )
    queue_mail(
        tx,
        cipher,
        account_id=channel.account_id,
        recipient=email,
        subject=f"Your code for {channel.name}",
        text=(
            f"Your code is {code}\n\n"
            f"Enter it to leave a voice message for {channel.name}. It is valid for 10 minutes.\n"
            "If you did not ask for it, ignore this mail.\n"
        ),
    )


def check_code(tx: WriteTx, signer: Signer, channel: Channel, email: str, code: str) -> CodeCheck:
    """Use one of the five tries; the right code is used up by it."""
    owner = _owner(channel, email)
    row = tx.first(_TAKE_TRY, {**owner, "p_now": tx.now})
    if row is None:
        return CodeCheck(False, None)
    # The code is part of a signature, so a copy of the table alone does not give it away.
    if not signer.verify(_code_text(channel, email, code), row.code_hash):
        return CodeCheck(False, row.tries_left)
    tx.execute(_VOID, {**owner, "p_now": tx.now})
    return CodeCheck(True, row.tries_left)


def purge_codes(tx: WriteTx, before: int) -> int:
    """Delete codes that expired before; returns how many."""
    # unscoped: housekeeping over all accounts, expiry alone decides
    return tx.execute(sender_codes.delete().where(sender_codes.c.expires_at < before)).rowcount


def issue_sender_token(signer: Signer, channel: Channel, email: str, now: int) -> str:
    """What the sender's browser keeps for 30 days; good for this channel and address alone."""
    payload = {"use": _TOKEN_USE, "account": channel.account_id, "channel": channel.id, "email": email}
    return signer.issue(payload, now + SENDER_TOKEN_MS)


def read_sender_token(signer: Signer, channel: Channel, token: str, now: int) -> str | None:
    """The proven address, or None for a token that is damaged, expired or of another channel."""
    payload = signer.read(token, now)
    if payload is None or payload.get("use") != _TOKEN_USE:
        return None
    if payload["account"] != channel.account_id or payload["channel"] != channel.id:
        return None
    return str(payload["email"])


def _owner(channel: Channel, email: str) -> dict[str, str]:
    return {"p_account": channel.account_id, "p_channel": channel.id, "p_email": email}


def _code_text(channel: Channel, email: str, code: str) -> str:
    return f"sender_code\n{channel.id}\n{email}\n{code}"


def _hash(signer: Signer, channel: Channel, email: str, code: str) -> str:
    return signer.sign(_code_text(channel, email, code))
