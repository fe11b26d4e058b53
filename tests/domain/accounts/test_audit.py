"""The audit log (contracts/votel.md 11.1)."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import select

from antiphon.core.actors import Actor, acting_as
from antiphon.core.db.database import Database
from antiphon.core.db.transaction import WriteTx
from antiphon.core.ids import new_id
from antiphon.domain.accounts import audit
from antiphon.domain.accounts.commands import create_account, create_user
from antiphon.domain.accounts.records import Role
from antiphon.domain.accounts.tables import audit_log


def test_changes_name_what_differs_and_mask_secrets() -> None:
    """votel.md 11.1: `changes: [{field, from, to}]`; secrets masked."""
    before = {"name": "Old", "color": "red", "api_key": None}
    after = {"name": "New", "color": "red", "api_key": "sk_1", "webhook_secret": "whsec_1"}
    assert audit.changed(before, after) == [
        {"field": "name", "from": "Old", "to": "New"},
        {"field": "api_key", "from": None, "to": "***"},
        {"field": "webhook_secret", "from": None, "to": "***"},
    ]


async def test_an_entry_is_written_in_the_name_of_who_acts(database: Database) -> None:
    """votel.md 11.1: an entry names actor, key, address, action, target; a failed change leaves none."""
    account = await database.write(create_account, name="Audited")
    user_id = await database.write(
        create_user, account.id, email="a@example.org", name="Ada", role=Role.ADMIN, password_hash=None
    )

    def change(tx: WriteTx, label: str, *, fail: bool = False) -> None:
        audit.record(tx, account.id, "channel.updated", audit.Target("channel", "c1", label))
        if fail:
            raise LookupError

    key_id = new_id()
    with acting_as(Actor("api", user_id, key_id=key_id, ip="192.0.2.1")):
        await database.write(change, "Kept")
        with pytest.raises(LookupError):
            await database.write(change, "Lost", fail=True)
    (row,) = await database.read(
        lambda tx: tx.all(select(audit_log).where(audit_log.c.account_id == account.id))
    )
    assert (row.actor_kind, row.actor_id, row.actor_name, row.key_id) == ("api", user_id, "Ada", key_id)
    assert (row.ip, row.action, row.target_label) == ("192.0.2.1", "channel.updated", "Kept")
    assert msgspec.json.decode(row.changes) == []
