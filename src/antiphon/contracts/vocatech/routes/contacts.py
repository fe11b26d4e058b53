"""Contacts and their fields (contracts/vocatech.md 5.5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field
from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.vocatech.bodies import Body, read_object
from antiphon.contracts.vocatech.errors import invalid
from antiphon.contracts.vocatech.query import PAGING, search_schema
from antiphon.contracts.vocatech.routing import WRITE, Call, Routes
from antiphon.contracts.vocatech.schemas import Answer, PageMeta, PageQuery
from antiphon.core.db.transaction import ReadTx
from antiphon.domain.contacts import records
from antiphon.domain.contacts.commands import delete_contact, update_contact
from antiphon.domain.contacts.errors import ContactFieldError
from antiphon.domain.contacts.fields import values_by_label
from antiphon.domain.contacts.queries import get_contact_by_number, list_contacts, list_fields
from antiphon.domain.contacts.records import ContactFilters
from antiphon.domain.contacts.upsert import upsert_contacts

ROUTES = Routes("Contacts")
MAX_ROWS = 500


class Contact(Answer):
    id: int
    fields: dict[str, str] = Field(description="By field name; empty fields are left out")


class ContactQuery(PageQuery):
    search: str | None


class ContactMeta(PageMeta):
    total_contacts: int = Field(ge=0)


class ContactList(Answer):
    query: ContactQuery
    contacts: list[Contact]
    meta: ContactMeta


class ContactField(Answer):
    id: int
    name: str
    order: int
    is_phone: bool
    is_match: bool
    reports_enabled: bool
    hide_no_data: bool
    show_in_fields: bool
    is_integration: bool


class ContactFieldList(Answer):
    fields: list[ContactField]


class FieldValues(Body):
    fields: dict[str, str] = Field(
        description="By field name; given ones replace, an empty string clears; phones are joined by `;`",
        examples=[{"First Name": "Ada", "Phone": "+12025550143"}],
    )


class ContactRows(Body):
    contacts: list[FieldValues] = Field(max_length=MAX_ROWS)


class UpsertSummary(Answer):
    total: int
    created: int
    updated: int
    errors: int


class UpsertedRow(Answer):
    contact: Contact
    action: Literal["created", "updated"]


class RowError(Answer):
    index: int = Field(ge=0)
    message: str


class UpsertAnswer(Answer):
    summary: UpsertSummary
    contacts: list[UpsertedRow]
    errors: list[RowError]


@ROUTES.add(
    "GET",
    "/contacts",
    answer=ContactList,
    query={**search_schema("Part of a name, company or email, or the digits of a phone."), **PAGING},
)
async def list_(call: Call) -> Response:
    """List contacts, in the order of their ids."""
    query = call.query
    filters = ContactFilters(search=query.text("search"))
    rows, total = await call.services.database.read(
        _page, call.account_id, filters, query.limit, query.offset
    )
    return call.listed("contacts", rows, total)


def _page(
    tx: ReadTx, account_id: str, filters: ContactFilters, limit: int, offset: int
) -> tuple[list[dict[str, Any]], int]:
    page = list_contacts(tx, account_id, filters, limit=limit, offset=offset)
    fields = list_fields(tx, account_id)
    return [contact_view(contact, fields) for contact in page.items], page.total


@ROUTES.add("GET", "/contacts/fields", answer=ContactFieldList)
async def list_contact_fields(call: Call) -> Response:
    """List the fields of contacts."""
    fields = await call.services.database.read(list_fields, call.account_id)
    return json_response({"fields": [field_view(field) for field in fields]})


@ROUTES.add("POST", "/contacts", needs=WRITE, answer=UpsertAnswer, body=ContactRows, errors=(400,))
async def upsert(call: Call) -> Response:
    """Create or update up to 500 contacts; a bad row does not stop the others."""
    rows = (await read_object(call.request)).get("contacts")
    if not isinstance(rows, list):
        raise invalid("contacts", "must be an array")
    if len(rows) > MAX_ROWS:
        raise invalid("contacts", f"at most {MAX_ROWS} rows")
    given, refused = [], []
    for index, row in enumerate(rows):
        values = row.get("fields") if isinstance(row, dict) else None
        if isinstance(values, dict):
            given.append((index, values))
        else:
            refused.append(records.RefusedRow(index, "The row must be an object with the object fields"))
    database = call.services.database
    result = await database.write(upsert_contacts, call.account_id, given)
    fields = await database.read(list_fields, call.account_id)
    refused = sorted([*refused, *result.refused], key=lambda row: row.index)
    created = sum(row.created for row in result.stored)
    return json_response(
        {
            "summary": {
                "total": len(rows),
                "created": created,
                "updated": len(result.stored) - created,
                "errors": len(refused),
            },
            "contacts": [
                {
                    "contact": contact_view(row.contact, fields),
                    "action": "created" if row.created else "updated",
                }
                for row in result.stored
            ],
            "errors": [{"index": row.index, "message": row.message} for row in refused],
        }
    )


@ROUTES.add("GET", "/contacts/{id}", answer=Contact, errors=(404,))
async def get(call: Call) -> Response:
    """Get a contact."""
    return json_response(await call.services.database.read(_one, call.account_id, call.path_number()))


def _one(tx: ReadTx, account_id: str, number: int) -> dict[str, Any]:
    return contact_view(get_contact_by_number(tx, account_id, number), list_fields(tx, account_id))


@ROUTES.add("PATCH", "/contacts/{id}", needs=WRITE, answer=Contact, body=FieldValues, errors=(400, 404))
async def change(call: Call) -> Response:
    """Change some fields of a contact."""
    database = call.services.database
    contact = await database.read(get_contact_by_number, call.account_id, call.path_number())
    body = await call.body(FieldValues)
    try:
        changed = await database.write(update_contact, call.account_id, contact.id, body.fields)
    except ContactFieldError as error:
        raise invalid(f"fields.{error.field}", error.message) from None
    fields = await database.read(list_fields, call.account_id)
    return json_response(contact_view(changed, fields))


@ROUTES.add("DELETE", "/contacts/{id}", needs=WRITE, status=204, errors=(404,))
async def delete(call: Call) -> Response:
    """Delete a contact, here and in every other contract."""
    database = call.services.database
    contact = await database.read(get_contact_by_number, call.account_id, call.path_number())
    await database.write(delete_contact, call.account_id, contact.id)
    return Response(status_code=204)


def contact_view(contact: records.Contact, fields: Sequence[records.Field]) -> dict[str, Any]:
    return {"id": contact.number, "fields": values_by_label(contact, fields)}


def field_view(field: records.Field) -> dict[str, Any]:
    return {
        "id": field.number,
        "name": field.name,
        "order": field.position,
        "is_phone": field.is_phone,
        "is_match": field.is_match,
        "reports_enabled": field.reports_enabled,
        "hide_no_data": field.hide_no_data,
        "show_in_fields": field.show_in_fields,
        "is_integration": field.is_integration,
    }
