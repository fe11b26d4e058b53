"""Calls and reports in this contract's shapes (contracts/votel.md 5.6, 6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from antiphon.core.clock import to_datetime, to_iso, to_iso_or_none
from antiphon.domain.calls.links import LINK_VALIDITY_MS, RecordingLinks
from antiphon.domain.calls.records import Call
from antiphon.domain.calls.report import Figures, Report, ReportQuery
from antiphon.domain.calls.snapshot import snapshot
from antiphon.domain.overview import Overview, OverviewReport

_PROVIDERS = {"meta_whatsapp": "meta"}


def call_row(call: Call, conversation_id: str | None, links: RecordingLinks, now: int) -> dict[str, Any]:
    """A call without its words; the recording's address holds for an hour."""
    return call_data({**snapshot(call), "conversation_id": conversation_id}, links, now)


def call_detail(call: Call, conversation_id: str | None, links: RecordingLinks, now: int) -> dict[str, Any]:
    data = {**snapshot(call), "conversation_id": conversation_id}
    return call_with_words({**data, "transcript": msgspec.to_builtins(call.turns)}, links, now)


def call_data(data: Mapping[str, Any], links: RecordingLinks, now: int) -> dict[str, Any]:
    """From a snapshot: the same in lists and in events."""
    get = data.get
    recorded = get("has_recording", False)
    created_at = get("created_at", data["started_at"])
    moments = (created_at, data["ended_at"], get("analyzed_at"))
    return {
        "id": data["id"],
        "call_sid": data["call_sid"],
        "type": "phone",
        "direction": data["direction"],
        "status": data["status"],
        "ended_reason": data["ended_reason"],
        "from_number": data["from_number"],
        "to_number": data["to_number"],
        "number_id": get("number_id"),
        "provider": _PROVIDERS.get(data["carrier"], data["carrier"]),
        "agent_id": data["assistant_id"],
        "agent_version": None,
        "lead_id": data["contact_id"],
        "lead_name": data["remote_name"],
        "conversation_id": get("conversation_id"),
        "user_id": data["user_id"],
        "campaign_id": None,
        "enrollment_id": None,
        "scheduled_at": None,
        "started_at": to_iso(data["started_at"]),
        "answered_at": to_iso_or_none(data["answered_at"]),
        "ended_at": to_iso_or_none(data["ended_at"]),
        "duration_seconds": data["duration_seconds"],
        "summary": get("summary"),
        "sentiment": get("sentiment"),
        "success": get("success"),
        "analysis": get("analysis", {}),
        "analyzed_at": to_iso_or_none(get("analyzed_at")),
        "has_recording": recorded,
        "recording_url": links.url(data["id"], now + LINK_VALIDITY_MS) if recorded else None,
        "voicemail": data["ended_reason"] == "voicemail",
        "variables": {},
        "metadata": get("metadata", {}),
        "engines": {
            "transcription": get("transcript_engine"),
            "confidence": get("transcript_confidence"),
        },
        "latency": None,
        "degraded": False,
        "disposition": get("disposition"),
        "tags": get("tags", []),
        "notes": get("notes", ""),
        "is_test": data["is_test"],
        "cost_micros": get("cost_micros", 0),
        "created_at": to_iso(created_at),
        "updated_at": to_iso(max(moment for moment in moments if moment is not None)),
    }


def call_with_words(data: Mapping[str, Any], links: RecordingLinks, now: int) -> dict[str, Any]:
    """As `call_data`, with the journey and what was said."""
    return {
        **call_data(data, links, now),
        "legs": [
            {
                **segment,
                "started_at": to_iso(segment["started_at"]),
                "ended_at": to_iso_or_none(segment["ended_at"]),
            }
            for segment in data.get("segments", ())
        ],
        "transcript": data.get("transcript", []),
        "tool_calls": [],
    }


def figures_view(figures: Figures) -> dict[str, Any]:
    """A rate or mean without a base is null."""
    return {
        "calls": figures.calls,
        "inbound": figures.inbound,
        "outbound": figures.outbound,
        "answered": figures.answered,
        "missed": figures.missed,
        "voicemail": figures.voicemail,
        "transferred": figures.transferred,
        "agent_handled": figures.agent_handled,
        "answer_rate": _ratio(figures.answered, figures.calls, 4),
        "avg_answer_seconds": _ratio(figures.answer_ms, figures.with_answer * 1000, 1),
        "avg_duration_seconds": _ratio(figures.duration_seconds, figures.answered, 1),
        "minutes": round(figures.duration_seconds / 60, 2),
        "success_rate": _ratio(figures.successes, figures.judged, 4),
        "cost_micros": figures.cost_micros,
    }


def report_view(report: Report, query: ReportQuery) -> dict[str, Any]:
    """Buckets begin with the offset of their zone."""
    return {
        "from": to_iso(query.since),
        "to": to_iso(query.until),
        "timezone": query.zone.key,
        "interval": query.interval,
        "totals": figures_view(report.totals),
        "previous": None if report.previous is None else figures_view(report.previous),
        "series": [
            {"start": _local(bucket.start, query), **figures_view(bucket.figures)} for bucket in report.series
        ],
        "breakdown": [
            {"key": group.key, "label": group.label, **figures_view(group.figures)}
            for group in report.breakdown
        ],
    }


def overview_figures(figures: Overview, calls: Figures) -> dict[str, Any]:
    """The main figures side by side; a rate or mean without a base is null."""
    phone = figures_view(calls)
    shown = ("calls", "inbound", "outbound", "answered", "missed", "answer_rate", "avg_answer_seconds")
    return {
        "voicegrams": figures.voicegrams,
        **{name: phone[name] for name in shown},
        "messages_in": figures.messages_in,
        "messages_out": figures.messages_out,
        "replies": figures.replies,
        "avg_reply_seconds": _ratio(figures.reply_ms, figures.replies * 1000, 1),
    }


def overview_view(report: OverviewReport, query: ReportQuery) -> dict[str, Any]:
    return {
        "from": to_iso(query.since),
        "to": to_iso(query.until),
        "timezone": query.zone.key,
        "interval": query.interval,
        "totals": overview_figures(*report.totals),
        "previous": None if report.previous is None else overview_figures(*report.previous),
        "series": [
            {"start": _local(bucket.start, query), **overview_figures(bucket.figures, bucket.calls)}
            for bucket in report.series
        ],
        "breakdown": [],
    }


def _local(at: int, query: ReportQuery) -> str:
    moment: datetime = to_datetime(at).astimezone(query.zone)
    return moment.isoformat(timespec="seconds")


def _ratio(part: int, whole: int, digits: int) -> float | None:
    return None if whole == 0 else round(part / whole, digits)
