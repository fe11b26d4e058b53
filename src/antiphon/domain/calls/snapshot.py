"""A call as the data of its events: neutral names, times in milliseconds."""

from __future__ import annotations

from typing import Any

import msgspec

from antiphon.domain.calls.records import Call, Segment


def snapshot(call: Call) -> dict[str, Any]:
    """What `call.started`, `call.answered` and `call.ended` tell."""
    return {
        "id": call.id,
        "call_sid": call.call_sid,
        "carrier": call.carrier,
        "direction": call.direction.value,
        "status": call.status.value,
        "ended_reason": call.ended_reason,
        "from_number": call.from_number,
        "to_number": call.to_number,
        "remote_number": call.remote_number,
        "remote_name": call.remote_name,
        "group_number": call.group_number,
        "number_id": call.number_id,
        "contact_id": call.contact_id,
        "user_id": call.user_id,
        "assistant_id": call.assistant_id,
        "extension": call.extension,
        "extension_name": call.extension_name,
        "started_at": call.started_at,
        "answered_at": call.answered_at,
        "ended_at": call.ended_at,
        "duration_seconds": call.duration_seconds,
        "is_test": call.is_test,
        "created_at": call.created_at,
        **_found(call),
    }


def _found(call: Call) -> dict[str, Any]:
    """What is not known of every call, as far as it is."""
    values = {
        "summary": call.summary,
        "sentiment": sentiment(call),
        "success": call.success,
        "analyzed_at": call.analyzed_at,
        "disposition": call.disposition,
        "notes": call.notes,
        "cost_micros": call.cost_micros,
        "transcript_engine": call.transcript_engine,
        "transcript_confidence": call.transcript_confidence,
        "has_recording": call.recording_key is not None and call.recording_deleted_at is None,
        "tags": msgspec.json.decode(call.tags),
        "metadata": msgspec.json.decode(call.metadata),
        "analysis": msgspec.json.decode(call.analysis) if call.analysis else {},
        "segments": [_segment(segment) for segment in call.segments],
    }
    return {name: value for name, value in values.items() if value or (value is False and name == "success")}


def _segment(segment: Segment) -> dict[str, Any]:
    return {
        "order": segment.order,
        "type": segment.type.value,
        "user_id": segment.user_id,
        "extension": segment.extension,
        "extension_name": segment.extension_name,
        "started_at": segment.started_at,
        "ended_at": segment.ended_at,
        "summary": segment.summary,
        "transcription": segment.transcription,
        "sentiment": sentiment(segment),
    }


def analyzed_snapshot(call: Call) -> dict[str, Any]:
    """What `call.analyzed` tells besides: transcript, summary and sentiment, of the call and its segments.

    `transcription` is null when nothing was transcribed.
    """
    texts = [segment.transcription for segment in call.segments if segment.transcription]
    return {
        **snapshot(call),
        "summary": call.summary,
        "transcription": "\n\n".join(texts) or None,
        "transcript": msgspec.to_builtins(call.turns),
        "sentiment": sentiment(call),
        "segments": [_segment(segment) for segment in call.segments],
        "analysis": msgspec.json.decode(call.analysis) if call.analysis else {},
        "analyzed_at": call.analyzed_at,
    }


def sentiment(of: Call | Segment) -> dict[str, Any] | None:
    """`{label, score}`, or None where nothing was judged."""
    if of.sentiment_label is None:
        return None
    return {"label": of.sentiment_label, "score": of.sentiment_score}
