"""What a fresh server process shows from outside."""

from __future__ import annotations

import ipaddress
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ledger import SqliteLedger
from server_process import Server

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Frame-Options": "DENY",
}
FETCH = """
import sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(sys.argv[1]).status)
except urllib.error.HTTPError as error:
    print(error.code)
"""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    made = Server(tmp_path)
    yield made
    made.abandon()
    await made.close()


def own_address() -> str:
    """An IPv4 address of this machine other than loopback; skips the test without one."""
    table = Path("/proc/net/fib_trie")
    found = re.findall(r"\|-- (\S+)\n\s+/32 host LOCAL", table.read_text()) if table.exists() else []
    for address in found:
        if not ipaddress.ip_address(address).is_loopback:
            return str(address)
    pytest.skip("outside address: this machine has only loopback")


def fetch_from_outside(url: str) -> str:
    """Status of a request by a process of its own, as this one stays on loopback."""
    command = [sys.executable, "-c", FETCH, url]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


async def test_starts_quietly_and_stops_with_success(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    """issue 2.1: the second start is the one that people wait for; both are printed, neither is judged."""
    for attempt in ("first", "second"):
        started = time.perf_counter()
        await server.start()
        with capsys.disabled():
            print(f"\n{attempt} start to /readyz: {time.perf_counter() - started:.2f} s")
        assert await server.stop() == 0
    assert not re.search(r"warn|error|exception|traceback", server.log, re.IGNORECASE), server.log


async def test_metrics_answer_loopback_only_unless_set(server: Server) -> None:
    """docs/operations.md, "Health and figures"."""
    address = own_address()
    server.settings["host"] = "0.0.0.0"
    await server.start()
    outside = f"http://{address}:{server.port}"
    assert fetch_from_outside(f"{outside}/healthz") == "200"
    assert fetch_from_outside(f"{outside}/metrics") == "404"
    status, text, _ = await server.call("GET", "/metrics")
    assert status == 200
    assert "antiphon_http_requests_total" in text
    await server.stop()
    await server.restart(metrics_public="true")
    assert fetch_from_outside(f"http://{address}:{server.port}/metrics") == "200"


def check_headers(headers: Mapping[str, str], seen: set[str]) -> None:
    """contracts/README.md: every answer has a request id of its own and the security headers."""
    assert headers["X-Request-Id"] not in seen
    seen.add(headers["X-Request-Id"])
    for name, value in SECURITY_HEADERS.items():
        assert headers[name] == value


async def test_errors_have_request_ids_and_security_headers(server: Server) -> None:
    await server.start()
    token = server.places["token"]
    seen: set[str] = set()
    answers: list[tuple[str, int, Any]] = [
        ("/nowhere", 404, {"detail": "Not found"}),
        ("/api/nowhere", 404, {"detail": "Not found"}),
        ("/api/v1/voicegrams/nowhere", 404, None),
    ]
    for path, expected, body in answers:
        status, found, headers = await server.call("GET", path, token=token)
        assert status == expected
        assert body is None or found == body
        check_headers(headers, seen)
    await SqliteLedger(server.data_dir).rows("ALTER TABLE voicegrams RENAME TO hidden")
    for path, key in (("/api/v1/voicegrams/recent", "error"), ("/api/v1/voicegrams/recent?limit=5", "error")):
        status, found, headers = await server.call("GET", path, token=token)
        assert status == 500
        assert found[key] == "internal_error"
        assert "hidden" not in str(found)
        assert "voicegrams" not in str(found)
        check_headers(headers, seen)
    await SqliteLedger(server.data_dir).rows("ALTER TABLE hidden RENAME TO voicegrams")
    status, _, _ = await server.call("GET", "/api/v1/voicegrams/recent", token=token)
    assert status == 200
