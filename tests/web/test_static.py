from __future__ import annotations

import os
from pathlib import Path

import pytest
from starlette.testclient import TestClient

IDENTITY = {"Accept-Encoding": "identity"}


def test_widget_is_a_plain_script_with_a_short_cache(client: TestClient) -> None:
    """contracts/voicegram.md 9: the widget is one script that any page may load."""
    answer = client.get("/widget.js")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "access-control-allow-origin" not in answer.headers
    assert answer.text == "widget();" * 300


def test_packed_copy_is_sent_where_accepted(client: TestClient, static_root: Path) -> None:
    packed = client.get("/widget.js", headers={"Accept-Encoding": "br, gzip;q=0.8"})
    plain = client.get("/widget.js", headers=IDENTITY)
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) == (static_root / "widget.js.gz").stat().st_size
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"


def test_outdated_packed_copy_is_not_sent(client: TestClient, static_root: Path) -> None:
    (static_root / "widget.js").write_text("newer();")
    later = (static_root / "widget.js.gz").stat().st_mtime + 10
    os.utime(static_root / "widget.js", (later, later))
    assert client.get("/widget.js", headers={"Accept-Encoding": "gzip"}).text == "newer();"


def test_etag_answers_not_modified(client: TestClient) -> None:
    for coding in ("gzip", "identity"):
        first = client.get("/widget.js", headers={"Accept-Encoding": coding})
        again = client.get(
            "/widget.js",
            headers={"Accept-Encoding": coding, "If-None-Match": f'"other", W/{first.headers["etag"]}'},
        )
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["etag"] == first.headers["etag"]
    assert client.get("/widget.js", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("name", "content_type"),
    [("main-a1b2.js", "text/javascript; charset=utf-8"), ("inter-c3d4.woff2", "font/woff2")],
)
def test_hashed_assets_are_immutable(client: TestClient, name: str, content_type: str) -> None:
    answer = client.get(f"/dashboard/assets/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == content_type
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "path",
    [
        "/dashboard/assets/absent.js",
        "/dashboard/assets/main-a1b2.js.gz",
        "/dashboard/assets/..%2Findex.html",
        "/dashboard/assets/..%2F..%2F..%2Fsecret.txt",
        "/dashboard/assets/%2Fetc%2Fpasswd",
        "/dashboard/assets/a%00b",
    ],
)
def test_nothing_outside_the_assets_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_symbolic_link_out_of_the_assets_is_not_followed(client: TestClient, static_root: Path) -> None:
    (static_root / "dashboard" / "assets" / "link.txt").symlink_to(static_root.parent / "secret.txt")
    assert client.get("/dashboard/assets/link.txt").status_code == 404


@pytest.mark.parametrize("path", ["/widget.js", "/dashboard", "/dashboard/inbox", "/v/acme/autumn-survey"])
def test_missing_build_is_a_clear_503(unbuilt_client: TestClient, path: str) -> None:
    answer = unbuilt_client.get(path)
    assert answer.status_code == 503
    assert "the UI is not built: run scripts/build-ui" in answer.text


def test_missing_build_has_no_assets(unbuilt_client: TestClient) -> None:
    assert unbuilt_client.get("/dashboard/assets/main-a1b2.js").status_code == 404
