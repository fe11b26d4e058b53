"""A completed voicegram as the data of its event: neutral names, times in milliseconds."""

from __future__ import annotations

from typing import Any

import msgspec

from antiphon.domain.voicegrams.records import CompletedVoicegram


def snapshot(voicegram: CompletedVoicegram) -> dict[str, Any]:
    return {
        "id": voicegram.id,
        "created_at": voicegram.created_at,
        "completed_at": voicegram.completed_at,
        "duration_ms": voicegram.duration_ms,
        "sender_email": voicegram.sender_email,
        "channel": {
            "kind": voicegram.channel_kind,
            "id": voicegram.channel_id,
            "name": voicegram.channel_name,
            "page_url": voicegram.page_url,
        },
        "transcript": {"text": voicegram.transcript_text, "confidence": voicegram.transcript_confidence},
        "summary": msgspec.json.decode(voicegram.summary),
        "tags": msgspec.json.decode(voicegram.tags),
    }
