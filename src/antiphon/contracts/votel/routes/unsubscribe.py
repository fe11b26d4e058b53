"""Where marketing mails end (contracts/votel.md 8)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from starlette.responses import HTMLResponse, Response

from antiphon.contracts.http import BodyError, read_body
from antiphon.contracts.votel.errors import invalid, not_found
from antiphon.contracts.votel.routing import Access, Call, Routes
from antiphon.domain.conversations.unsubscribe import read_unsubscribe, unsubscribe
from antiphon.web.html import message_page, question_page

ROUTES = Routes("Unsubscribe")

_PAGE: dict[str, Any] = {
    "responses": {"200": {"description": "A page", "content": {"text/html": {"schema": {"type": "string"}}}}}
}
_ALL = {"all": {"type": "boolean", "default": False, "description": "No more messages on any channel"}}


@ROUTES.add("GET", "/public/unsubscribe/{token}", access=Access.PUBLIC, extra=_PAGE)
async def show_unsubscribe(call: Call) -> Response:
    """Ask whether there shall be no more mails; changes nothing, so that scanners of mails change nothing."""
    _, address = _read(call)
    return question_page(
        "No more mails?", f"You will get no more mails at {address} from the sender.", "No more mails"
    )


@ROUTES.add("POST", "/public/unsubscribe/{token}", access=Access.PUBLIC, query=_ALL, extra=_PAGE)
async def end_mails(call: Call) -> HTMLResponse:
    """End them at once: from the page, or by a mail program's one-click form."""
    account_id, address = _read(call)
    try:
        form = parse_qs((await read_body(call.request)).decode("utf-8", "replace"), max_num_fields=50)
    except (BodyError, ValueError) as error:
        raise invalid("", str(error)) from error
    wanted = [call.request.query_params.get("all", ""), *form.get("all", ())]
    await call.services.database.write(
        unsubscribe, account_id, address, everything="true" in (value.lower() for value in wanted)
    )
    return message_page(200, "Done", f"{address} gets no more mails from this sender.")


def _read(call: Call) -> tuple[str, str]:
    services = call.services
    token = str(call.request.path_params["token"])
    found = read_unsubscribe(services.signer, token, services.clock.now())
    if found is None:
        raise not_found()
    return found
