"""Calls and reports in this contract's shapes (contracts/votel.md 5.6, 6)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from antiphon.core.clock import to_datetime, to_iso, to_iso_or_none
from antiphon.domain.calls.links import LINK_VALIDITY_MS, RecordingLinks
from antiphon.domain.calls.records import Call, Segment
from antiphon.domain.calls.report import Figures, Report, ReportQuery
from antiphon.domain.calls.snapshot import sentiment
from antiphon.domain.overview import Overview, OverviewReport

_PROVIDERS = {"meta_whatsapp": "meta"}


def call_row(call: Call, conversation_id: str | None, links: RecordingLinks, now: int) -> dict[str, Any]:
    """A call without its words; the recording's address holds for an hour."""
    recorded = call.recording_key is not None and call.recording_deleted_at is None
    moments = (call.created_at, call.ended_at, call.analyzed_at)
    return {
        "id": call.id,
        "call_sid": call.call_sid,
        "type": "phone",
        "direction": call.direction.value,
        "status": call.status.value,
        "ended_reason": call.ended_reason,
        "from_number": call.from_number,
        "to_number": call.to_number,
        "number_id": call.number_id,
        "provider": _PROVIDERS.get(call.carrier, call.carrier),
        "agent_id": call.assistant_id,
        "agent_version": None,
        "lead_id": call.contact_id,
        "lead_name": call.remote_name,
        "conversation_id": conversation_id,
        "user_id": call.user_id,
        "campaign_id": None,
        "enrollment_id": None,
        "scheduled_at": None,
        "started_at": to_iso(call.started_at),
        "answered_at": to_iso_or_none(call.answered_at),
        "ended_at": to_iso_or_none(call.ended_at),
        "duration_seconds": call.duration_seconds,
        "summary": call.summary,
        "sentiment": sentiment(call),
        "success": call.success,
        "analysis": msgspec.json.decode(call.analysis) if call.analysis else {},
        "analyzed_at": to_iso_or_none(call.analyzed_at),
        "has_recording": recorded,
        "recording_url": links.url(call.id, now + LINK_VALIDITY_MS) if recorded else None,
        "voicemail": call.ended_reason == "voicemail",
        "variables": {},
        "metadata": msgspec.json.decode(call.metadata),
        "engines": {
            "transcription": call.transcript_engine,
            "confidence": call.transcript_confidence,
        },
        "latency": None,
        "degraded": False,
        "disposition": call.disposition,
        "tags": msgspec.json.decode(call.tags),
        "notes": call.notes,
        "is_test": call.is_test,
        "cost_micros": call.cost_micros,
        "created_at": to_iso(call.created_at),
        "updated_at": to_iso(max(moment for moment in moments if moment is not None)),
    }


def call_detail(call: Call, conversation_id: str | None, links: RecordingLinks, now: int) -> dict[str, Any]:
    return {
        **call_row(call, conversation_id, links, now),
        "legs": [_leg(segment) for segment in call.segments],
        "transcript": msgspec.to_builtins(call.turns),
        "tool_calls": [],
    }


def _leg(segment: Segment) -> dict[str, Any]:
    return {
        "order": segment.order,
        "type": segment.type.value,
        "user_id": segment.user_id,
        "extension": segment.extension,
        "extension_name": segment.extension_name,
        "started_at": to_iso(segment.started_at),
        "ended_at": to_iso_or_none(segment.ended_at),
        "summary": segment.summary,
        "transcription": segment.transcription,
        "sentiment": sentiment(segment),
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
