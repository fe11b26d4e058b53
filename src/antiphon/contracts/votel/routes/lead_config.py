"""Tags, fields and pipelines of leads (contracts/votel.md 3.2, 3.3)."""

from __future__ import annotations

from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel.errors import ApiError
from antiphon.contracts.votel.inputs import LIST_QUERY
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.contracts.votel.schemas_leads import (
    CustomField,
    FieldCategories,
    FieldCreate,
    PipelineList,
    Tag,
    TagChange,
    TagCreate,
    TagList,
    TagMerge,
)
from antiphon.contracts.votel.views_leads import category_view, field_view, pipeline_view, tag_view
from antiphon.core.db.search_text import normalise
from antiphon.core.db.transaction import ReadTx
from antiphon.core.errors import NotFoundError
from antiphon.domain.contacts.commands import create_field
from antiphon.domain.contacts.counts import STAGE, counts_of
from antiphon.domain.contacts.layout import categories, shown
from antiphon.domain.contacts.pipelines import Pipeline, list_pipelines
from antiphon.domain.contacts.queries import list_fields
from antiphon.domain.contacts.records import Option
from antiphon.domain.contacts.tag_commands import (
    create_tag,
    delete_tag,
    get_tag,
    list_tags,
    merge_tag,
    update_tag,
)

ROUTES = Routes("Lead settings")

_TAG_QUERY = {"search": {"type": "string"}, **LIST_QUERY}


@ROUTES.add("GET", "/tags", permission="contacts:read", answer=TagList, query=_TAG_QUERY)
async def list_all_tags(call: Call) -> Response:
    """Tags by name, with how many leads have them."""
    query = call.query
    found = await call.services.database.read(list_tags, call.account_id)
    if search := query.text("search"):
        found = [tag for tag in found if normalise(search) in normalise(tag.name)]
    start = (query.page - 1) * query.limit
    page = [tag_view(tag) for tag in found[start : start + query.limit]]
    return json_response({"tags": page, "total": len(found)})


@ROUTES.add("POST", "/tags", permission="contacts:write", status=201, body=TagCreate, answer=Tag)
async def create_new_tag(call: Call) -> Response:
    """Make a tag that no lead has yet."""
    body = await call.body(TagCreate)
    tag = await call.services.database.write(create_tag, call.account_id, name=body.name, color=body.color)
    return json_response(tag_view(tag), 201)


@ROUTES.add("GET", "/tags/{id:uuid}", permission="contacts:read", answer=Tag)
async def get_one_tag(call: Call) -> Response:
    """One tag."""
    tag = await call.services.database.read(get_tag, call.account_id, call.path_id())
    return json_response(tag_view(tag))


@ROUTES.add("PATCH", "/tags/{id:uuid}", permission="contacts:write", body=TagChange, answer=Tag)
async def change_tag(call: Call) -> Response:
    """Rename or recolour a tag, for every lead."""
    await call.services.database.read(get_tag, call.account_id, call.path_id())
    body = await call.body(TagChange)
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    tag = await call.services.database.write(update_tag, call.account_id, call.path_id(), changes)
    return json_response(tag_view(tag))


@ROUTES.add("DELETE", "/tags/{id:uuid}", permission="contacts:manage", status=204)
async def remove_tag(call: Call) -> Response:
    """Delete a tag from every lead."""
    await call.services.database.write(delete_tag, call.account_id, call.path_id())
    return Response(status_code=204)


@ROUTES.add("POST", "/tags/{id:uuid}/merge", permission="contacts:manage", body=TagMerge, answer=Tag)
async def merge_into_tag(call: Call) -> Response:
    """Give every lead with the tag another one instead; answers that one."""
    await call.services.database.read(get_tag, call.account_id, call.path_id())
    body = await call.body(TagMerge)
    try:
        tag = await call.services.database.write(merge_tag, call.account_id, call.path_id(), body.into_id)
    except NotFoundError as error:
        raise ApiError(404, error.message) from None
    return json_response(tag_view(tag))


@ROUTES.add("GET", "/lead-fields/categories", permission="contacts_config:read", answer=FieldCategories)
async def list_field_categories(call: Call) -> Response:
    """The fields of leads by category, built-in and custom ones."""
    fields = await call.services.database.read(list_fields, call.account_id)
    return json_response({"categories": [category_view(item) for item in categories(fields)]})


@ROUTES.add(
    "POST",
    "/lead-fields/custom",
    permission="contacts_config:write",
    status=201,
    body=FieldCreate,
    answer=CustomField,
)
async def create_custom_field(call: Call) -> Response:
    """Add a custom field; its name is made from the label and never changes."""
    body = await call.body(FieldCreate)
    field = await call.services.database.write(
        create_field,
        call.account_id,
        name=body.label,
        data_type=body.data_type,
        is_visible=body.visible,
        options=[Option(option.label, option.value) for option in body.options],
    )
    return json_response({**field_view(shown(field)), "category": field.category}, 201)


@ROUTES.add("GET", "/pipeline", permission="contacts_config:read", answer=PipelineList)
async def list_all_pipelines(call: Call) -> Response:
    """Every pipeline with its columns and how many leads stand in each."""

    def read(tx: ReadTx) -> tuple[list[Pipeline], dict[str, int]]:
        return list_pipelines(tx, call.account_id), counts_of(tx, call.account_id, STAGE)

    found, counts = await call.services.database.read(read)
    return json_response({"pipelines": [pipeline_view(pipeline, counts) for pipeline in found]})
