from __future__ import annotations

import base64
import hashlib
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from antiphon.web.headers import dashboard_headers
from antiphon.web.html import not_found_page, server_error_page
from antiphon.web.preloads import OUTSIDE_FRAME, ROWS, SCREENS, SIGNED_IN, chunks_of

FONT = "inter-latin-wght-normal-b.woff2"
MAIN = "/dashboard/assets/main-a1b2.js"


class Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def policy(header: str) -> dict[str, str]:
    return dict(part.split(" ", 1) for part in header.split("; "))


def test_hosted_page_mounts_the_recorder(client: TestClient) -> None:
    """contracts/voicegram.md 9: a campaign's page is /v/<workspace>/<slug>."""
    answer = client.get("/v/acme/autumn-survey")
    assert answer.status_code == 200
    page = Elements(answer.text)
    assert page.all("antiphon-recorder") == [
        {
            "data-mode": "inline",
            "data-heading": "none",
            "data-workspace": "acme",
            "data-slug": "autumn-survey",
            "data-company": "Acme & Sons",
        }
    ]
    assert [script["src"] for script in page.all("script")] == ["/widget.js"]
    assert "<title>Autumn &lt;survey&gt; · Acme &amp; Sons</title>" in answer.text
    assert "Tell us how it was." in answer.text


def test_hosted_page_allows_no_foreign_or_inline_script(client: TestClient) -> None:
    answer = client.get("/v/acme/autumn-survey")
    directives = policy(answer.headers["content-security-policy"])
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["connect-src"] == "'self'"
    assert directives["media-src"] == "'self' blob:"
    style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert directives["style-src"] == f"'sha256-{digest}'"
    assert not re.search(r"<script>|\son\w+=|\sstyle=", answer.text)
    assert "microphone=(self)" in answer.headers["permissions-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_closed_channel_says_so_and_loads_no_recorder(client: TestClient) -> None:
    """contracts/votel.md 18: a soft-deleted channel's page says that it is closed."""
    answer = client.get("/v/acme/old")
    assert answer.status_code == 200
    assert "This page is closed" in answer.text
    assert not Elements(answer.text).all("script")


@pytest.mark.parametrize("path", ["/v/acme/absent", "/v/other/autumn-survey"])
def test_unknown_channel_is_not_found(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Page not found" in answer.text
    assert policy(answer.headers["content-security-policy"])["default-src"] == "'none'"


@pytest.mark.parametrize(
    "path",
    [
        "/v/ac/autumn",
        "/v/-acme/autumn",
        "/v/ac--me/autumn",
        "/v/Acme/autumn",
        f"/v/{'a' * 41}/autumn",
        f"/v/acme/{'a' * 61}",
        "/v/acme/autumn%0A",
        "/v/acme/%3Cscript%3E",
    ],
)
def test_ill_formed_addresses_never_reach_the_store(client: TestClient, services: object, path: str) -> None:
    """contracts/voicegram.md 9: characters and lengths of workspace and slug."""
    assert client.get(path).status_code == 404
    assert services.asked == []  # type: ignore[attr-defined]  # the fixture's own record


@pytest.mark.parametrize(
    "path", ["/dashboard", "/dashboard/", "/dashboard/inbox/vg_1", "/dashboard/channels"]
)
def test_dashboard_answers_its_shell_on_every_path(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert "<title>Antiphon</title>" in answer.text
    assert answer.headers["cache-control"] == "no-cache"
    directives = policy(answer.headers["content-security-policy"])
    assert directives["script-src"] == "'self'"
    assert directives["frame-ancestors"] == "'none'"


def test_dashboard_allows_only_the_styles_of_this_answer(client: TestClient) -> None:
    """No inline script, and style elements by a nonce that is never used twice."""
    nonces = set()
    for _ in range(2):
        answer = client.get("/dashboard")
        directives = policy(answer.headers["content-security-policy"])
        found = re.fullmatch(r"'self' 'nonce-([\w-]{22,})'", directives["style-src"])
        assert found is not None
        assert f'nonce="{found[1]}"' in answer.text
        assert "etag" not in answer.headers
        nonces.add(found[1])
    assert len(nonces) == 2


@pytest.mark.parametrize(
    ("path", "files"),
    [
        ("inbox/some-conversation", ["Layout.js", "Inbox.js", "list.js", "list.css", FONT]),
        ("settings/people", [FONT]),
        ("calls", ["Layout.js", FONT]),
    ],
)
def test_dashboard_page_names_what_its_screen_loads(client: TestClient, path: str, files: list[str]) -> None:
    """Each file once, nothing that the first script brings itself, nothing that was not built."""
    links = re.findall(
        r'<link rel="(\w+)"[^>]* href="/dashboard/assets/([^"]+)">', client.get(f"/dashboard/{path}").text
    )
    assert [file for _, file in links] == files
    assert all(kind == ("modulepreload" if file.endswith(".js") else "preload") for kind, file in links)


@pytest.mark.parametrize(
    ("path", "is_signed_in", "questions"),
    [
        ("sign-in", False, ["/api/session"]),
        ("inbox", False, ["/api/session"]),
        ("settings/people", True, [*SIGNED_IN]),
        ("inbox", True, [*SIGNED_IN, ROWS["inbox"]]),
        ("calls", True, [*SIGNED_IN, ROWS["calls"]]),
        ("calls/one", True, [*SIGNED_IN]),
        ("calls?status=busy", True, [*SIGNED_IN]),
    ],
)
def test_dashboard_page_names_what_its_screen_asks_first(
    client: TestClient, path: str, is_signed_in: bool, questions: list[str]
) -> None:
    """Named before the script that asks, which stands before the one it must not wait for."""
    answer = client.get(f"/dashboard/{path}", headers={"Cookie": "pass=1"} if is_signed_in else {})
    page = Elements(answer.text)
    assert [meta["content"] for meta in page.all("meta") if meta.get("name") == "early"] == [
        " ".join(questions)
    ]
    assert [script["src"] for script in page.all("script")] == ["/dashboard/assets/early-e5f6.js", MAIN]
    assert answer.text.index('name="early"') < answer.text.index("<script")


def test_screens_that_are_preloaded_exist() -> None:
    sources = Path(__file__).resolve().parents[2] / "ui" / "dashboard"
    words = [*SCREENS, *(f"{word}/one" for word in SCREENS), *OUTSIDE_FRAME]
    assert all((sources / chunk).is_file() for word in words for chunk in chunks_of(word))


def test_dashboard_page_is_read_again_after_a_build(client: TestClient, static_root: Path) -> None:
    client.get("/dashboard")
    page = static_root / "dashboard" / "index.html"
    page.write_text("<!doctype html><title>Newer</title>")
    os.utime(page, ns=(1, 1))
    assert "Newer" in client.get("/dashboard").text


def test_dashboard_plays_audio_of_a_named_object_store() -> None:
    directives = policy(dashboard_headers("n", ("https://audio.example.org",))["Content-Security-Policy"])
    assert directives["media-src"] == directives["connect-src"] == "'self' blob: https://audio.example.org"


def test_where_keys_are_made(client: TestClient) -> None:
    """contracts/votel.md 0.1: the address that mails about keys name leads into the dashboard."""
    answer = client.get("/settings/api-keys", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/dashboard/settings/api-keys")
    assert client.get("/settings/nothing", follow_redirects=False).status_code == 404


def test_root_leads_to_the_dashboard(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 307
    assert answer.headers["location"] == "/dashboard"


def test_icon_is_served(client: TestClient) -> None:
    answer = client.get("/favicon.svg")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.text.startswith("<svg")


def test_error_pages_carry_their_status() -> None:
    assert not_found_page().status_code == 404
    assert server_error_page().status_code == 500
