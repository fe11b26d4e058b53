"""The OpenAPI document and the page (contracts/voicory.md 1, 8)."""

from __future__ import annotations

from typing import Any, get_args

from antiphon.contracts.voicory import schemas
from antiphon.contracts.voicory.errors import STATUS
from phone_world import World

FILTERS = {
    "/api/v1/calls": ["status", "direction", "assistant_id", "phone_number", "from", "to"],
    "/api/v1/customers": ["search", "source", "from", "to"],
    "/api/v1/messages": ["direction", "customer_id", "phone_number", "from", "to"],
}


async def document(world: World) -> dict[str, Any]:
    return dict((await world.client.get("/openapi/voicory.json")).json())


async def test_six_routes_and_their_answers(world: World) -> None:
    """8: six GET routes, nothing else; 5: statuses of each; 8: exactly these filters."""
    paths = (await document(world))["paths"]
    for path, filters in FILTERS.items():
        operation = paths[path]["get"]
        assert sorted(operation["responses"]) == ["200", "400", "401", "429", "500"]
        assert [item["name"] for item in operation["parameters"]] == ["page", "limit", *filters]
        one = paths[f"{path}/{{id}}"]["get"]
        assert sorted(one["responses"]) == ["200", "400", "401", "404", "429", "500"]
        assert [item["name"] for item in one["parameters"]] == ["id"]
    assert {path: list(methods) for path, methods in paths.items()} == {
        path: ["get"] for base in FILTERS for path in (base, f"{base}/{{id}}")
    }


async def test_key_and_headers(world: World) -> None:
    """1, 3, 4: the key in `x-api-key`; limit headers with every counted answer, the version with each."""
    spec = await document(world)
    assert spec["components"]["securitySchemes"] == {
        "key": {"type": "apiKey", "in": "header", "name": "x-api-key"}
    }
    for methods in spec["paths"].values():
        operation = methods["get"]
        assert operation["security"] == [{"key": []}]
        assert operation["summary"]
        for status, answer in operation["responses"].items():
            assert ("X-RateLimit-Limit" in answer.get("headers", {})) is (status not in ("401", "500"))
            assert answer["headers"]["X-API-Version"]["schema"]["const"] == "v1"
        assert "Retry-After" in operation["responses"]["429"]["headers"]


def test_eight_codes() -> None:
    """5: no other codes exist."""
    assert set(get_args(schemas.ErrorCode)) == set(STATUS)
    assert len(STATUS) == 8


async def test_page(world: World) -> None:
    """1: `/docs/voicory`."""
    assert "/openapi/voicory.json" in (await world.client.get("/docs/voicory")).text
