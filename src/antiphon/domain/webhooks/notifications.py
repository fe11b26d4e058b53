"""The mail that tells an account's admins of a disabled subscription."""

from __future__ import annotations

from antiphon.core.crypto import Cipher
from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import Event
from antiphon.domain.accounts.preferences import wants_mail
from antiphon.domain.accounts.queries import list_people
from antiphon.domain.accounts.records import Role
from antiphon.domain.mails.commands import queue_mail
from antiphon.domain.webhooks.queries import get_subscription


class DisabledMail:
    """Reaction to `webhook.disabled`: one mail to each admin who wants it (contracts/voicegram.md 7.3)."""

    def __init__(self, cipher: Cipher, origin: str) -> None:
        self._cipher = cipher
        self._origin = origin

    def __call__(self, tx: WriteTx, event: Event) -> None:
        subscription = get_subscription(tx, event.account_id, event.object_id)
        for person in list_people(tx, event.account_id):
            if person.role >= Role.ADMIN and wants_mail(tx, event.account_id, person.id, "webhook.disabled"):
                queue_mail(
                    tx,
                    self._cipher,
                    account_id=event.account_id,
                    recipient=person.email,
                    subject="A webhook was switched off",
                    text=(
                        f"Deliveries to {subscription.url} keep failing ({subscription.last_error}), "
                        "so the subscription was switched off.\n"
                        "It can be switched on again within 90 days, once the receiver answers: "
                        f"{self._origin}/dashboard/settings/webhooks"
                    ),
                )
