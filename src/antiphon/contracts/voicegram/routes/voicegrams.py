"""`GET /api/v1/voicegrams/recent` (contracts/voicegram.md 4.3)."""

from __future__ import annotations

import re

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from antiphon.contracts.http import json_response, services_of
from antiphon.contracts.voicegram.auth import authorize
from antiphon.contracts.voicegram.documentation import add, query
from antiphon.contracts.voicegram.events import event_body, neutral_data, sample_event
from antiphon.contracts.voicegram.schemas import RecentVoicegrams
from antiphon.domain.voicegrams.commands import ensure_listener
from antiphon.domain.voicegrams.queries import list_recent
from antiphon.domain.voicegrams.records import ListenerKind
from antiphon.domain.webhooks.dialect import AudioLink

router = APIRouter(tags=["Voicegrams"])

PATH = "/api/v1/voicegrams/recent"
DEFAULT_LIMIT, MAX_LIMIT = 3, 50

_INTEGER = re.compile(r"([+-]?)0*([0-9]+)", re.ASCII)


def clamp_limit(text: str | None) -> int:
    """1 to 50; whatever is no integer reads as 3."""
    match = _INTEGER.fullmatch(text or "")
    if match is None:
        return DEFAULT_LIMIT
    sign, digits = match.groups()
    if sign == "-":
        return 1
    return MAX_LIMIT if len(digits) > 2 else max(1, min(MAX_LIMIT, int(digits)))


async def recent(request: Request) -> Response:
    owner = await authorize(request, f"GET {PATH}")
    services = services_of(request)
    limit = clamp_limit(request.query_params.get("limit"))
    found = await services.database.fetch(
        list_recent,
        account_id=owner.account_id,
        limit=limit,
        kind=ListenerKind.KEY.value,
        reference=owner.key_id,
    )
    now = services.clock.now()
    links = services.links
    if not found.voicegrams:
        return json_response({"voicegrams": [sample_event(links, now)]})
    listener = found.listener_id
    if listener is None:
        listener = await services.database.write(
            ensure_listener, owner.account_id, ListenerKind.KEY, owner.key_id
        )
    expires_at = now + owner.plan.link_validity_ms
    rows = [
        event_body(
            voicegram.event_id,
            neutral_data(voicegram),
            now,
            AudioLink(links.url(voicegram.id, listener, expires_at), expires_at),
            links.dashboard_url(voicegram.id),
        )
        for voicegram in found.voicegrams
    ]
    return json_response({"voicegrams": rows})


add(
    router,
    "GET",
    PATH,
    recent,
    summary="The most recently completed voicegrams, as the webhook sends them",
    description="An account without any gets one synthetic sample row.",
    answer=RecentVoicegrams,
    errors=(401, 403, 429, 500),
    parameters=(
        query(
            "limit",
            {"type": "integer", "default": DEFAULT_LIMIT, "minimum": 1, "maximum": MAX_LIMIT},
            "Out of range is clamped; anything else reads as 3.",
        ),
    ),
)
