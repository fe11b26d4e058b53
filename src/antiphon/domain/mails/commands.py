"""Writes of the mail outbox."""

from __future__ import annotations

import msgspec

from antiphon.core.crypto import Cipher
from antiphon.core.db.transaction import WriteTx
from antiphon.core.ids import new_id
from antiphon.domain.mails.tables import mails


def queue_mail(
    tx: WriteTx,
    cipher: Cipher,
    *,
    account_id: str | None,
    recipient: str,
    subject: str,
    text: str,
    html: str | None = None,
) -> str:
    """Send a mail once the transaction commits; returns its id. Its body is sealed and erased once sent."""
    mail_id = new_id()
    body = msgspec.json.encode({"text": text, "html": html})
    tx.execute(
        mails.insert(),
        {
            "id": mail_id,
            "account_id": account_id,
            "recipient": recipient,
            "subject": " ".join(subject.split())[:200],
            "sealed_body": cipher.seal(body, f"mail:{mail_id}"),
            "status": "queued",
            "created_at": tx.now,
        },
    )
    tx.enqueue("mails.send", {"mail_id": mail_id}, key=f"mails.send:{mail_id}", priority=5)
    return mail_id


def finish_mail(tx: WriteTx, mail_id: str, error: str | None) -> None:
    """Record the outcome and erase the body."""
    # unscoped: the outbox sends by the mail's id
    tx.execute(
        mails.update()
        .where(mails.c.id == mail_id)
        .values(
            status="sent" if error is None else "failed", error=error, sealed_body=None, finished_at=tx.now
        )
    )


def purge_mails(tx: WriteTx, before: int) -> int:
    """Delete finished rows created before; returns how many."""
    # unscoped: scheduled, for the installation
    return tx.execute(mails.delete().where(mails.c.created_at < before, mails.c.status != "queued")).rowcount
