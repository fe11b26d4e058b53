"""What works and what does not: one event and one audit entry for each change of a status (votel.md 16)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import Event
from antiphon.domain.accounts import audit


def tell_status(
    tx: WriteTx,
    account_id: str,
    event_type: str,
    target: audit.Target,
    *,
    before: str,
    after: str,
    reason: str | None,
    data: Mapping[str, Any],
) -> None:
    """Emit `<object>.status_changed` with the object's data and record the change; the two differ."""
    told = {**data, "from": before, "to": after, "reason": reason}
    tx.emit(Event(account_id, event_type, target.id, told))
    changes = audit.changed({"status": before}, {"status": after, "reason": reason})
    audit.record(tx, account_id, f"{target.kind}.status_changed", target, changes)
