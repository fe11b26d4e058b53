"""Claiming work on SQLite: which jobs a queue manager may run next, in one write transaction."""

# ruff: noqa: S608  the interpolated fragments are constants of this module

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Row, TextClause, text

from antiphon.core.db.transaction import ReadTx, WriteTx

_IN_NAMES = "name IN (SELECT value FROM json_each(:names))"

_HAS_WORK = text(
    f"""SELECT EXISTS (SELECT 1 FROM jobs WHERE status = 'queued' AND {_IN_NAMES})
            OR EXISTS (SELECT 1 FROM jobs
                       WHERE status = 'deferred' AND execute_after <= :now AND {_IN_NAMES})
            OR EXISTS (SELECT 1 FROM jobs
                       WHERE status = 'picked' AND heartbeat_at <= :stale AND {_IN_NAMES})"""
)
_PROMOTE = text("UPDATE jobs SET status = 'queued' WHERE status = 'deferred' AND execute_after <= :now")
_OWN_PICKED = text(
    f"""SELECT count(*) FROM jobs
        WHERE status = 'picked' AND queue_manager_id = :manager AND {_IN_NAMES}"""
)
_PICKED_BY_NAME = text(
    f"SELECT name, count(*) AS held FROM jobs WHERE status = 'picked' AND {_IN_NAMES} GROUP BY name"
)
_STALE = text(
    f"""SELECT id, priority FROM jobs
        WHERE status = 'picked' AND heartbeat_at <= :stale AND execute_after <= :now AND {_IN_NAMES}
        ORDER BY priority DESC, id LIMIT :batch"""
)
_PICK = text(
    """UPDATE jobs
       SET status = 'picked', queue_manager_id = :manager, updated_at = :now, heartbeat_at = :now
       WHERE id IN (SELECT value FROM json_each(:ids))
       RETURNING *"""
)


@cache
def _ready(count: int) -> TextClause:
    """Candidates of `count` job names, each capped by its own limit, so that a full name hides no other."""
    parts = " UNION ALL ".join(
        f"""SELECT * FROM (SELECT id, priority FROM jobs WHERE status = 'queued' AND name = :name_{i}
            ORDER BY priority DESC, id LIMIT :limit_{i})"""
        for i in range(count)
    )
    return text(f"SELECT id, priority FROM ({parts}) ORDER BY priority DESC, id LIMIT :batch")


@dataclass(frozen=True, slots=True)
class Claim:
    """One request for work; `limits` maps each job name to its concurrency limit (0: none)."""

    manager: str
    batch: int
    limits: dict[str, int]
    names_json: str
    manager_limit: int | None
    lease_ms: int


def has_work(tx: ReadTx, claim: Claim) -> bool:
    """Whether a claim could find anything; lets an idle queue live without write transactions."""
    stale = tx.now - claim.lease_ms
    return bool(tx.scalar(_HAS_WORK, {"names": claim.names_json, "now": tx.now, "stale": stale}))


def claim_jobs(tx: WriteTx, claim: Claim) -> list[Row[Any]]:
    """Mark due and stale jobs as picked, highest priority first, within all limits."""
    names = {"names": claim.names_json}
    batch = claim.batch
    if claim.manager_limit is not None:
        held = tx.scalar(_OWN_PICKED, names | {"manager": claim.manager})
        batch = min(batch, claim.manager_limit - held)
        if batch <= 0:
            return []
    tx.execute(_PROMOTE, {"now": tx.now})
    picked = (
        {row.name: row.held for row in tx.all(_PICKED_BY_NAME, names)} if any(claim.limits.values()) else {}
    )
    parameters: dict[str, Any] = {"batch": batch}
    for i, (name, limit) in enumerate(claim.limits.items()):
        parameters[f"name_{i}"] = name
        parameters[f"limit_{i}"] = min(batch, max(limit - picked.get(name, 0), 0)) if limit > 0 else batch
    found = list(tx.all(_ready(len(claim.limits)), parameters))
    # A stale job already counts as running, so taking it over needs no free place under its limit.
    found += tx.all(_STALE, names | {"now": tx.now, "stale": tx.now - claim.lease_ms, "batch": batch})
    if not found:
        return []
    found.sort(key=lambda row: (-row.priority, row.id))
    ids = [row.id for row in found[:batch]]
    rows = tx.all(_PICK, {"ids": json.dumps(ids), "manager": claim.manager, "now": tx.now})
    return sorted(rows, key=lambda row: (-row.priority, row.id))
