"""A recording channel as the data of its events: the row, times in milliseconds."""

from __future__ import annotations

from typing import Any

import msgspec

from antiphon.core.db.transaction import ReadTx
from antiphon.domain.accounts.queries import get_account
from antiphon.domain.channels.records import Channel


def snapshot(tx: ReadTx, channel: Channel) -> dict[str, Any]:
    """With the workspace's name, which stands in the address of a hosted page."""
    return {
        "channel": msgspec.to_builtins(channel),
        "subdomain": get_account(tx, channel.account_id).subdomain,
    }
