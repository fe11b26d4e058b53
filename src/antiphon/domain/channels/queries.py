"""Reads of recording channels."""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, select

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.transaction import AnyRow, ReadTx
from antiphon.core.errors import NotFoundError
from antiphon.domain.accounts.tables import accounts
from antiphon.domain.channels.records import Channel, ChannelKind, ChannelStatus
from antiphon.domain.channels.tables import channels

_LIVE = select(channels).where(channels.c.deleted_at.is_(None))
# unscoped: senders know no account
_BY_ID = Prepared(_LIVE.where(channels.c.id == bindparam("channel_id")))
_OWN = Prepared(
    _LIVE.where(channels.c.account_id == bindparam("account_id"), channels.c.id == bindparam("channel_id"))
)
_LIST = _LIVE.where(channels.c.account_id == bindparam("account_id")).order_by(
    channels.c.created_at.desc(), channels.c.id.desc()
)
# unscoped: a page is found by its workspace and slug
_HOSTED = (
    select(channels)
    .join(accounts, accounts.c.id == channels.c.account_id)
    .where(accounts.c.subdomain == bindparam("subdomain"), channels.c.slug == bindparam("slug"))
    .where(channels.c.kind == ChannelKind.CAMPAIGN.value)
    .order_by(channels.c.deleted_at.is_not(None), channels.c.deleted_at.desc())
    .limit(1)
)
_HOSTED_LIVE = Prepared(_HOSTED.where(channels.c.deleted_at.is_(None)))


def to_channel(row: AnyRow) -> Channel:
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
        ChannelStatus(row.status),
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


def find_hosted_channel(
    tx: ReadTx, subdomain: str, slug: str, *, include_deleted: bool = False
) -> Channel | None:
    """The campaign at `/v/<subdomain>/<slug>` (contracts/voicegram.md 9).

    A deleted one is found only to say that it is closed.
    """
    row = tx.first(_HOSTED if include_deleted else _HOSTED_LIVE, {"subdomain": subdomain, "slug": slug})
    return None if row is None else to_channel(row)


def list_channels(tx: ReadTx, account_id: str) -> list[Channel]:
    """All channels of the account, inactive ones too, newest first."""
    return [to_channel(row) for row in tx.all(_LIST, {"account_id": account_id})]


# unscoped: a preflight names only a host
_HOST_KNOWN = select(channels.c.id).where(
    channels.c.deleted_at.is_(None), channels.c.host.in_(bindparam("hosts", expanding=True))
)


def is_channel_host(tx: ReadTx, host: str) -> bool:
    """Whether any channel of any account is embedded on this host or a parent of it."""
    labels = host.split(".")
    hosts = [".".join(labels[start:]) for start in range(min(len(labels), 20))]
    return tx.scalar(_HOST_KNOWN.limit(1), {"hosts": hosts}) is not None
