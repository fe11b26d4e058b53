"""Pipelines and their stages: where a contact stands on the way to a sale (contracts/votel.md 3.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from sqlalchemy import bindparam, select

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.transaction import ReadTx
from antiphon.domain.contacts.errors import ContactFieldError
from antiphon.domain.contacts.tables import pipeline_stages, pipelines

p, s = pipelines.c, pipeline_stages.c

_PIPELINES = Prepared(
    select(p.id, p.name, p.created_at, p.updated_at)
    .where(p.account_id == bindparam("account_id"))
    .order_by(p.created_at, p.id)
)
_STAGES = Prepared(
    select(s.id, s.pipeline_id, s.name, s.color, s.position, s.kind, s.probability)
    .where(s.account_id == bindparam("account_id"))
    .order_by(s.pipeline_id, s.position)
)
_DEFAULT_NAME = "Sales"
_DEFAULT_STAGES = (
    ("New", "#228be6", "open", 10),
    ("Contacted", "#15aabf", "open", 25),
    ("Qualified", "#7950f2", "open", 50),
    ("Proposal", "#fab005", "open", 75),
    ("Won", "#40c057", "won", 100),
    ("Lost", "#868e96", "lost", 0),
)


@dataclass(frozen=True, slots=True)
class Stage:
    """`kind` is open, won or lost; `probability` in percent."""

    id: str
    pipeline_id: str
    name: str
    color: str
    position: int
    kind: str
    probability: int


@dataclass(frozen=True, slots=True)
class Pipeline:
    id: str
    name: str
    stages: tuple[Stage, ...]


def list_pipelines(tx: ReadTx, account_id: str) -> list[Pipeline]:
    """The account's pipelines, oldest first; the one of a new account until others are made."""
    rows = tx.all(_PIPELINES, {"account_id": account_id})
    if not rows:
        return [default_pipeline(account_id)]
    stages: dict[str, list[Stage]] = {}
    for row in tx.all(_STAGES, {"account_id": account_id}):
        stages.setdefault(row.pipeline_id, []).append(Stage(*row))
    return [Pipeline(row.id, row.name, tuple(stages.get(row.id, ()))) for row in rows]


def default_pipeline(account_id: str) -> Pipeline:
    """What an account has before it makes its own; its ids follow from the account's."""
    account = UUID(account_id)
    pipeline_id = str(uuid5(account, "pipeline"))
    stages = tuple(
        Stage(str(uuid5(account, f"stage:{name}")), pipeline_id, name, color, position, kind, probability)
        for position, (name, color, kind, probability) in enumerate(_DEFAULT_STAGES)
    )
    return Pipeline(pipeline_id, _DEFAULT_NAME, stages)


def stages_by_id(found: Sequence[Pipeline]) -> Mapping[str, Stage]:
    return {stage.id: stage for pipeline in found for stage in pipeline.stages}


def choose_stage(found: Sequence[Pipeline], pipeline_id: str | None, stage_id: str | None) -> Stage | None:
    """The stage that the two ids name; a pipeline alone means its first one, neither means none.

    Raises ContactFieldError.
    """
    pipeline = None
    if pipeline_id is not None:
        pipeline = next((item for item in found if item.id == pipeline_id), None)
        if pipeline is None or not pipeline.stages:
            raise ContactFieldError("no such pipeline", field="pipeline_id")
    if stage_id is None:
        return None if pipeline is None else pipeline.stages[0]
    stage = stages_by_id(found).get(stage_id)
    if stage is None or (pipeline is not None and stage.pipeline_id != pipeline.id):
        raise ContactFieldError("no such stage of the pipeline", field="pipeline_stage_id")
    return stage
