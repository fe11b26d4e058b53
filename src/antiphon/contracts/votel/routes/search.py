"""Anything by a few letters (contracts/votel.md 0.7)."""

from __future__ import annotations

from pydantic import BaseModel
from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel.errors import invalid
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.domain.everything import KINDS, search_everything

ROUTES = Routes("Search")

MIN_CHARS = 2
READS = {
    "lead": "contacts:read",
    "conversation": "conversations:read",
    "voicegram": "conversations:read",
    "call": "activity:read",
}
_QUERY = {
    "q": {"type": "string", "description": f"At least {MIN_CHARS} characters; fewer find nothing"},
    "kinds": {"type": "string", "description": f"Some of {', '.join(KINDS)}, joined by commas"},
}


class SearchHit(BaseModel):
    kind: str
    id: str
    title: str
    subtitle: str


class SearchAnswer(BaseModel):
    results: list[SearchHit]
    total: int


@ROUTES.add("GET", "/search", answer=SearchAnswer, query=_QUERY)
async def search(call: Call) -> Response:
    """The newest hits of each kind that the caller may read; `total` counts all of them."""
    query = call.query
    text, wanted = query.text("q"), query.text("kinds")
    kinds = list(KINDS)
    if wanted is not None:
        asked = {word.strip().removesuffix("s") for word in wanted.split(",") if word.strip()}
        if unknown := asked - set(KINDS):
            raise invalid("kinds", f"no such kind: {sorted(unknown)[0]}")
        kinds = [kind for kind in KINDS if kind in asked]
    kinds = [kind for kind in kinds if call.may(READS[kind])]
    if text is None or len(text) < MIN_CHARS or not kinds:
        return json_response({"results": [], "total": 0})
    found = await call.services.database.read(search_everything, call.account_id, text, kinds)
    results = [
        {"kind": hit.kind, "id": hit.id, "title": hit.title, "subtitle": hit.subtitle} for hit in found.items
    ]
    return json_response({"results": results, "total": found.total})
