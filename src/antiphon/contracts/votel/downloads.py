"""A stored file as an answer, whole or one range, harmless in a browser (contracts/votel.md 0.7)."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from antiphon.contracts.ranges import RangeUnsatisfiable, parse_range
from antiphon.contracts.votel.errors import not_found
from antiphon.core.storage import ObjectMissing, ObjectStore

_SHOWN = ("image/png", "image/jpeg", "image/gif", "image/webp")
_PLAYED = ("audio/", "video/")


async def file_response(
    request: Request, store: ObjectStore, key: str, content_type: str, name: str
) -> Response:
    """Raises ApiError 404 when the bytes are gone."""
    try:
        size = await store.size(key)
    except ObjectMissing:
        raise not_found() from None
    headers = {
        "Cache-Control": "private, no-store",
        "Referrer-Policy": "no-referrer",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": _disposition(content_type, name),
        "Accept-Ranges": "bytes",
    }
    if request.method == "HEAD":
        return Response(None, 200, {**headers, "Content-Length": str(size)}, content_type)
    try:
        part = None
        if "if-range" not in request.headers:
            part = parse_range(request.headers.get("range"), size)
    except RangeUnsatisfiable:
        return Response(None, 416, {**headers, "Content-Range": f"bytes */{size}"})
    start, end = part or (0, size)
    headers["Content-Length"] = str(end - start)
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return StreamingResponse(
        store.stream(key, start, end), 200 if part is None else 206, headers, content_type
    )


def _disposition(kind: str, name: str) -> str:
    """What cannot run in a browser is shown there, everything else is a download."""
    shown = kind in _SHOWN or kind.startswith(_PLAYED)
    called = f"; filename*=UTF-8''{quote(name, safe='')}" if name else ""
    return f"{'inline' if shown else 'attachment'}{called}"
