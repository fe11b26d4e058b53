"""`GET /api/v1/me` (contracts/voicegram.md 4.1)."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.voicegram.auth import authorize
from antiphon.contracts.voicegram.documentation import add
from antiphon.contracts.voicegram.schemas import Me

router = APIRouter(tags=["Account"])

UNNAMED = "Unnamed Account"


async def me(request: Request) -> Response:
    owner = await authorize(request, "GET /api/v1/me", paid=False)
    return json_response(
        {
            "account_id": owner.account_id,
            "account_name": owner.account_name or UNNAMED,
            "plan_name": owner.plan.value,
            "plan_tier_index": owner.plan.tier_index,
        }
    )


add(
    router, "GET", "/api/v1/me", me, summary="The token's account and plan", answer=Me, errors=(401, 429, 500)
)
