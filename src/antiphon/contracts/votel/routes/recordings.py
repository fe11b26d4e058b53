"""Recordings of calls behind signed links: `/api/recordings/{id}?t=` (contracts/voicory.md 8.1)."""

from __future__ import annotations

from starlette.responses import Response

from antiphon.contracts.votel.audio import audio_response
from antiphon.contracts.votel.errors import forbidden
from antiphon.contracts.votel.routing import Access, Call, Routes
from antiphon.core.ids import is_uuid
from antiphon.domain.calls.queries import check_recording

ROUTES = Routes("Recordings")


@ROUTES.add("GET", "/recordings/{id}", access=Access.OPEN, documented=False)
async def get_recording(call: Call) -> Response:
    """The recording, whole or the range asked for; the link is the permission."""
    return await _serve(call)


@ROUTES.add("HEAD", "/recordings/{id}", access=Access.OPEN, documented=False)
async def head_recording(call: Call) -> Response:
    """What a GET would answer, without the bytes."""
    return await _serve(call)


async def _serve(call: Call) -> Response:
    services, call_id = call.services, call.path_id().lower()
    token = call.request.query_params.get("t", "")
    expires_at = services.recordings.expiry(call_id, token) if is_uuid(call_id) else None
    if expires_at is None or expires_at <= services.clock.now():
        raise forbidden("The link does not work or is no longer valid")
    target = await services.database.read(check_recording, call_id)
    return await audio_response(call.request, services.store, target.recording_key)
