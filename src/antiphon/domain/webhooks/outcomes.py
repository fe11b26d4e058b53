"""From an answer, or none, to the outcome of an attempt (contracts/voicegram.md 7.2)."""

from __future__ import annotations

from antiphon.core.http import HttpFailure, HttpResponse
from antiphon.domain.webhooks.records import Outcome
from antiphon.domain.webhooks.schedule import EXCERPT_BYTES

INTERNAL = Outcome("internal_error", None, "")


def outcome_of(response: HttpResponse) -> Outcome:
    excerpt = response.body[:EXCERPT_BYTES].decode("utf-8", "replace").replace("\0", "\ufffd")
    return Outcome(_error(response.status), response.status, excerpt)


def outcome_of_failure(failure: HttpFailure) -> Outcome:
    return Outcome(failure.kind, None, "")


def _error(status: int) -> str | None:
    if 200 <= status < 300:
        return None
    return f"redirect_blocked: {status}" if 300 <= status < 400 else f"http_status: {status}"
