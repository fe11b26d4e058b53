"""A small built user interface in a temporary folder, and an app with the browser routes over it."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from antiphon.web.pages import create_web_routes


@dataclass(frozen=True)
class Channel:
    workspace_name: str = "Acme & Sons"
    name: str = "Autumn <survey>"
    greeting: str | None = "Tell us how it was."
    is_active: bool = True


class Services:
    def __init__(self) -> None:
        self.channels = {("acme", "autumn-survey"): Channel(), ("acme", "old"): Channel(is_active=False)}
        self.asked: list[tuple[str, str]] = []

    async def find_hosted_channel(self, workspace: str, slug: str) -> Channel | None:
        self.asked.append((workspace, slug))
        return self.channels.get((workspace, slug))


MANIFEST = {
    "index.html": {
        "file": "assets/main-a1b2.js",
        "imports": ["_common.js", "_early.js"],
        "css": ["assets/main.css"],
        "assets": ["assets/inter-greek-wght-normal-a.woff2", "assets/inter-latin-wght-normal-b.woff2"],
    },
    "_early.js": {"file": "assets/early-e5f6.js", "name": "early"},
    "_common.js": {"file": "assets/common.js"},
    "_list.js": {"file": "assets/list.js", "imports": ["_common.js"], "css": ["assets/list.css"]},
    "src/shell/Layout.tsx": {"file": "assets/Layout.js", "imports": ["index.html", "_common.js"]},
    "src/features/inbox/InboxPage.tsx": {"file": "assets/Inbox.js", "imports": ["_list.js", "index.html"]},
}
"""As Vite writes it: what is imported at once, by names of chunks."""


@pytest.fixture
def static_root(tmp_path: Path) -> Path:
    root = tmp_path / "static"
    assets = root / "dashboard" / "assets"
    assets.mkdir(parents=True)
    (root / "widget.js").write_text("widget();" * 300)
    (root / "dashboard" / "index.html").write_text(
        '<!doctype html><head><title>Antiphon</title><meta nonce="ANTIPHON_NONCE">'
        '<script type="module" src="/dashboard/assets/main-a1b2.js"></script></head>'
    )
    (root / "dashboard" / "manifest.json").write_text(json.dumps(MANIFEST))
    (assets / "main-a1b2.js").write_text("main();" * 300)
    (assets / "inter-c3d4.woff2").write_bytes(b"wOF2")
    for path in (root / "widget.js", assets / "main-a1b2.js"):
        packed = path.with_name(path.name + ".gz")
        packed.write_bytes(gzip.compress(path.read_bytes()))
        os.utime(packed, (path.stat().st_mtime + 1, path.stat().st_mtime + 1))
    (tmp_path / "secret.txt").write_text("secret")
    return root


@pytest.fixture
def services() -> Services:
    return Services()


@pytest.fixture
def client(services: Services, static_root: Path) -> Iterator[TestClient]:
    with TestClient(
        Starlette(routes=create_web_routes(services, static_root, session_cookie="pass")),
        follow_redirects=False,
    ) as client:
        yield client


@pytest.fixture
def unbuilt_client(services: Services, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(Starlette(routes=create_web_routes(services, tmp_path / "absent"))) as client:
        yield client
