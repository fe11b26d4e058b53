"""Writes of voicegrams: creation, the results of the steps, completion, edits, erasure and links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import and_, bindparam, select, update

from antiphon.core.clock import DAY
from antiphon.core.db.prepared import Prepared
from antiphon.core.db.search_text import normalise
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import DomainError, NotFoundError
from antiphon.core.events import Event, events, new_event_id
from antiphon.core.ids import new_id
from antiphon.domain.accounts.audit import Target, changed, record
from antiphon.domain.accounts.commands import add_to_counter
from antiphon.domain.accounts.queries import get_account
from antiphon.domain.accounts.user_jobs import UserJob, create_job, fail_jobs_of
from antiphon.domain.channels.commands import count_voicegram
from antiphon.domain.contacts.queries import get_contact
from antiphon.domain.pipeline import FIRST_RUN, StepRun, delete_object, enqueue_step
from antiphon.domain.voicegrams.errors import VoicegramStateError
from antiphon.domain.voicegrams.queries import (
    find_by_client_id,
    find_listener,
    get_completed,
    get_voicegram,
)
from antiphon.domain.voicegrams.records import ListenerKind, Step, StepStatus, Voicegram, VoicegramStatus
from antiphon.domain.voicegrams.snapshot import snapshot
from antiphon.domain.voicegrams.tables import listeners, voicegram_steps, voicegrams

MAX_TAGS = 50
MAX_TAG_LENGTH = 100
NOTE_LENGTH = 300
KIND = "voicegram"
REPROCESS = "voicegram.reprocess"
"""The kind of the job that repeats steps; its id names the run."""

_OWN = and_(
    voicegrams.c.account_id == bindparam("p_account"),
    voicegrams.c.id == bindparam("p_id"),
    voicegrams.c.deleted_at.is_(None),
)
_STEP = and_(
    voicegram_steps.c.account_id == bindparam("p_account"),
    voicegram_steps.c.voicegram_id == bindparam("p_id"),
    voicegram_steps.c.name == bindparam("p_step"),
)
_INSERT = Prepared(voicegrams.insert())
_INSERT_STEP = Prepared(voicegram_steps.insert())
_UPDATE = Prepared(update(voicegrams).where(_OWN))
_START_STEP = Prepared(
    voicegram_steps.update()
    .where(_STEP)
    .values(
        status=StepStatus.RUNNING.value,
        attempts=voicegram_steps.c.attempts + 1,
        started_at=bindparam("p_now"),
        finished_at=None,
    )
)
_FINISH_STEP = Prepared(
    voicegram_steps.update()
    .where(_STEP)
    .values(
        status=bindparam("p_status"),
        engine=bindparam("p_engine"),
        error=bindparam("p_error"),
        finished_at=bindparam("p_now"),
    )
)


def create_voicegram(
    tx: WriteTx,
    account_id: str,
    channel_id: str,
    *,
    voicegram_id: str,
    sender_email: str,
    page_url: str | None,
    client_id: str,
    source_key: str,
    source_container: str,
    duration_ms: int,
) -> tuple[str, str, bool]:
    """Store a probed recording and start its pipeline: id, status, and whether it is new.

    An equal `client_id` of the account gives the first one (contracts/votel.md 18). The pipeline announces
    it, so that its sender does not wait for what follows from that.
    """
    # The channel's row is locked first, so that equal uploads at the same moment meet one after the other.
    count_voicegram(tx, account_id, channel_id)
    known = find_by_client_id(tx, account_id, client_id)
    if known is not None:
        count_voicegram(tx, account_id, channel_id, -1)
        return *known, False
    tx.run(
        _INSERT,
        {
            "id": voicegram_id,
            "account_id": account_id,
            "channel_id": channel_id,
            "status": VoicegramStatus.PROCESSING.value,
            "sender_email": sender_email,
            "page_url": page_url,
            "client_id": client_id,
            "created_at": tx.now,
            "duration_ms": duration_ms,
            "source_key": source_key,
            "source_container": source_container,
            "transcript_text": "",
            "transcript_confidence": 0.0,
            "callback_required": False,
            "tags": "[]",
            "notes": "",
            "is_read": False,
            "search_text": normalise(sender_email),
        },
    )
    tx.run_all(
        _INSERT_STEP,
        [
            {
                "voicegram_id": voicegram_id,
                "account_id": account_id,
                "name": step.value,
                "position": position,
                "status": (StepStatus.COMPLETED if step is Step.PROBE else StepStatus.PENDING).value,
                "attempts": 1 if step is Step.PROBE else 0,
                "started_at": tx.now if step is Step.PROBE else None,
                "finished_at": tx.now if step is Step.PROBE else None,
            }
            for position, step in enumerate(Step)
        ],
    )
    add_to_counter(tx, account_id, "voicegrams", 1)
    enqueue_step(tx, KIND, StepRun(account_id, voicegram_id, FIRST_RUN), Step.TRANSCODE)
    return voicegram_id, VoicegramStatus.PROCESSING.value, True


def announce_voicegram(tx: WriteTx, account_id: str, voicegram_id: str) -> None:
    """Tell of a recording that has come in; by reaction it gets its sender's contact and thread."""
    tx.emit(Event(account_id, "voicegram.received", voicegram_id))


def start_step(tx: WriteTx, account_id: str, voicegram_id: str, step: Step) -> None:
    tx.run(
        _START_STEP,
        {"p_account": account_id, "p_id": voicegram_id, "p_step": step.value, "p_now": tx.now},
    )


def finish_step(
    tx: WriteTx,
    account_id: str,
    voicegram_id: str,
    step: Step,
    results: dict[str, Any],
    *,
    run: str = FIRST_RUN,
    engine: str | None = None,
    note: str | None = None,
    failed: bool = False,
) -> None:
    """Store a step's results and enqueue the next step.

    `note` is shown as the step's `error`: why it failed for good, or why another engine did it.
    """
    if results:
        tx.run(_UPDATE, {**results, "p_account": account_id, "p_id": voicegram_id})
    status = StepStatus.FAILED if failed else StepStatus.COMPLETED
    tx.run(
        _FINISH_STEP,
        {
            "p_account": account_id,
            "p_id": voicegram_id,
            "p_step": step.value,
            "p_status": status.value,
            "p_engine": engine,
            "p_error": None if note is None else note[:NOTE_LENGTH],
            "p_now": tx.now,
        },
    )
    steps = list(Step)
    if step is not Step.COMPLETE:
        enqueue_step(tx, KIND, StepRun(account_id, voicegram_id, run), steps[steps.index(step) + 1])


def complete_voicegram(tx: WriteTx, account_id: str, voicegram_id: str) -> bool:
    """Mark completed and emit the one event; false when it was completed before (a reprocessing).

    Raises NotFoundError when it was deleted meanwhile.
    """
    voicegram = get_voicegram(tx, account_id, voicegram_id)
    values: dict[str, Any] = {"search_text": _search_text(voicegram)}
    first = voicegram.completed_at is None
    if first:
        values |= {
            "status": VoicegramStatus.COMPLETED.value,
            "completed_at": tx.now,
            "event_id": new_event_id(),
        }
    finish_step(tx, account_id, voicegram_id, Step.COMPLETE, values)
    if first:
        completed = get_completed(tx, account_id, voicegram_id)
        thread = {"lead_id": voicegram.contact_id, "message_id": voicegram.contact_id and voicegram_id}
        tx.emit(
            Event(
                account_id,
                "voicegram.completed",
                voicegram_id,
                {**snapshot(completed), **thread},
                completed.event_id,
            )
        )
    else:
        tx.emit(Event(account_id, "voicegram.updated", voicegram_id))
    return first


def show_step(tx: WriteTx, account_id: str, voicegram_id: str) -> None:
    """What a repeated step has changed is found and seen, whether another one follows or not."""
    text = _search_text(get_voicegram(tx, account_id, voicegram_id))
    tx.run(_UPDATE, {"search_text": text, "p_account": account_id, "p_id": voicegram_id})
    tx.emit(Event(account_id, "voicegram.updated", voicegram_id))


def _search_text(voicegram: Voicegram) -> str:
    summary = msgspec.json.decode(voicegram.summary) if voicegram.summary else {}
    parts = (
        voicegram.sender_email,
        voicegram.channel_name,
        voicegram.transcript_text,
        summary.get("text", ""),
    )
    return "\t".join(normalise(part) for part in parts)


def update_voicegram(tx: WriteTx, account_id: str, voicegram_id: str, changes: dict[str, Any]) -> Voicegram:
    """Change `tags`, `notes`, `is_read` or `lead_id`; other keys are ignored.

    Raises NotFoundError and DomainError.
    """
    before = get_voicegram(tx, account_id, voicegram_id)
    values: dict[str, Any] = {key: changes[key] for key in ("notes", "is_read") if key in changes}
    if "tags" in changes:
        tags = list(dict.fromkeys(tag.strip() for tag in changes["tags"] if tag.strip()))
        if len(tags) > MAX_TAGS or any(len(tag) > MAX_TAG_LENGTH for tag in tags):
            raise DomainError(f"at most {MAX_TAGS} tags of {MAX_TAG_LENGTH} characters", field="tags")
        values["tags"] = msgspec.json.encode(tags).decode()
    if "lead_id" in changes:
        values["contact_id"] = _lead(tx, account_id, changes["lead_id"])
    if values:
        tx.run(_UPDATE, {**values, "p_account": account_id, "p_id": voicegram_id})
        after = get_voicegram(tx, account_id, voicegram_id)
        differences = changed(_described(before), _described(after))
        tx.emit(Event(account_id, "voicegram.updated", voicegram_id, {"changes": differences}))
        if differences:
            record(tx, account_id, "voicegram.updated", _target(before), differences)
    return get_voicegram(tx, account_id, voicegram_id)


def _lead(tx: WriteTx, account_id: str, lead_id: str) -> str:
    try:
        return get_contact(tx, account_id, lead_id).id
    except NotFoundError:
        raise DomainError("no such lead", field="lead_id") from None


def _described(voicegram: Voicegram) -> dict[str, Any]:
    """What people change, by the names of the API."""
    return {
        "tags": msgspec.json.decode(voicegram.tags),
        "notes": voicegram.notes,
        "is_read": voicegram.is_read,
        "lead_id": voicegram.contact_id,
    }


def delete_voicegram(tx: WriteTx, account_id: str, voicegram_id: str) -> None:
    """Erase audio and text; the id is gone in every contract. Raises NotFoundError."""
    voicegram = get_voicegram(tx, account_id, voicegram_id)
    tx.execute(
        update(voicegrams)
        .where(_OWN)
        .values(
            deleted_at=tx.now,
            sender_email="",
            page_url=None,
            source_key=None,
            audio_key=None,
            transcript_text="",
            transcript_words=None,
            summary=None,
            notes="",
            tags="[]",
            search_text="",
        ),
        {"p_account": account_id, "p_id": voicegram_id},
    )
    tx.execute(
        events.update()
        .where(events.c.account_id == account_id, events.c.object_id == voicegram_id)
        .values(data="{}")
    )
    for key in {voicegram.source_key, voicegram.audio_key} - {None}:
        delete_object(tx, str(key))
    add_to_counter(tx, account_id, "voicegrams", -1)
    fail_jobs_of(tx, account_id, voicegram_id, "The voicegram was deleted")
    tx.emit(Event(account_id, "voicegram.deleted", voicegram_id))
    record(tx, account_id, "voicegram.deleted", Target("voicegram", voicegram_id))


def delete_audio(tx: WriteTx, account_id: str, voicegram_id: str) -> None:
    """Retention: the file goes, the row with transcript and summary stays (contracts/voicegram.md 2)."""
    voicegram = get_voicegram(tx, account_id, voicegram_id)
    if voicegram.audio_deleted_at is not None:
        return
    tx.execute(
        update(voicegrams).where(_OWN).values(audio_deleted_at=tx.now, audio_key=None, source_key=None),
        {"p_account": account_id, "p_id": voicegram_id},
    )
    for key in {voicegram.source_key, voicegram.audio_key} - {None}:
        delete_object(tx, str(key))


def erase_transcript(tx: WriteTx, account_id: str, voicegram_id: str) -> None:
    """Retention: the words go, here and in the event; the summary stays (contracts/votel.md 11.1)."""
    voicegram = get_voicegram(tx, account_id, voicegram_id)
    search_text = _search_text(replace(voicegram, transcript_text=""))
    tx.execute(
        update(voicegrams)
        .where(_OWN)
        .values(transcript_text="", transcript_words=None, search_text=search_text),
        {"p_account": account_id, "p_id": voicegram_id},
    )
    tx.execute(
        events.update()
        .where(events.c.account_id == account_id, events.c.object_id == voicegram_id)
        .values(data="{}")
    )
    tx.emit(Event(account_id, "voicegram.updated", voicegram_id))


def request_reprocess(tx: WriteTx, account_id: str, voicegram_id: str, steps: Sequence[Step]) -> UserJob:
    """Run transcription or insight again, as a job; the event is not sent again (contracts/votel.md 18).

    Raises NotFoundError; VoicegramStateError while processing, or when the audio a step needs is gone.
    """
    voicegram = get_voicegram(tx, account_id, voicegram_id)
    if voicegram.status is VoicegramStatus.PROCESSING:
        raise VoicegramStateError("The voicegram is still being processed")
    first = Step.TRANSCRIBE if Step.TRANSCRIBE in steps else Step.INSIGHT
    if first is Step.TRANSCRIBE and voicegram.audio_key is None and voicegram.source_key is None:
        raise VoicegramStateError("The audio was deleted")
    total = 2 if first is Step.TRANSCRIBE else 1
    job = create_job(tx, account_id, REPROCESS, total=total, object_id=voicegram_id)
    enqueue_step(tx, KIND, StepRun(account_id, voicegram_id, job.id), first)
    record(tx, account_id, "voicegram.reprocessed", _target(voicegram))
    return job


def _target(voicegram: Voicegram) -> Target:
    return Target("voicegram", voicegram.id, voicegram.sender_email)


def ensure_listener(
    tx: WriteTx,
    account_id: str,
    kind: ListenerKind,
    reference: str,
    voicegram_id: str | None = None,
    expires_at: int | None = None,
) -> str:
    """The live listener of a recipient, made when there is none; without a voicegram it is for all."""
    found = find_listener(tx, account_id, kind, reference, voicegram_id)
    if found is not None:
        return found
    listener_id = new_id()
    tx.execute(
        listeners.insert(),
        {
            "id": listener_id,
            "account_id": account_id,
            "kind": kind.value,
            "reference": reference,
            "voicegram_id": voicegram_id,
            "expires_at": expires_at,
            "created_at": tx.now,
        },
    )
    return listener_id


def create_link(
    tx: WriteTx, account_id: str, voicegram_id: str, *, recipient: str, expires_in_days: int | None = None
) -> tuple[str, int]:
    """A link for one recipient: listener id and expiry in milliseconds.

    Raises NotFoundError; DomainError when the plan allows a shorter validity only.
    """
    get_voicegram(tx, account_id, voicegram_id)
    validity = get_account(tx, account_id).plan.link_validity_ms
    if expires_in_days is not None:
        if not 1 <= expires_in_days * DAY <= validity:
            raise DomainError(f"1 to {validity // DAY} days on this plan", field="expires_in_days")
        validity = expires_in_days * DAY
    expires_at = tx.now + validity
    listener = ensure_listener(tx, account_id, ListenerKind.MANUAL, recipient, voicegram_id, expires_at)
    tx.execute(
        listeners.update()
        .where(listeners.c.account_id == account_id, listeners.c.id == listener)
        .values(expires_at=expires_at)
    )
    record(tx, account_id, "voicegram_link.created", Target("voicegram", voicegram_id, recipient))
    return listener, expires_at


def revoke_link(tx: WriteTx, account_id: str, listener_id: str) -> None:
    """Every link of the listener stops at once. Raises NotFoundError."""
    own = and_(listeners.c.account_id == account_id, listeners.c.id == listener_id)
    if tx.scalar(select(listeners.c.id).where(own)) is None:
        raise NotFoundError("Link not found")
    tx.execute(listeners.update().where(own, listeners.c.revoked_at.is_(None)).values(revoked_at=tx.now))
    record(tx, account_id, "voicegram_link.revoked", Target("voicegram_link", listener_id))


def revoke_key_links(tx: WriteTx, event: Event) -> None:
    """Reaction: revoking a key revokes the links it fetched (contracts/voicegram.md 8)."""
    tx.execute(
        listeners.update()
        .where(
            listeners.c.account_id == event.account_id,
            listeners.c.kind == ListenerKind.KEY.value,
            listeners.c.reference == event.object_id,
            listeners.c.revoked_at.is_(None),
        )
        .values(revoked_at=tx.now)
    )


def create_key_listener(tx: WriteTx, event: Event) -> None:
    """Reaction: each key has a listener from its creation, so that reads never write."""
    ensure_listener(tx, event.account_id, ListenerKind.KEY, event.object_id)


def mark_listened(tx: WriteTx, account_id: str, listener_id: str) -> None:
    tx.execute(
        listeners.update()
        .where(listeners.c.account_id == account_id, listeners.c.id == listener_id)
        .values(last_used_at=tx.now)
    )
