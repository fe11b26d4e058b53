"""An account with a campaign and a verified sender, as uploads need them."""

from __future__ import annotations

from dataclasses import dataclass

from antiphon.core.db.transaction import WriteTx
from antiphon.domain.accounts.commands import create_account, create_user
from antiphon.domain.accounts.records import Plan, Role
from antiphon.domain.channels.commands import create_channel
from antiphon.domain.channels.records import ChannelKind
from antiphon.domain.channels.verification import issue_sender_token
from antiphon.domain.services import Services
from antiphon.domain.webhooks.commands import create_subscription


@dataclass(frozen=True, slots=True)
class Campaign:
    account_id: str
    channel_id: str
    sender_token: str
    workspace: str = "bench"
    slug: str = "survey"


def make_campaign(tx: WriteTx, services: Services, webhook_url: str = "") -> Campaign:
    """With a person who is mailed, and by request a subscription."""
    account = create_account(tx, name="Bench", plan=Plan.PRO, subdomain="bench")
    email = "owner@example.org"
    create_user(tx, account.id, email=email, name="Owner", role=Role.OWNER, password_hash=None)
    channel = create_channel(tx, account.id, kind=ChannelKind.CAMPAIGN, name="Survey", slug="survey")
    if webhook_url:
        dialect = services.dialects["voicegram"]
        create_subscription(tx, services.cipher, dialect, account.id, url=webhook_url)
    token = issue_sender_token(services.signer, channel, "visitor@example.org", tx.now)
    return Campaign(account.id, channel.id, token)
