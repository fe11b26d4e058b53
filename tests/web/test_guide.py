"""The written guide at `/guide` (issue 3, section 3)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from antiphon.web.guide import create_guide_routes, guide_folder, render

PAGES = sorted(path.stem for path in guide_folder().glob("*.md"))


@pytest.fixture
def guide() -> Iterator[TestClient]:
    with TestClient(Starlette(routes=create_guide_routes()), follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize("page", PAGES)
def test_pages(guide: TestClient, page: str) -> None:
    """Each page is served, without scripts, and its links between pages lead somewhere."""
    answer = guide.get("/guide" if page == "index" else f"/guide/{page}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script" not in answer.text
    assert "script-src" not in answer.headers["content-security-policy"]
    for link in re.findall(r'href="(/guide[^"#]*)', answer.text):
        assert guide.get(link).status_code == 200, link
    assert not re.findall(r'href="[^"]*\.md', answer.text)


def test_index_leads_to_every_page(guide: TestClient) -> None:
    """No page is hidden."""
    page = guide.get("/guide").text
    linked = set(re.findall(r'href="/guide/([a-z0-9-]+)"', page))
    nested = {
        name
        for found in linked
        for name in re.findall(r'href="/guide/([a-z0-9-]+)"', guide.get(f"/guide/{found}").text)
    }
    assert set(PAGES) - {"index"} <= linked | nested


@pytest.mark.parametrize("path", ["/guide/nothing", "/guide/..%2f..%2fREADME", "/guide/INDEX", "/guide/a.md"])
def test_unknown_pages(guide: TestClient, path: str) -> None:
    """A page that says so."""
    assert guide.get(path).status_code == 404


def test_rendering() -> None:
    """HTML is text, links out of the guide too, other links stay."""
    page = render(
        "# A & B\n\n<b>x</b> [other](other.md#part) [out](../operations.md) [api](/docs) [i](index.md)"
    )
    assert "<title>A &amp; B · Antiphon</title>" in page
    assert "<b>" not in page
    assert '<a href="/guide/other#part">other</a> out <a href="/docs">api</a> <a href="/guide">i</a>' in page
