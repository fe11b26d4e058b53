"""A stored recording as an answer, whole or one range."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from antiphon.contracts.ranges import RangeUnsatisfiable, parse_range
from antiphon.contracts.votel.errors import ApiError
from antiphon.core.storage import ObjectMissing, ObjectStore

CONTENT_TYPE = "audio/webm"
_HEADERS = {
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
}


async def audio_response(request: Request, store: ObjectStore, key: str) -> Response:
    """Raises ApiError 404 when the file is gone, 416 for a range beyond its end."""
    try:
        size = await store.size(key)
    except ObjectMissing:
        raise ApiError(404, "Recording not found") from None
    if request.method == "HEAD":
        return Response(None, 200, {**_HEADERS, "Content-Length": str(size)}, CONTENT_TYPE)
    try:
        # Nothing here has a validator, so a conditional range never matches.
        part = None if "if-range" in request.headers else parse_range(request.headers.get("range"), size)
    except RangeUnsatisfiable:
        headers = {**_HEADERS, "Content-Range": f"bytes */{size}"}
        raise ApiError(416, "The range begins beyond the end", headers=headers) from None
    start, end = part or (0, size)
    headers = {**_HEADERS, "Content-Length": str(end - start)}
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    chunks = store.stream(key, start, end)
    return StreamingResponse(chunks, 200 if part is None else 206, headers, CONTENT_TYPE)
