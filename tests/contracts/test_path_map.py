"""One origin: which words lead to which contract, and whose 404 answers (contracts/README.md, path map)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from antiphon.app import App
from antiphon.settings import Settings

VOTEL = {"detail": "Not found"}
ID = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """The whole application, its database never opened: routing comes before every other check."""
    app = App(Settings(data_dir=tmp_path / "data", run_jobs_in_server=False))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="https://antiphon.example.com") as client:
        yield client


@pytest.mark.parametrize(
    "path", ["/api/v1/me", "/api/v1/channels", "/api/v1/voicegrams/recent", "/api/v1/webhook-subscriptions"]
)
async def test_voicegram(client: httpx2.AsyncClient, path: str) -> None:
    """Words of Voicegram below `/api/v1`, whatever key is sent."""
    for headers in ({}, {"x-api-key": "sk_" + "a" * 32}):
        answer = await client.get(path, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
        assert "x-request-id" in answer.headers


@pytest.mark.parametrize("word", ["calls", "customers", "messages"])
async def test_voicory(client: httpx2.AsyncClient, word: str) -> None:
    """Words of Voicory below `/api/v1`; its own 404 below them; no request id."""
    for tail in ("", f"/{ID}"):
        for headers in ({}, {"Authorization": "Bearer sk_" + "a" * 32}):
            answer = await client.get(f"/api/v1/{word}{tail}", headers=headers)
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, "MISSING_API_KEY")
            assert "x-request-id" not in answer.headers
    for method, path in (("GET", f"/api/v1/{word}/a/b"), ("POST", f"/api/v1/{word}")):
        answer = await client.request(method, path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")
        assert answer.headers["x-api-version"] == "v1"
        assert "x-request-id" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/calls"),
        ("GET", "/v1/messages"),
        ("POST", "/v1/messages"),
        ("GET", "/v1/media/med_x"),
        ("GET", "/v1/users"),
        ("GET", "/v1/users/1"),
        ("GET", "/v1/contacts"),
        ("GET", "/v1/contacts/fields"),
        ("GET", "/v1/contacts/1"),
        ("GET", "/v1/webhooks"),
        ("GET", "/v1/settings"),
    ],
)
async def test_vocatech(client: httpx2.AsyncClient, method: str, path: str) -> None:
    """The seven words of Vocatech below `/v1`."""
    answer = await client.request(method, path, headers={"x-api-key": "sk_" + "a" * 32})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "missing_token")


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/customers", "/v1/calls/x", "/v1/me", "/v1/v1/calls"])
async def test_other_words_below_v1(client: httpx2.AsyncClient, path: str) -> None:
    """They get Vocatech's 404."""
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v1/users",
        "/api/v1/contacts",
        "/api/nothing",
        "/api/v2/calls",
    ],
)
async def test_other_words_below_api(client: httpx2.AsyncClient, path: str) -> None:
    """They get Votel's 404."""
    answer = await client.get(path)
    assert (answer.status_code, answer.json()) == (404, VOTEL)


@pytest.mark.parametrize(
    "path", ["/v2/calls", "/nothing", "/v1calls", "/V1/calls", "/docs/nothing", "/openapi/x.json"]
)
async def test_other_root_words(client: httpx2.AsyncClient, path: str) -> None:
    """404 with the common envelope."""
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["detail"].lower()) == (404, "not found")


@pytest.mark.parametrize("name", ["voicegram", "voicory", "vocatech", "votel"])
async def test_documents_and_pages(client: httpx2.AsyncClient, name: str) -> None:
    """`/docs` leads to the page and the document of each contract; no key is asked for."""
    index = (await client.get("/docs")).text
    assert f'href="/docs/{name}"' in index
    assert 'href="/guide"' in index
    assert f'href="/openapi/{name}.json"' in index
    assert f"/openapi/{name}.json" in (await client.get(f"/docs/{name}")).text
    document = (await client.get(f"/openapi/{name}.json")).json()
    assert document["openapi"].startswith("3.1")
    assert document["paths"]


async def test_guide(client: httpx2.AsyncClient) -> None:
    """`/guide` is the written guide."""
    assert "<h1>" in (await client.get("/guide")).text
