"""A subscription as the data of its events: the row without its secrets, times in milliseconds."""

from __future__ import annotations

from typing import Any

import msgspec

from antiphon.domain.webhooks.records import Subscription


def snapshot(subscription: Subscription) -> dict[str, Any]:
    return {"webhook": msgspec.to_builtins(subscription)}
