"""Leads: list, read, make, change and delete (contracts/votel.md 3.2, 3.3)."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel.csv import FORMAT_QUERY, MAX_ROWS, check_rows, csv_response, wants_csv
from antiphon.contracts.votel.inputs import FILTER_QUERY, LIST_QUERY
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.contracts.votel.schemas_leads import (
    LIFECYCLES,
    Lead,
    LeadBody,
    LeadList,
    LeadView,
    TagsAnswer,
    TagsBody,
)
from antiphon.contracts.votel.views_leads import lead_view
from antiphon.domain.contacts.commands import delete_contact
from antiphon.domain.contacts.editing import AddressInput, change_tags, create_lead, update_lead
from antiphon.domain.contacts.lists import SORTS, UNSET, LeadFilters
from antiphon.domain.leads import get_lead, page_of_leads

ROUTES = Routes("Leads")

SORT_WORDS = tuple(f"{sign}{name}" for name in SORTS for sign in ("", "-"))
MAX_WORD = 200

_TEXT = {"type": "string"}
_ID = {"type": "string", "format": "uuid"}
_TIME = {"type": "string", "format": "date-time"}
_LIST_QUERY: dict[str, Any] = {
    "search": {"type": "string", "description": "Name, email or phone"},
    "lifecycle_stage": {"enum": [*LIFECYCLES, UNSET]},
    "pipeline_id": _ID,
    "pipeline_stage": {"type": "string", "description": "The stage's name, any case"},
    "pipeline_stage_id": _ID,
    "tag": _TEXT,
    "owner_id": _ID,
    "list_id": _ID,
    "lead_source": _TEXT,
    "from": _TIME,
    "to": _TIME,
    **FILTER_QUERY,
    "sort": {"enum": list(SORT_WORDS), "default": "-created_at"},
    **LIST_QUERY,
    **FORMAT_QUERY,
}
_CSV_COLUMNS = (
    "id",
    "created_at",
    "name",
    "first_name",
    "last_name",
    "company",
    "job_title",
    "phone",
    "email",
    "website",
    "address",
    "postal_code",
    "city",
    "state",
    "country",
    "timezone",
    "lifecycle_stage",
    "owner_name",
    "lead_source",
    "tags",
    "dnd",
    "last_activity_at",
)


@ROUTES.add("GET", "/leads", permission="contacts:read", answer=LeadList, query=_LIST_QUERY)
async def list_all_leads(call: Call) -> Response:
    """Leads by any mix of filters, newest first unless sorted otherwise."""
    query = call.query
    as_csv = wants_csv(call, query)
    filters = LeadFilters(
        search=query.text("search"),
        lifecycle_stage=query.choice("lifecycle_stage", (*LIFECYCLES, UNSET)),
        pipeline_id=query.uuid("pipeline_id"),
        pipeline_stage=query.text("pipeline_stage", MAX_WORD),
        pipeline_stage_id=query.uuid("pipeline_stage_id"),
        tag=query.text("tag", MAX_WORD),
        owner_id=query.uuid("owner_id"),
        lead_source=query.text("lead_source", MAX_WORD),
        since=query.since(),
        until=query.until(),
        sort=query.choice("sort", SORT_WORDS) or "-created_at",
    )
    list_id, condition = query.uuid("list_id"), query.filter()
    query.check()
    rows: list[dict[str, Any]] = []
    total = 0
    # No account has lists yet, so no lead is in one.
    if list_id is None:
        limit, offset = (MAX_ROWS, 0) if as_csv else (query.limit, (query.page - 1) * query.limit)
        page = await call.services.database.read(
            page_of_leads, call.account_id, filters, condition, limit=limit, offset=offset
        )
        rows, total = [lead_view(lead) for lead in page.items], page.total
    if as_csv:
        check_rows(total)
        return csv_response("contacts", _CSV_COLUMNS, rows)
    return json_response({"data": rows, "total": total})


@ROUTES.add("POST", "/leads", permission="contacts:write", status=201, body=LeadBody, answer=Lead)
async def create_new_lead(call: Call) -> Response:
    """Make a lead; 200 with the old one where the account updates duplicates."""
    given = _given(await call.body(LeadBody))
    contact, is_new = await call.services.database.write(create_lead, call.account_id, given)
    return await _answer(call, contact.id, 201 if is_new else 200)


@ROUTES.add("GET", "/leads/{id:uuid}/view", permission="contacts:read", answer=LeadView)
async def view_lead(call: Call) -> Response:
    """One lead under the key `lead`."""
    lead = await call.services.database.read(get_lead, call.account_id, call.path_id())
    return json_response({"lead": lead_view(lead)})


@ROUTES.add("GET", "/leads/{id:uuid}", permission="contacts:read", answer=Lead)
async def get_one_lead(call: Call) -> Response:
    """One lead, bare."""
    return await _answer(call, call.path_id())


@ROUTES.add("PUT", "/leads/{id:uuid}", permission="contacts:write", body=LeadBody, answer=Lead)
async def change_lead(call: Call) -> Response:
    """Change the keys given; lists inside are replaced whole."""
    await call.services.database.read(get_lead, call.account_id, call.path_id())
    given = _given(await call.body(LeadBody))
    await call.services.database.write(update_lead, call.account_id, call.path_id(), given)
    return await _answer(call, call.path_id())


@ROUTES.add("PATCH", "/leads/{id:uuid}", permission="contacts:write", body=LeadBody, answer=Lead)
async def patch_lead(call: Call) -> Response:
    """The same as PUT."""
    return await change_lead(call)


@ROUTES.add("DELETE", "/leads/{id:uuid}", permission="contacts:write", status=204)
async def delete_lead(call: Call) -> Response:
    """Delete a lead, here and in every other contract; what was said with it stays."""
    await call.services.database.read(get_lead, call.account_id, call.path_id())
    await call.services.database.write(delete_contact, call.account_id, call.path_id())
    return Response(status_code=204)


@ROUTES.add("POST", "/leads/{id:uuid}/tags", permission="contacts:write", body=TagsBody, answer=TagsAnswer)
async def change_lead_tags(call: Call) -> Response:
    """Add and remove tags by name; a tag is made on its first use."""
    await call.services.database.read(get_lead, call.account_id, call.path_id())
    body = await call.body(TagsBody)
    contact = await call.services.database.write(
        change_tags, call.account_id, call.path_id(), body.add, body.remove
    )
    return json_response({"tags": contact.tags})


def _given(body: LeadBody) -> dict[str, Any]:
    given = {name: getattr(body, name) for name in body.model_fields_set}
    for plural in ("emails", "phones"):
        if given.get(plural):
            given[plural] = [AddressInput(item.value, item.label, item.is_primary) for item in given[plural]]
    return given


async def _answer(call: Call, lead_id: str, status: int = 200) -> Response:
    lead = await call.services.database.read(get_lead, call.account_id, lead_id)
    return json_response(lead_view(lead), status)
