"""The OpenAPI document lists exactly what is built and describes the bytes (contracts/votel.md 0.1)."""

from __future__ import annotations

import re
from typing import Any

from starlette.routing import Route

from antiphon.contracts.votel.app import FAMILIES
from antiphon.contracts.votel.routing import Access
from antiphon.contracts.votel.schemas import (
    ErrorAnswer,
    PublicChannel,
    RecordingChannelList,
    SessionAnswer,
    VoicegramDetail,
    VoicegramList,
    Workspace,
)
from antiphon.contracts.votel.schemas_people import Me
from votel_world import PASSWORD, World, add_voicegram


async def document(world: World) -> dict[str, Any]:
    answer = await world.client.get("/openapi/votel.json")
    assert answer.status_code == 200
    return dict(answer.json())


async def test_document_lists_exactly_what_is_served(world: World) -> None:
    """votel.md 0.1: interactive page and document; no route is missing, none is announced too early."""
    paths = (await document(world))["paths"]
    documented = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    app: Any = world.front.app
    served = {
        (method, re.sub(r":\w+}", "}", route.path))
        for route in app.routes
        if isinstance(route, Route) and route.path.startswith("/api/")
        for method in route.methods or ()
        if method not in ("OPTIONS", "HEAD")
    }
    # Signed links and carriers' callbacks are nobody's to call.
    silent = {
        (endpoint.method, f"/api{endpoint.path}")
        for family in FAMILIES
        for endpoint in family.endpoints
        if not endpoint.documented
    }
    assert documented == served - silent
    assert ("POST", "/api/session") in documented


async def test_every_operation_is_described(world: World) -> None:
    """votel.md 0.1: summary, security, path ids, errors in the contract's envelope, never 422."""
    described = await document(world)
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation["summary"], where
            assert "422" not in operation["responses"], where
            assert {"400", "404", "429", "500"} <= set(operation["responses"]), where
            named = {item["name"] for item in operation.get("parameters", []) if item["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path)), where
    keyed = [
        endpoint for family in FAMILIES for endpoint in family.endpoints if endpoint.access is Access.KEYED
    ]
    for endpoint in keyed:
        path = "/api" + re.sub(r":\w+}", "}", endpoint.path)
        operation = described["paths"][path][endpoint.method.lower()]
        assert operation["security"] == [{"apiKey": []}, {"session": []}], path
    assert set(described["components"]["securitySchemes"]) == {"apiKey", "session"}


async def test_documented_shapes_are_the_bytes(world: World) -> None:
    """design, section 2: models and answers agree field by field."""
    voicegram_id = await add_voicegram(world)
    signed_in = await world.client.post(
        "/api/session", json={"email": world.ours.email, "password": PASSWORD}
    )
    pairs = {
        SessionAnswer: signed_in,
        Me: await world.get("/me"),
        Workspace: await world.get("/workspace"),
        RecordingChannelList: await world.get("/recording-channels"),
        VoicegramList: await world.get("/voicegrams"),
        VoicegramDetail: await world.get(f"/voicegrams/{voicegram_id}"),
        PublicChannel: await world.public("GET", "/acme/autumn"),
        ErrorAnswer: await world.get("/voicegrams?status=x"),
    }
    for model, answer in pairs.items():
        body = answer.json()
        parsed = model.model_validate(body, strict=True)
        assert parsed.model_dump(exclude_unset=True) == body, model


async def test_page(world: World) -> None:
    """votel.md 0.1: `/docs/votel`."""
    page = await world.client.get("/docs/votel")
    assert page.status_code == 200
    assert "/openapi/votel.json" in page.text
