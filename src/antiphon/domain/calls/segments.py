"""The journey of a call: its timed segments, and what was said in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import and_, bindparam, case, select

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.transaction import WriteTx
from antiphon.core.db.types import Millis
from antiphon.domain.calls.queries import get_call
from antiphon.domain.calls.records import Call, CallStatus, NewSegment, Segment, SegmentType
from antiphon.domain.calls.rows import lock_call, place_of, refresh_search
from antiphon.domain.calls.tables import call_segments

SEGMENT = and_(
    call_segments.c.account_id == bindparam("p_account"), call_segments.c.call_id == bindparam("p_id")
)
_POSITIONS = (
    select(
        call_segments.c.position,
        call_segments.c.type,
        call_segments.c.started_at,
        call_segments.c.extension,
    )
    .where(call_segments.c.account_id == bindparam("account_id"))
    .where(call_segments.c.call_id == bindparam("call_id"))
    .order_by(call_segments.c.position)
)
_IN_TIME = (
    select(call_segments.c.position)
    .where(call_segments.c.account_id == bindparam("account_id"))
    .where(call_segments.c.call_id == bindparam("call_id"))
    .order_by(call_segments.c.started_at, call_segments.c.position)
)
_CLOSE_SEGMENTS = Prepared(
    call_segments.update()
    .where(SEGMENT, call_segments.c.ended_at.is_(None))
    .values(
        # Clocks of a carrier's parts differ: no stage ends before it began.
        ended_at=case(
            (call_segments.c.started_at > bindparam("p_at", type_=Millis), call_segments.c.started_at),
            else_=bindparam("p_at", type_=Millis),
        )
    )
)
_BEGIN_EARLIER = (
    call_segments.update()
    .where(SEGMENT, call_segments.c.started_at == bindparam("p_before", type_=Millis))
    .values(started_at=bindparam("p_at", type_=Millis))
)
_INSERT = Prepared(call_segments.insert())
_STORE_SEGMENT = (
    call_segments.update()
    .where(SEGMENT, call_segments.c.position == bindparam("p_position"))
    .values(
        transcription=bindparam("p_transcription"),
        summary=bindparam("p_summary"),
        sentiment_label=bindparam("p_label"),
        sentiment_score=bindparam("p_score"),
    )
)
SegmentResult = tuple[str | None, str | None, str | None, float | None]


def add_segment(tx: WriteTx, account_id: str, call_id: str, segment: NewSegment) -> Segment:
    """A stage of the journey; the one of the same type, start and extension only gets its end.

    Raises NotFoundError.
    """
    call = lock_call(tx, account_id, call_id)
    rows = tx.all(_POSITIONS, {"account_id": account_id, "call_id": call_id})
    ended_at = segment.ended_at if segment.ended_at is not None else call.ended_at
    if ended_at is not None:
        ended_at = max(ended_at, segment.started_at)
    place = place_of(tx, account_id, segment.user_id, segment.extension, segment.extension_name)
    segment = replace(segment, ended_at=ended_at, extension=place[0], extension_name=place[1])
    key = (segment.type.value, segment.started_at, segment.extension)
    position = next((row.position for row in rows if (row.type, row.started_at, row.extension) == key), None)
    if position is None:
        position = rows[-1].position + 1 if rows else 0
        insert_segments(tx, account_id, call_id, position, [segment])
        if segment.extension is not None:
            refresh_search(tx, get_call(tx, account_id, call_id))
    elif ended_at is not None:
        tx.execute(
            call_segments.update()
            .where(SEGMENT, call_segments.c.position == bindparam("p_position"))
            .values(ended_at=bindparam("p_at")),
            {"p_account": account_id, "p_id": call_id, "p_position": position, "p_at": ended_at},
        )
    in_time = [row.position for row in tx.all(_IN_TIME, {"account_id": account_id, "call_id": call_id})]
    return get_call(tx, account_id, call_id).segments[in_time.index(position)]


def insert_segments(
    tx: WriteTx, account_id: str, call_id: str, first: int, segments: Sequence[NewSegment]
) -> None:
    tx.run_all(
        _INSERT,
        [
            {
                "call_id": call_id,
                "position": position,
                "account_id": account_id,
                "type": segment.type.value,
                "user_id": segment.user_id,
                "extension": segment.extension,
                "extension_name": segment.extension_name,
                "started_at": segment.started_at,
                "ended_at": segment.ended_at,
            }
            for position, segment in enumerate(segments, first)
        ],
    )


def close_segments(
    tx: WriteTx, call: Call, status: CallStatus, ended_reason: str | None, ended_at: int
) -> Call:
    """Every call has a journey: one whose stages nobody told of gets the one that follows from its end."""
    if call.segments:
        tx.run(_CLOSE_SEGMENTS, {"p_account": call.account_id, "p_id": call.id, "p_at": ended_at})
        closed = (
            segment
            if segment.ended_at is not None
            else replace(segment, ended_at=max(ended_at, segment.started_at))
            for segment in call.segments
        )
        return replace(call, segments=tuple(closed))
    if ended_reason == "voicemail":
        kind = SegmentType.VOICEMAIL
    elif call.assistant_id is not None:
        kind = SegmentType.AI_AGENT
    elif call.extension is not None or call.user_id is not None:
        kind = SegmentType.EXTENSION
    else:
        kind = SegmentType.EXTERNAL
    only = NewSegment(kind, call.started_at, ended_at, call.user_id, call.extension, call.extension_name)
    insert_segments(tx, call.account_id, call.id, 0, [only])
    place = only.user_id, only.extension, only.extension_name
    segment = Segment(1, kind, *place, call.started_at, ended_at, None, None, None, None)
    return replace(call, segments=(segment,))


def begin_earlier(tx: WriteTx, call: Call, started_at: int) -> Call:
    """The call is found to have begun earlier, and with it the stage that it began with."""
    first = [segment for segment in call.segments if segment.started_at == call.started_at]
    if not first:
        return call
    own = {"p_account": call.account_id, "p_id": call.id}
    tx.execute(_BEGIN_EARLIER, {**own, "p_before": call.started_at, "p_at": started_at})
    moved = (replace(one, started_at=started_at) if one in first else one for one in call.segments)
    return replace(call, segments=tuple(moved))


def store_segments(tx: WriteTx, call: Call, results: Sequence[SegmentResult]) -> None:
    """Transcription, summary, sentiment label and score of each segment, in time order."""
    positions = tx.all(_IN_TIME, {"account_id": call.account_id, "call_id": call.id})
    for row, (transcription, summary, label, score) in zip(positions, results, strict=True):
        tx.execute(
            _STORE_SEGMENT,
            {
                "p_account": call.account_id,
                "p_id": call.id,
                "p_position": row.position,
                "p_transcription": transcription,
                "p_summary": summary,
                "p_label": label,
                "p_score": score,
            },
        )
