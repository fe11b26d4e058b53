"""Attachments behind signed links: `/api/media/{id}?t=` (contracts/vocatech.md 5.4)."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from antiphon.contracts.ranges import RangeUnsatisfiable, parse_range
from antiphon.contracts.votel.errors import forbidden, not_found
from antiphon.contracts.votel.routing import Access, Call, Routes
from antiphon.core.ids import is_uuid
from antiphon.core.storage import ObjectMissing
from antiphon.domain.conversations.queries import find_linked_media
from antiphon.domain.conversations.records import Media

ROUTES = Routes("Attachments")

_SHOWN = ("image/png", "image/jpeg", "image/gif", "image/webp")
_PLAYED = ("audio/", "video/")


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
    try:
        size = await services.store.size(media.object_key)
    except ObjectMissing:
        raise not_found() from None
    headers = {
        "Cache-Control": "private, no-store",
        "Referrer-Policy": "no-referrer",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Content-Disposition": _disposition(media),
        "Accept-Ranges": "bytes",
    }
    if call.request.method == "HEAD":
        return Response(None, 200, {**headers, "Content-Length": str(size)}, media.content_type)
    try:
        part = None
        if "if-range" not in call.request.headers:
            part = parse_range(call.request.headers.get("range"), size)
    except RangeUnsatisfiable:
        return Response(None, 416, {**headers, "Content-Range": f"bytes */{size}"})
    start, end = part or (0, size)
    headers["Content-Length"] = str(end - start)
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    chunks = services.store.stream(media.object_key, start, end)
    return StreamingResponse(chunks, 200 if part is None else 206, headers, media.content_type)


def _disposition(media: Media) -> str:
    """What cannot run in a browser is shown there, everything else is a download."""
    kind = media.content_type
    shown = kind in _SHOWN or kind.startswith(_PLAYED)
    name = f"; filename*=UTF-8''{quote(media.filename, safe='')}" if media.filename else ""
    return f"{'inline' if shown else 'attachment'}{name}"
