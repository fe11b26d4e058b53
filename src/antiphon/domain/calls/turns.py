"""Words into turns, and turns into the text of a call and of its segments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from antiphon.domain.calls.records import Call, Segment, SegmentType, Speaker, Turn
from antiphon.speech.transcription.port import Word

PAUSE_MS = 700
SAME_TURN_MS = 2000
SPEAKERS: dict[str, str] = {"agent": "AI", "caller": "Caller", "user": "Agent"}
"""How contracts call the speakers (contracts/voicory.md 8.1)."""


def turns_of(channels: Sequence[tuple[Speaker, Sequence[Word]]]) -> list[Turn]:
    """Turns in time order; who goes on after another one spoke, or after a long break, begins a new one."""
    spoken = [turn for speaker, words in channels for turn in _utterances(speaker, words)]
    spoken.sort(key=lambda turn: (turn.start_ms, turn.end_ms))
    turns: list[Turn] = []
    for turn in spoken:
        last = turns[-1] if turns else None
        if last and last.speaker == turn.speaker and turn.start_ms - last.end_ms < SAME_TURN_MS:
            turns[-1] = _joined(last, turn)
        else:
            turns.append(turn)
    return turns


def _utterances(speaker: Speaker, words: Sequence[Word]) -> Iterator[Turn]:
    run: list[Word] = []
    for word in words:
        if run and word.start_ms - run[-1].end_ms >= PAUSE_MS:
            yield _turn(speaker, run)
            run = []
        run.append(word)
    if run:
        yield _turn(speaker, run)


def _turn(speaker: Speaker, words: Sequence[Word]) -> Turn:
    confidence = sum(word.confidence for word in words) / len(words)
    text = " ".join(word.text for word in words)
    return Turn(speaker, text, words[0].start_ms, words[-1].end_ms, round(confidence, 4))


def _joined(first: Turn, second: Turn) -> Turn:
    words = len(first.text.split()), len(second.text.split())
    confidence = (first.confidence * words[0] + second.confidence * words[1]) / max(1, sum(words))
    return Turn(
        first.speaker,
        f"{first.text} {second.text}",
        first.start_ms,
        max(first.end_ms, second.end_ms),
        round(confidence, 4),
    )


def recording_start(call: Call) -> int:
    """When the recording began, in milliseconds since the epoch."""
    for at in (call.recording_started_at, call.answered_at):
        if at is not None:
            return at
    return call.started_at


def company_speaker(call: Call, at: int) -> Speaker:
    """Who speaks for the company at a time: an assistant, or a human colleague."""
    segment = _segment_at(call, at)
    if segment is not None and segment.type is SegmentType.AI_AGENT:
        return "agent"
    talks = any(one.type is SegmentType.AI_AGENT for one in call.segments)
    return "agent" if call.assistant_id is not None and not talks else "user"


def named_speakers(call: Call, turns: Sequence[Turn]) -> list[Turn]:
    """The company's turns as the assistant's or a colleague's, by the segment they fall in."""
    start = recording_start(call)
    return [
        turn
        if turn.speaker == "caller"
        else Turn(
            company_speaker(call, start + turn.start_ms),
            turn.text,
            turn.start_ms,
            turn.end_ms,
            turn.confidence,
        )
        for turn in turns
    ]


def _segment_at(call: Call, at: int) -> Segment | None:
    found = call.segments[0] if call.segments else None
    for segment in call.segments:
        if segment.started_at <= at:
            found = segment
    return found


def turns_by_segment(call: Call) -> list[list[Turn]]:
    """The turns of each segment, in its order; a turn belongs where its middle lies."""
    start = recording_start(call)
    found: list[list[Turn]] = [[] for _ in call.segments]
    for turn in call.turns:
        segment = _segment_at(call, start + (turn.start_ms + turn.end_ms) // 2)
        if segment is not None:
            found[segment.order - 1].append(turn)
    return found


def transcriptions(call: Call) -> list[str | None]:
    """The text of each segment: one turn per line, None without words (contracts/vocatech.md 5.1)."""
    return [plain_text(turns) or None for turns in turns_by_segment(call)]


def plain_text(turns: Sequence[Turn]) -> str:
    return "\n".join(f"{SPEAKERS[turn.speaker]}: {turn.text}" for turn in turns)
