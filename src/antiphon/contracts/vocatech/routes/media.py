"""Attachments by id (contracts/vocatech.md 5.4)."""

from __future__ import annotations

from pydantic import Field
from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.vocatech.errors import ApiError
from antiphon.contracts.vocatech.routing import Call, Routes
from antiphon.contracts.vocatech.schemas import Answer, Stamp, Uri
from antiphon.contracts.vocatech.times import stamp
from antiphon.contracts.vocatech.words import media_id
from antiphon.core.ids import is_uuid
from antiphon.domain.conversations.links import LINK_MS
from antiphon.domain.conversations.queries import get_media as find_media
from antiphon.domain.conversations.records import MediaStatus

ROUTES = Routes("Media")


class MediaFile(Answer):
    id: str
    content_type: str
    size: int = Field(ge=0, description="Bytes")
    url: Uri
    expires_at: Stamp


@ROUTES.add(
    "GET",
    "/media/{id}",
    answer=MediaFile,
    path_schema={"type": "string", "description": "`med_…`, from a message's attachments"},
    errors=(404,),
)
async def get_media(call: Call) -> Response:
    """An attachment with a link that is valid for 30 minutes and needs no key."""
    kind, _, uuid = call.path_text().partition("_")
    if kind != "med" or not is_uuid(uuid):
        raise ApiError("not_found")
    media = await call.services.database.read(find_media, call.account_id, uuid.lower())
    if media.status is not MediaStatus.STORED:
        raise ApiError("not_found")
    # The link ends at the second that is shown.
    expires_at = (call.services.clock.now() + LINK_MS) // 1000 * 1000
    return json_response(
        {
            "id": media_id(media.id),
            "content_type": media.content_type,
            "size": media.size,
            "url": call.services.media_links.url(media.id, expires_at),
            "expires_at": stamp(expires_at, call.zone),
        }
    )
