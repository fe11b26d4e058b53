"""Reads of recording channels."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Row, bindparam, select

from antiphon.core.db.transaction import ReadTx
from antiphon.core.errors import NotFoundError
from antiphon.domain.accounts.tables import accounts
from antiphon.domain.channels.records import Channel, ChannelKind
from antiphon.domain.channels.tables import channels

_LIVE = select(channels).where(channels.c.deleted_at.is_(None))
_BY_ID = _LIVE.where(channels.c.id == bindparam("channel_id"))
_OWN = _BY_ID.where(channels.c.account_id == bindparam("account_id"))
_LIST = _LIVE.where(channels.c.account_id == bindparam("account_id")).order_by(
    channels.c.created_at.desc(), channels.c.id.desc()
)
_HOSTED = (
    _LIVE.join(accounts, accounts.c.id == channels.c.account_id)
    .where(accounts.c.subdomain == bindparam("subdomain"), channels.c.slug == bindparam("slug"))
    .where(channels.c.kind == ChannelKind.CAMPAIGN.value)
)


def to_channel(row: Row[Any]) -> Channel:
    return Channel(
        row.id,
        row.account_id,
        ChannelKind(row.kind),
        row.name,
        row.host,
        row.slug,
        row.greeting,
        tuple(msgspec.json.decode(row.notify_emails, type=list[str])),
        row.is_active,
        row.voicegram_count,
        row.last_seen_at,
        row.created_at,
        row.updated_at,
    )


def get_channel(tx: ReadTx, account_id: str, channel_id: str) -> Channel:
    """Raises NotFoundError for absent, deleted and foreign channels alike."""
    row = tx.first(_OWN, {"account_id": account_id, "channel_id": channel_id})
    if row is None:
        raise NotFoundError("Recording channel not found")
    return to_channel(row)


def find_public_channel(tx: ReadTx, channel_id: str) -> Channel | None:
    """A channel by its id alone, for senders, who know no account."""
    row = tx.first(_BY_ID, {"channel_id": channel_id})
    return None if row is None else to_channel(row)


def find_hosted_channel(tx: ReadTx, subdomain: str, slug: str) -> Channel | None:
    """The campaign at `/v/<subdomain>/<slug>` (contracts/voicegram.md 9)."""
    row = tx.first(_HOSTED, {"subdomain": subdomain, "slug": slug})
    return None if row is None else to_channel(row)


def list_channels(tx: ReadTx, account_id: str) -> list[Channel]:
    """All channels of the account, inactive ones too, newest first."""
    return [to_channel(row) for row in tx.all(_LIST, {"account_id": account_id})]
