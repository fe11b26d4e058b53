"""The account's numbers: where their calls go, brought in from carriers (contracts/votel.md 11.5)."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel.errors import invalid
from antiphon.contracts.votel.inputs import LIST_QUERY
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.contracts.votel.schemas_integrations import (
    NumberCheck,
    PhoneNumber,
    PhoneNumberChange,
    PhoneNumberImport,
    PhoneNumberList,
)
from antiphon.contracts.votel.views_numbers import number_view
from antiphon.core.db.transaction import ReadTx
from antiphon.core.errors import AntiphonError
from antiphon.core.phones import digits_of, normalise_phone
from antiphon.domain.numbers.commands import create_number
from antiphon.domain.numbers.destinations import DESTINATIONS
from antiphon.domain.numbers.editing import delete_number, update_number
from antiphon.domain.numbers.network import open_carrier
from antiphon.domain.numbers.queries import (
    find_number,
    get_connection,
    get_number,
    list_connections,
    list_numbers,
)
from antiphon.domain.numbers.records import Connection

ROUTES = Routes("Phone numbers")

CAPABILITIES = ("voice", "sms", "mms", "whatsapp")
_LIST_QUERY = {
    "country": {"type": "string"},
    "capability": {"enum": list(CAPABILITIES)},
    "destination": {"enum": list(DESTINATIONS)},
    "search": {"type": "string"},
    **LIST_QUERY,
}


@ROUTES.add("GET", "/phone-numbers", permission="phone:read", answer=PhoneNumberList, query=_LIST_QUERY)
async def list_phone_numbers(call: Call) -> Response:
    """The account's numbers, the default one first."""
    query = call.query
    country, search = query.text("country"), query.text("search")
    capability = query.choice("capability", CAPABILITIES)
    destination = query.choice("destination", DESTINATIONS)
    query.check()
    views = [
        number_view(number) for number in await call.services.database.read(list_numbers, call.account_id)
    ]
    found = [
        view
        for view in views
        if (country is None or view["country"] == country.upper())
        and (capability is None or view["capabilities"][capability])
        and (destination is None or view["call_destination"]["type"] == destination)
        and (search is None or _matches(view, search))
    ]
    start = (query.page - 1) * query.limit
    return json_response({"phone_numbers": found[start : start + query.limit], "total": len(found)})


@ROUTES.add("GET", "/phone-numbers/{id:uuid}", permission="phone:read", answer=PhoneNumber)
async def get_phone_number(call: Call) -> Response:
    """One number."""
    number = await call.services.database.read(get_number, call.account_id, call.path_id())
    return json_response(number_view(number))


@ROUTES.add(
    "POST",
    "/phone-numbers/import",
    permission="phone:write",
    status=201,
    body=PhoneNumberImport,
    answer=PhoneNumber,
)
async def import_phone_number(call: Call) -> Response:
    """Bring in a number that the carrier's account has; its callbacks are set at the carrier."""
    body = await call.body(PhoneNumberImport)
    services, account = call.services, call.caller.account
    e164 = normalise_phone(body.phone_number, account.country)
    if e164 is None:
        raise invalid("phone_number", "Not a phone number")
    if await services.database.read(find_number, e164) is not None:
        raise invalid("phone_number", f"{e164} is in use", "taken")
    connection = await services.database.read(_connection, account.id, body)
    if connection is None:
        raise invalid("provider", "This provider is not connected", "not_connected")
    try:
        number_id = await open_carrier(services, connection).hook_number(e164, body.provider_number_id)
    except AntiphonError as error:
        raise invalid("phone_number", str(error), "carrier_refused") from None
    wanted = body.capabilities
    is_meta = connection.carrier == "meta_whatsapp"
    number = await services.database.write(
        create_number,
        account.id,
        connection.id,
        e164,
        label=body.label,
        voice=not is_meta if wanted is None else wanted.voice and not is_meta,
        sms=not is_meta if wanted is None else wanted.sms and not is_meta,
        whatsapp=connection.carrier != "twilio" if wanted is None else wanted.whatsapp,
        carrier_number_id=number_id,
    )
    return json_response(number_view(number), 201)


@ROUTES.add(
    "PATCH", "/phone-numbers/{id:uuid}", permission="phone:write", body=PhoneNumberChange, answer=PhoneNumber
)
async def change_phone_number(call: Call) -> Response:
    """Change the keys given; a destination counts for the next call."""
    await call.services.database.read(get_number, call.account_id, call.path_id())
    body = await call.body(PhoneNumberChange)
    given = body.model_dump(exclude_unset=True)
    if given.pop("schedule_id", None) is not None:
        raise invalid("schedule_id", "There is no such schedule")
    if "recording" in given:
        given["is_recorded"] = given.pop("recording")
    number = await call.services.database.write(update_number, call.account_id, call.path_id(), given)
    return json_response(number_view(number))


@ROUTES.add(
    "DELETE",
    "/phone-numbers/{id:uuid}",
    permission="phone:manage",
    status=204,
    query={"release": {"type": "boolean", "default": True}},
)
async def delete_phone_number(call: Call) -> Response:
    """Take a number out: given back to the carrier, with `release=false` only unhooked."""
    services = call.services
    number = await services.database.read(get_number, call.account_id, call.path_id())
    query = call.query
    release = query.flag("release")
    query.check()
    connection = await services.database.read(get_connection, call.account_id, number.connection_id)
    try:
        carrier = open_carrier(services, connection)
        await carrier.unhook_number(number.carrier_number_id, release=release is not False)
    except AntiphonError as error:
        raise invalid("release", str(error), "carrier_refused") from None
    await services.database.write(delete_number, call.account_id, number.id)
    return Response(status_code=204)


@ROUTES.add("POST", "/phone-numbers/{id:uuid}/check", permission="phone:send", answer=NumberCheck)
async def check_phone_number(call: Call) -> Response:
    """Whether calls and messages can arrive: access, callbacks, capabilities, destination."""
    services = call.services
    number = await services.database.read(get_number, call.account_id, call.path_id())
    connection = await services.database.read(get_connection, call.account_id, number.connection_id)
    problems = []
    try:
        carrier = open_carrier(services, connection)
        await carrier.check()
        await carrier.hook_number(number.e164, number.carrier_number_id)
    except AntiphonError as error:
        problems.append(f"callbacks: {error}")
    if not (number.voice or number.sms or number.whatsapp):
        problems.append("capabilities: the number can do nothing")
    if services.settings.origin.startswith("http://") and connection.carrier != "simulator":
        problems.append("callbacks: the carrier needs an https address of this server")
    return json_response({"healthy": not problems, "problems": problems})


def _connection(tx: ReadTx, account_id: str, body: PhoneNumberImport) -> Connection | None:
    return next(
        (
            item
            for item in list_connections(tx, account_id)
            if item.carrier == body.provider and body.connection_id in (None, item.id)
        ),
        None,
    )


def _matches(view: dict[str, Any], search: str) -> bool:
    digits = digits_of(search)
    return search.lower() in view["label"].lower() or bool(digits and digits in view["phone_number"])
