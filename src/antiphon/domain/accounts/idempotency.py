"""The first answer of a request that is repeated under its key (contracts/votel.md 0.8)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects import postgresql, sqlite

from antiphon.core.clock import DAY
from antiphon.core.db.transaction import AnyRow, ReadTx, WriteTx
from antiphon.core.errors import DomainError
from antiphon.domain.accounts.tables import idempotency_keys

KEPT_MS = DAY
LOCK_WAIT = "10s"
"""How long a repetition waits for the first one."""

k = idempotency_keys.c
_INSERT = {
    "sqlite": sqlite.insert(idempotency_keys).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(idempotency_keys).on_conflict_do_nothing(),
}
_OWN = (
    k.account_id == bindparam("p_account"),
    k.user_id == bindparam("p_user"),
    k.key == bindparam("p_key"),
)
_FOUND = select(k.path, k.body_hash, k.status, k.body, k.created_at).where(*_OWN)
_DROP_STALE = idempotency_keys.delete().where(*_OWN, k.created_at < bindparam("p_before"))
_STORE = idempotency_keys.update().where(*_OWN).values(status=bindparam("p_status"), body=bindparam("p_body"))


@dataclass(frozen=True, slots=True)
class Repeatable:
    """A request under a key: who asks, where, and the hash of what is asked."""

    account_id: str
    user_id: str
    key: str
    path: str
    body_hash: str


def begin_once(tx: WriteTx, request: Repeatable) -> tuple[int, bytes] | None:
    """The answer that the request had already; None when it is the first one and may act.

    A first one that still runs is waited for. Raises DomainError `idempotency_mismatch`.
    """
    own = {"p_account": request.account_id, "p_user": request.user_id, "p_key": request.key}
    if tx.dialect == "postgresql":
        tx.execute(text(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'"))
    tx.execute(_DROP_STALE, {**own, "p_before": tx.now - KEPT_MS})
    row = {
        "account_id": request.account_id,
        "user_id": request.user_id,
        "key": request.key,
        "path": request.path,
        "body_hash": request.body_hash,
        "created_at": tx.now,
    }
    if tx.execute(_INSERT[tx.dialect], row).rowcount == 1:
        return None
    return _answer(tx.first(_FOUND, own), request)


def find_answer(tx: ReadTx, request: Repeatable) -> tuple[int, bytes] | None:
    """The answer that the request had already, without waiting for one that still runs.

    Raises DomainError `idempotency_mismatch`.
    """
    own = {"p_account": request.account_id, "p_user": request.user_id, "p_key": request.key}
    found = tx.first(_FOUND, own)
    if found is None or found.created_at < tx.now - KEPT_MS:
        return None
    return _answer(found, request)


def _answer(found: AnyRow | None, request: Repeatable) -> tuple[int, bytes]:
    if found is None or found.path != request.path or found.body_hash != request.body_hash:
        raise DomainError(
            "the key belongs to another request", field="Idempotency-Key", code="idempotency_mismatch"
        )
    return found.status, found.body.encode()


def finish_once(tx: WriteTx, request: Repeatable, status: int, body: bytes) -> None:
    """Keep the answer for 24 hours."""
    tx.execute(
        _STORE,
        {
            "p_account": request.account_id,
            "p_user": request.user_id,
            "p_key": request.key,
            "p_status": status,
            "p_body": body.decode(),
        },
    )


def purge_keys(tx: WriteTx, before: int) -> int:
    """Delete answers made before; returns how many."""
    # unscoped: scheduled, for the installation
    return tx.execute(idempotency_keys.delete().where(k.created_at < before)).rowcount
