"""The list of leads: any mix of filters, five orders, exact totals (contracts/votel.md 3.2)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Executable, bindparam, func, select

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.search import Mode, Needles, needles_of
from antiphon.core.db.search_parts import Columns, Listed
from antiphon.core.db.transaction import ReadTx
from antiphon.domain.contacts.counts import LIFECYCLE, OWNER, SOURCE, STAGE, TAG, count_group
from antiphon.domain.contacts.pipelines import list_pipelines
from antiphon.domain.contacts.queries import count_contacts, get_contacts
from antiphon.domain.contacts.records import ContactPage
from antiphon.domain.contacts.tables import EVERY_PART, contact_search, contact_tags, contacts
from antiphon.domain.contacts.tags import find_tags

UNSET = "other"
"""The lifecycle stage to filter by for none."""

c = contacts.c
SORTS = {
    "created_at": c.created_at,
    "updated_at": c.updated_at,
    "last_activity_at": c.last_activity_at,
    "name": c.sort_name,
    "score": c.score,
}


@dataclass(frozen=True, slots=True)
class LeadFilters:
    """None means any; times are milliseconds, inclusive; `sort` is a name of SORTS, `-` before it descends.

    `condition` is a compiled filter of contracts/votel.md 0.7.
    """

    search: str | None = None
    lifecycle_stage: str | None = None
    pipeline_id: str | None = None
    pipeline_stage: str | None = None
    pipeline_stage_id: str | None = None
    tag: str | None = None
    owner_id: str | None = None
    lead_source: str | None = None
    since: int | None = None
    until: int | None = None
    condition: ColumnElement[bool] | None = None
    sort: str = "-created_at"


@dataclass(frozen=True, slots=True)
class _Shape:
    """Which conditions a list has; there is one prepared pair of statements for each."""

    search: tuple[Mode, int] | None
    lifecycle: bool
    unset: bool
    stage: bool
    stages: bool
    tag: bool
    owner: bool
    source: bool
    since: bool
    until: bool
    sort: str

    @property
    def is_copied(self) -> bool:
        """Whether the index of the search holds all that the list filters by."""
        return not (self.stages or self.tag)

    @property
    def is_by_creation(self) -> bool:
        return self.sort.removeprefix("-") == "created_at"

    @property
    def is_grouped(self) -> bool:
        """Whether a filter besides the time leaves out rows."""
        return self.lifecycle or self.unset or self.stage or self.owner or self.source

    def conditions(self, columns: Columns) -> list[ColumnElement[bool]]:
        """Those on columns that the index of the search has too."""
        found: list[ColumnElement[bool]] = []
        if self.unset:
            found.append(columns.lifecycle_stage.is_(None))
        for is_given, column, kind in (
            (self.lifecycle, columns.lifecycle_stage, LIFECYCLE),
            (self.stage, columns.pipeline_stage_id, STAGE),
            (self.owner, columns.owner_id, OWNER),
            (self.source, columns.lead_source, SOURCE),
        ):
            if is_given:
                found.append(column == bindparam(kind))
        if self.since:
            found.append(columns.created_at >= bindparam("since"))
        if self.until:
            found.append(columns.created_at <= bindparam("until"))
        return found

    @property
    def key(self) -> str:
        """The column that the list is sorted by."""
        return SORTS[self.sort.removeprefix("-")].name

    @property
    def is_descending(self) -> bool:
        return self.sort.startswith("-")

    def order(self, columns: Columns) -> tuple[ColumnElement[Any], ...]:
        """By columns of the searched table or of its index."""
        key = columns[self.key]
        return (key.desc(), columns.id.desc()) if self.is_descending else (key, columns.id)


def list_leads(tx: ReadTx, account_id: str, filters: LeadFilters, *, limit: int, offset: int) -> ContactPage:
    """One page with the exact total; equal rows in the order of their ids."""
    stage_ids = _stage_ids(tx, account_id, filters)
    tag_id = None
    if filters.tag is not None:
        found = find_tags(tx, account_id, [filters.tag])
        tag_id = next((tag.id for tag in found.values()), None)
    if stage_ids == [] or (filters.tag is not None and tag_id is None):
        return ContactPage([], 0)
    needles = needles_of(filters.search, phones=True)
    mode = None if needles is None else needles.mode(tx.dialect)
    groups = {
        STAGE: stage_ids[0] if stage_ids and len(stage_ids) == 1 else None,
        TAG: tag_id,
        OWNER: filters.owner_id,
        LIFECYCLE: filters.lifecycle_stage if filters.lifecycle_stage != UNSET else None,
        SOURCE: filters.lead_source,
    }
    shape = _Shape(
        None if needles is None or mode is None else (mode, len(needles.texts)),
        groups[LIFECYCLE] is not None,
        filters.lifecycle_stage == UNSET,
        groups[STAGE] is not None,
        stage_ids is not None and len(stage_ids) > 1,
        tag_id is not None,
        filters.owner_id is not None,
        filters.lead_source is not None,
        filters.since is not None,
        filters.until is not None,
        filters.sort,
    )
    parameters: dict[str, Any] = {
        "account_id": account_id,
        "limit": limit,
        "offset": offset,
        "since": filters.since,
        "until": filters.until,
        **groups,
    }
    if needles is not None and mode is not None:
        if shape.is_copied and filters.condition is None:
            return _search(tx, account_id, filters, needles, shape, parameters)
        parameters |= contact_search.parameters(tx, mode, account_id, needles)
    page: Prepared | Executable
    count: Prepared | Executable
    if filters.condition is not None:
        page, count = _build(shape, filters.condition)
    else:
        page, count = _statements(shape)
    if shape.stages:
        parameters["stages"] = stage_ids
    known = _known_total(tx, account_id, filters, shape, groups)
    total = int(tx.scalar(count, parameters)) if known is None else known
    if offset >= total:
        return ContactPage([], total)
    return _listed(tx, account_id, [row.id for row in tx.all(page, parameters)], total)


def _search(
    tx: ReadTx,
    account_id: str,
    filters: LeadFilters,
    needles: Needles,
    shape: _Shape,
    parameters: dict[str, Any],
) -> ContactPage:
    """As `list_leads` for filters that the index of the search knows."""
    limit, offset = parameters["limit"], parameters["offset"]
    # In the other orders it gives the total alone.
    ids, total = contact_search.find(
        tx,
        account_id,
        needles,
        shape=(shape,),
        conditions=shape.conditions,
        order=shape.order if shape.is_by_creation else _by_creation,
        parameters={**parameters, "limit": limit if shape.is_by_creation else 0},
        listed=_parts(shape, filters),
        counted=None if shape.is_grouped else lambda columns: (),
    )
    if shape.is_by_creation or offset >= total:
        return _listed(tx, account_id, ids, total)
    page = None
    if not (shape.is_grouped or shape.since or shape.until):
        page = contact_search.walk(
            tx,
            account_id,
            needles,
            by=shape.key,
            is_descending=shape.is_descending,
            limit=limit,
            offset=offset,
        )
    if page is None and shape.key in contact_search.copies:
        page, total = contact_search.find(
            tx,
            account_id,
            needles,
            shape=(shape, "all"),
            conditions=shape.conditions,
            order=shape.order,
            parameters=parameters,
        )
    elif page is None:
        mode = needles.mode(tx.dialect)
        found = parameters | contact_search.parameters(tx, mode, account_id, needles)
        page = [row.id for row in tx.all(_statements(shape)[0], found)]
    return _listed(tx, account_id, page, total)


def _by_creation(columns: Columns) -> tuple[ColumnElement[Any], ...]:
    return columns.created_at.desc(), columns.id.desc()


def _parts(shape: _Shape, filters: LeadFilters) -> Listed | None:
    """What the parts of a search leave of a list; None for the oldest first."""
    if shape.sort == "created_at":
        return None
    return Listed(EVERY_PART, not shape.is_grouped, filters.since, filters.until)


def _listed(tx: ReadTx, account_id: str, ids: list[str], total: int) -> ContactPage:
    found_contacts = get_contacts(tx, account_id, ids)
    return ContactPage([found_contacts[contact_id] for contact_id in ids], total)


def _stage_ids(tx: ReadTx, account_id: str, filters: LeadFilters) -> list[str] | None:
    """The stages that the filters leave; None when they ask for none in particular."""
    if filters.pipeline_id is None and filters.pipeline_stage is None:
        return None if filters.pipeline_stage_id is None else [filters.pipeline_stage_id]
    name = None if filters.pipeline_stage is None else filters.pipeline_stage.casefold()
    return [
        stage.id
        for pipeline in list_pipelines(tx, account_id)
        for stage in pipeline.stages
        if filters.pipeline_id in (None, pipeline.id)
        and name in (None, stage.name.casefold())
        and filters.pipeline_stage_id in (None, stage.id)
    ]


def _known_total(
    tx: ReadTx, account_id: str, filters: LeadFilters, shape: _Shape, groups: dict[str, str | None]
) -> int | None:
    """The total without counting: of a list with no filter, or with one that counts are kept for."""
    if filters.condition is not None or any(
        (shape.search is not None, shape.unset, shape.stages, shape.since, shape.until)
    ):
        return None
    given = [(kind, value) for kind, value in groups.items() if value is not None]
    if not given:
        return count_contacts(tx, account_id)
    return count_group(tx, account_id, *given[0]) if len(given) == 1 else None


@cache
def _statements(shape: _Shape) -> tuple[Prepared | Executable, Prepared | Executable]:
    page, count = _build(shape)
    # Prepared statements take no list of values.
    return (page, count) if shape.stages else (Prepared(page), Prepared(count))


def _build(shape: _Shape, condition: ColumnElement[bool] | None = None) -> tuple[Any, Any]:
    conditions: list[Any] = [c.account_id == bindparam("account_id"), c.deleted_at.is_(None)]
    conditions += shape.conditions(c)
    if shape.search is not None:
        conditions.append(contact_search.matching(*shape.search))
    if shape.stages:
        conditions.append(c.pipeline_stage_id.in_(bindparam("stages", expanding=True)))
    if condition is not None:
        conditions.append(condition)
    rows: Any = contacts
    name = shape.sort.removeprefix("-")
    column, last = SORTS[name], c.id
    if shape.tag:
        rows = contacts.join(contact_tags, contact_tags.c.contact_id == c.id)
        conditions += [
            contact_tags.c.account_id == bindparam("account_id"),
            contact_tags.c.tag_id == bindparam(TAG),
        ]
        if name == "created_at":
            # The same values, in the order of the index that the tag is found by.
            column, last = contact_tags.c.contact_created_at, contact_tags.c.contact_id
    order = (column.desc(), last.desc()) if shape.sort.startswith("-") else (column, last)
    page = (
        select(c.id)
        .select_from(rows)
        .where(*conditions)
        .order_by(*order)
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
    )
    count = select(func.count()).select_from(rows).where(*conditions)
    return page, count
