"""The figures at /metrics."""

from __future__ import annotations

import os
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

# Read by the library at import: where several server processes keep their figures, to be added up.
SHARED_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"

registry = CollectorRegistry()

REQUESTS = Counter(
    "antiphon_http_requests",
    "Requests by contract and status class.",
    ("contract", "method", "status"),
    registry=registry,
)
SECONDS = Histogram(
    "antiphon_http_request_seconds",
    "Duration of requests.",
    ("contract",),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=registry,
)
EVENTS = Counter("antiphon_events", "Domain events committed, by type.", ("type",), registry=registry)
MEDIA_WORKERS = Gauge(
    "antiphon_media_workers",
    "Running media worker processes.",
    registry=registry,
    multiprocess_mode="livesum",
)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


# Labels come from closed sets, here and below: what a stranger sends must not make series.
_event_count = cache(EVENTS.labels)
_request_count = cache(REQUESTS.labels)
_request_seconds = cache(SECONDS.labels)


def count_event(type: str) -> None:
    _event_count(type).inc()


def observe_request(contract: str, method: str, status: int, seconds: float) -> None:
    known = method if method in METHODS else "other"
    _request_count(contract, known, f"{status // 100}xx").inc()
    _request_seconds(contract).observe(seconds)


def render() -> bytes:
    """The figures of this server in Prometheus's text format, over all its processes."""
    if not os.environ.get(SHARED_DIRECTORY):
        return generate_latest(registry)
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call]  # the library has no types here
    return generate_latest(shared)
