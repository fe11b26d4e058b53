"""Listen links (contracts/voicegram.md 8)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse

from antiphon.contracts.http import info_of, json_response, services_of
from antiphon.contracts.ranges import RangeUnsatisfiable, parse_range
from antiphon.contracts.voicegram.accept import prefers_html
from antiphon.contracts.voicegram.events import CONTENT_TYPE
from antiphon.contracts.voicegram.schemas import ListenError
from antiphon.core.errors import NotFoundError
from antiphon.core.ids import is_uuid
from antiphon.core.storage import ObjectMissing
from antiphon.domain.voicegrams.commands import mark_listened
from antiphon.domain.voicegrams.queries import check_listen
from antiphon.domain.voicegrams.records import ListenTarget

router = APIRouter(tags=["Listen links"])

PATH = "/api/listen/{id}"
HEADERS = {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer"}
MESSAGES = {
    "link_invalid": (403, "This link does not work", "It has expired, was revoked or is incomplete."),
    "audio_deleted": (410, "The recording was deleted", "Its retention time is over."),
}


async def listen(request: Request) -> Response:
    services = services_of(request)
    info_of(request).contract = "voicegram"
    target = await _target(request)
    if target is None:
        return _refuse(request, "link_invalid")
    if target.deleted or target.audio_key is None:
        return _refuse(request, "audio_deleted")
    try:
        size = await services.store.size(target.audio_key)
    except ObjectMissing:
        return _refuse(request, "audio_deleted")
    headers = {**HEADERS, "Accept-Ranges": "bytes"}
    if request.method == "HEAD":
        return Response(None, 200, {**headers, "Content-Length": str(size)}, CONTENT_TYPE)
    try:
        # Without a validator of ours, a conditional range never matches.
        part = None if "if-range" in request.headers else parse_range(request.headers.get("range"), size)
    except RangeUnsatisfiable:
        return Response(None, 416, {**headers, "Content-Range": f"bytes */{size}"})
    start, end = part or (0, size)
    headers["Content-Length"] = str(end - start)
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    if start == 0:
        await services.database.write(mark_listened, target.account_id, target.listener_id)
    chunks: AsyncIterator[bytes] = services.store.stream(target.audio_key, start, end)
    return StreamingResponse(chunks, 200 if part is None else 206, headers, CONTENT_TYPE)


async def _target(request: Request) -> ListenTarget | None:
    services = services_of(request)
    prefix, _, voicegram_id = str(request.path_params["id"]).partition("_")
    if prefix != "vg" or not is_uuid(voicegram_id):
        return None
    token = services.links.read(voicegram_id, request.query_params.get("t", ""))
    if token is None:
        return None
    try:
        return await services.database.read(check_listen, voicegram_id, token)
    except NotFoundError:
        return None


def _refuse(request: Request, code: str) -> Response:
    status, title, detail = MESSAGES[code]
    if prefers_html(request.headers.get("accept")):
        page = (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
            f"<h1>{title}</h1><p>{detail} Ask the sender of the link for a new one.</p></html>"
        )
        return HTMLResponse(page, status, HEADERS)
    return json_response({"error": code, "message": f"{title}. {detail}"}, status, HEADERS)


router.add_api_route(
    PATH,
    listen,
    methods=["GET"],
    response_model=None,
    response_class=StreamingResponse,
    summary="The recording behind a signed link; no token needed",
    responses={
        200: {"description": "The whole recording", "content": {CONTENT_TYPE: {}}},
        206: {"description": "The range asked for", "content": {CONTENT_TYPE: {}}},
        403: {"model": ListenError, "description": "Expired, revoked or no such link"},
        410: {"model": ListenError, "description": "Retention removed the recording"},
        416: {"description": "The range begins beyond the end"},
    },
    openapi_extra={
        "security": [],
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
            {"name": "t", "in": "query", "required": True, "schema": {"type": "string"}},
        ],
    },
)
router.add_api_route(PATH, listen, methods=["HEAD"], include_in_schema=False)
