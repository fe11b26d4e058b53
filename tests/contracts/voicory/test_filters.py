"""Reading of filters and pages (contracts/voicory.md 6, 7)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.requests import Request

from antiphon.contracts.voicory.errors import ApiError
from antiphon.contracts.voicory.filters import Filters
from antiphon.contracts.voicory.paging import list_body

UUID = "01A1F8E0-74ff-71ec-a446-6ed27967319c"


def filters(query: str) -> Filters:
    scope: dict[str, Any] = {"type": "http", "query_string": query.encode(), "headers": []}
    return Filters(Request(scope))


def millis(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("query", "page", "limit"),
    [
        ("", 1, 25),
        ("page=3&limit=100", 3, 100),
        ("page=0&limit=0", 1, 1),
        ("page=-1&limit=-9", 1, 1),
        ("limit=101", 1, 100),
        ("page=two&limit=2.0", 1, 25),
        ("page=&limit=", 1, 25),
        ("page=2&page=3&limit=5&limit=x", 2, 5),
        ("page=&page=3", 1, 25),
        ("page=+4", 4, 25),
        ("page=007&limit=0010", 7, 10),
        ("page=" + "9" * 40 + "&limit=" + "9" * 40, 1_000_000_000, 100),
        ("page=1%00&limit=%D9%A3", 1, 25),
        ("page=1e3&limit=0x10", 1, 25),
    ],
)
def test_pages(query: str, page: int, limit: int) -> None:
    """6: clamped when out of range, defaulted when unparseable; the first of repeated ones counts."""
    read = filters(query)
    assert (read.page, read.limit, read.offset) == (page, limit, (page - 1) * limit)


@pytest.mark.parametrize(
    ("page", "limit", "total", "pages", "more"),
    [
        (1, 25, 0, 0, False),
        (1, 25, 25, 1, False),
        (1, 25, 26, 2, True),
        (2, 25, 26, 2, False),
        (9, 1, 3, 3, False),
    ],
)
def test_meta(page: int, limit: int, total: int, pages: int, more: bool) -> None:
    """6: rounded up, 0 when empty; a page past the end has no more."""
    assert list_body([], page, limit, total)["meta"] == {
        "page": page,
        "limit": limit,
        "total": total,
        "total_pages": pages,
        "has_more": more,
    }


DAY = (millis(2026, 3, 4), millis(2026, 3, 5) - 1)


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("2026-03-04", *DAY),
        ("20260304", *DAY),
        ("2026-W10-3", *DAY),
        ("2026-03-04T05:06:07", *[millis(2026, 3, 4, 5, 6, 7)] * 2),
        ("2026-03-04T05:06:07Z", *[millis(2026, 3, 4, 5, 6, 7)] * 2),
        ("2026-03-04t05:06:07z", *[millis(2026, 3, 4, 5, 6, 7)] * 2),
        ("2026-03-04T05:06", *[millis(2026, 3, 4, 5, 6)] * 2),
        ("2026-03-04T05:06:07.250Z", *[millis(2026, 3, 4, 5, 6, 7) + 250] * 2),
        ("2026-03-04T05:06:07%2B05:30", *[millis(2026, 3, 3, 23, 36, 7)] * 2),
        ("2026-03-04T05:06:07+05:30", *[millis(2026, 3, 3, 23, 36, 7)] * 2),
        ("2026-03-04T05:06:07+0530", *[millis(2026, 3, 3, 23, 36, 7)] * 2),
        ("2026-03-04T05:06:07-01:00", *[millis(2026, 3, 4, 6, 6, 7)] * 2),
        ("2026-03-04%2005:06:07", *[millis(2026, 3, 4, 5, 6, 7)] * 2),
        ("", None, None),
    ],
)
def test_times(text: str, since: int | None, until: int | None) -> None:
    """7: ISO 8601, no offset is UTC, a bare date its start or end, a space is the plus it was."""
    read = filters(f"from={text}&to={text}")
    assert (read.since(), read.until()) == (since, until)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "yesterday",
        "2026-02-30",
        "2026-13-01",
        "2026-03-04T25:00:00Z",
        "2026-03-04x05:06:07",
        "1772539200",
        "2026-03-04T05:06:07%2B99:00",
        "2026",
        "--",
        "%EF%BC%92026-03-04",
        "2026-03-04' OR 1=1 --",
        "9" * 500,
    ],
)
def test_what_is_no_time(text: str) -> None:
    """5, 7: exactly `from` and `to` that are no dates are refused."""
    for name in ("from", "to"):
        read = filters(f"{name}={text}")
        with pytest.raises(ApiError) as refused:
            (read.since if name == "from" else read.until)()
        assert refused.value.code == "INVALID_FILTER"


@pytest.mark.parametrize(
    "text", ["x", "1", UUID + "0", UUID.replace("-", ""), "{" + UUID + "}", f"{UUID}%20"]
)
def test_what_is_no_uuid(text: str) -> None:
    """5, 7."""
    with pytest.raises(ApiError) as refused:
        filters(f"assistant_id={text}").uuid("assistant_id")
    assert refused.value.code == "INVALID_FILTER"


def test_uuids() -> None:
    """7: either case; empty is not given."""
    assert filters(f"customer_id={UUID}").uuid("customer_id") == UUID.lower()
    assert filters("customer_id=").uuid("customer_id") is None


def test_words() -> None:
    """7: an unknown value matches nothing; an empty one is not given."""
    read = filters("status=completed&direction=sideways&source=")
    assert read.choice("status", ("completed",)) == "completed"
    assert not read.is_empty
    assert read.choice("source", ("phone",)) is None
    assert not read.is_empty
    read.choice("direction", ("inbound", "outbound"))
    assert read.is_empty


def test_texts() -> None:
    """7: cut to 256 characters; NUL characters are left out; unknown parameters are ignored."""
    assert filters("search=" + "%C3%A9" * 300).text("search") == "é" * 256
    assert filters("search=a%00b").text("search") == "ab"
    assert filters("search=%20%20").text("search") is None
    assert filters("search=a&search=b&colour=red").text("search") == "a"
    assert filters("search=%FF").text("search") == "\ufffd"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%2B13125550143", "+13125550143"),
        ("+13125550143", "+13125550143"),
        ("13125550143", "13125550143"),
        ("%20", None),
        ("", None),
    ],
)
def test_phones(text: str, expected: str | None) -> None:
    """7: a leading space is the plus that it was before URL decoding."""
    assert filters(f"phone_number={text}").phone() == expected
