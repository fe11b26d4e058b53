"""Listen links of one voicegram (contracts/voicegram.md 8, contracts/votel.md 18)."""

from __future__ import annotations

from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel.inputs import LIST_QUERY
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.contracts.votel.schemas import LinkCreate, LinkList, NewLink
from antiphon.contracts.votel.views import link_view
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import NotFoundError
from antiphon.domain.voicegrams.commands import create_link, revoke_link
from antiphon.domain.voicegrams.queries import get_voicegram, list_links
from antiphon.domain.voicegrams.records import Link

ROUTES = Routes("Listen links")


@ROUTES.add(
    "GET",
    "/voicegrams/{id:uuid}/links",
    permission="conversations:write",
    answer=LinkList,
    query=LIST_QUERY,
)
async def list_voicegram_links(call: Call) -> Response:
    """Everyone who has a link to the recording."""
    links = await call.services.database.read(list_links, call.account_id, call.path_id())
    query = call.query
    start = (query.page - 1) * query.limit
    page = [link_view(link) for link in links[start : start + query.limit]]
    return json_response({"links": page, "total": len(links)})


@ROUTES.add(
    "POST",
    "/voicegrams/{id:uuid}/links",
    permission="conversations:write",
    status=201,
    body=LinkCreate,
    answer=NewLink,
)
async def create_voicegram_link(call: Call) -> Response:
    """Make a link for one recipient; its address is in this answer only."""
    services, voicegram_id = call.services, call.path_id()
    await services.database.read(get_voicegram, call.account_id, voicegram_id)
    body = await call.body(LinkCreate)
    link, expires_at = await services.database.write(
        _create, call.account_id, voicegram_id, body.recipient, body.expires_in_days
    )
    return json_response(
        {**link_view(link), "url": services.links.url(voicegram_id, link.id, expires_at)}, 201
    )


@ROUTES.add(
    "DELETE",
    "/voicegrams/{id:uuid}/links/{link_id:uuid}",
    permission="conversations:write",
    status=204,
)
async def revoke_voicegram_link(call: Call) -> Response:
    """Stop the recipient's links at once."""
    await call.services.database.write(_revoke, call.account_id, call.path_id(), call.path_id("link_id"))
    return Response(status_code=204)


def _create(
    tx: WriteTx, account_id: str, voicegram_id: str, recipient: str, days: int | None
) -> tuple[Link, int]:
    link_id, expires_at = create_link(tx, account_id, voicegram_id, recipient=recipient, expires_in_days=days)
    return _find(tx, account_id, voicegram_id, link_id), expires_at


def _revoke(tx: WriteTx, account_id: str, voicegram_id: str, link_id: str) -> None:
    revoke_link(tx, account_id, _find(tx, account_id, voicegram_id, link_id).id)


def _find(tx: WriteTx, account_id: str, voicegram_id: str, link_id: str) -> Link:
    for link in list_links(tx, account_id, voicegram_id):
        if link.id == link_id:
            return link
    raise NotFoundError("Link not found")
