"""Attachments behind signed links: `/api/media/{id}?t=` (contracts/vocatech.md 5.4)."""

from __future__ import annotations

from starlette.responses import Response

from antiphon.contracts.votel.downloads import file_response
from antiphon.contracts.votel.errors import forbidden, not_found
from antiphon.contracts.votel.routing import Access, Call, Routes
from antiphon.core.ids import is_uuid
from antiphon.domain.conversations.queries import find_linked_media

ROUTES = Routes("Attachments")


@ROUTES.add("GET", "/media/{id}", access=Access.OPEN, documented=False)
async def get_media_file(call: Call) -> Response:
    """The attachment, whole or the range asked for; the link is the permission."""
    return await _serve(call)


@ROUTES.add("HEAD", "/media/{id}", access=Access.OPEN, documented=False)
async def head_media_file(call: Call) -> Response:
    """What a GET would answer, without the bytes."""
    return await _serve(call)


async def _serve(call: Call) -> Response:
    services, media_id = call.services, call.path_id().lower()
    token = call.request.query_params.get("t", "")
    if not is_uuid(media_id) or not services.media_links.allows(media_id, token, services.clock.now()):
        raise forbidden("The link does not work or is no longer valid")
    media = await services.database.read(find_linked_media, media_id)
    if media is None or media.object_key is None:
        raise not_found()
    return await file_response(
        call.request, services.store, media.object_key, media.content_type, media.filename
    )
