"""What every contract's routes share."""

from __future__ import annotations

from starlette.responses import Response

from antiphon.contracts.http import set_headers


def test_headers_of_a_call_replace_those_of_its_answer() -> None:
    response = Response(b"{}", headers={"Vary": "Accept", "Retry-After": "1"})
    set_headers(response, {"retry-after": "7", "X-RateLimit-Limit": "60"})
    assert response.headers.items() == [
        ("vary", "Accept"),
        ("retry-after", "7"),
        ("content-length", "2"),
        ("x-ratelimit-limit", "60"),
    ]
