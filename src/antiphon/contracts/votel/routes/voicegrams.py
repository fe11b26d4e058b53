"""The inbox: list, read, edit, erase and reprocess voicegrams, and hear them (contracts/votel.md 18)."""

from __future__ import annotations

from starlette.responses import Response

from antiphon.contracts.http import info_of, json_response
from antiphon.contracts.votel.audio import audio_response
from antiphon.contracts.votel.errors import ApiError, invalid
from antiphon.contracts.votel.event_bodies import event_body
from antiphon.contracts.votel.inputs import LIST_QUERY
from antiphon.contracts.votel.rendering import AUDIO_URL_MS, Rendering, read_audio_signature
from antiphon.contracts.votel.routing import Access, Call, Routes
from antiphon.contracts.votel.schemas import (
    Reprocess,
    VoicegramChange,
    VoicegramDetail,
    VoicegramEvent,
    VoicegramList,
)
from antiphon.contracts.votel.schemas_jobs import Job
from antiphon.contracts.votel.views import voicegram_detail, voicegram_row
from antiphon.contracts.votel.views_jobs import job_view
from antiphon.core.db.transaction import ReadTx
from antiphon.domain.voicegrams.commands import delete_voicegram, request_reprocess, update_voicegram
from antiphon.domain.voicegrams.queries import SORTS, get_completed, get_voicegram, list_voicegrams
from antiphon.domain.voicegrams.records import Step, Voicegram, VoicegramFilters
from antiphon.domain.voicegrams.snapshot import snapshot
from antiphon.domain.webhooks.dialect import AudioLink
from antiphon.domain.webhooks.queries import list_object_deliveries
from antiphon.domain.webhooks.records import ObjectDelivery

ROUTES = Routes("Voicegrams")

STATUSES = ("processing", "completed", "failed_step")
URGENCIES = ("low", "medium", "high")
SENTIMENTS = ("positive", "neutral", "negative")
SORT_WORDS = tuple(f"{sign}{name}" for name in SORTS for sign in ("", "-"))
MAX_TAG_CHARS = 100

_TEXT = {"type": "string"}
_TIME = {"type": "string", "format": "date-time"}
_LIST_QUERY = {
    "status": {"enum": list(STATUSES)},
    "recording_channel_id": {"type": "string", "format": "uuid"},
    "lead_id": {"type": "string", "format": "uuid"},
    "urgency": {"enum": list(URGENCIES)},
    "sentiment": {"enum": list(SENTIMENTS)},
    "intent": _TEXT,
    "callback_required": {"type": "boolean"},
    "unread": {"type": "boolean"},
    "tag": _TEXT,
    "search": _TEXT,
    "from": _TIME,
    "to": _TIME,
    "sort": {"enum": list(SORT_WORDS)},
    **LIST_QUERY,
}


@ROUTES.add("GET", "/voicegrams", permission="conversations:read", answer=VoicegramList, query=_LIST_QUERY)
async def list_all_voicegrams(call: Call) -> Response:
    """Voicegrams of the account, newest first."""
    query = call.query
    unread = query.flag("unread")
    filters = VoicegramFilters(
        status=query.choice("status", STATUSES),
        channel_id=query.uuid("recording_channel_id"),
        contact_id=query.uuid("lead_id"),
        urgency=query.choice("urgency", URGENCIES),
        sentiment=query.choice("sentiment", SENTIMENTS),
        intent=query.text("intent"),
        callback_required=query.flag("callback_required"),
        is_read=None if unread is None else not unread,
        tag=query.text("tag", MAX_TAG_CHARS),
        search=query.text("search"),
        since=query.since(),
        until=query.until(),
        sort=query.choice("sort", SORT_WORDS) or "-created_at",
    )
    query.check()
    services = call.services
    page = await services.database.read(
        list_voicegrams, call.account_id, filters, limit=query.limit, page=query.page
    )
    now = services.clock.now()
    rendering = Rendering.of(services)
    rows = [voicegram_row(voicegram, rendering, now) for voicegram in page.items]
    return json_response({"voicegrams": rows, "total": page.total})


@ROUTES.add("GET", "/voicegrams/{id:uuid}", permission="conversations:read", answer=VoicegramDetail)
async def get_one_voicegram(call: Call) -> Response:
    """One voicegram with its words, steps and deliveries."""
    return await _detail(call)


@ROUTES.add("GET", "/voicegrams/{id:uuid}/event", permission="conversations:read", answer=VoicegramEvent)
async def get_voicegram_event(call: Call) -> Response:
    """The completed voicegram's event as a webhook gets it; the audio's address is this contract's."""
    services, now = call.services, call.services.clock.now()
    found = await services.database.read(get_completed, call.account_id, call.path_id())
    expires_at = now + AUDIO_URL_MS
    url = Rendering.of(services).audio_url(call.account_id, found.id, expires_at)
    dialect = services.dialects["voicegram"]
    [core] = dialect.event_types
    audio = AudioLink(url, expires_at)
    body = event_body(call, dialect, found.event_id or "", core, snapshot(found), now, audio)
    return Response(body, media_type="application/json")


@ROUTES.add(
    "PATCH",
    "/voicegrams/{id:uuid}",
    permission="conversations:write",
    body=VoicegramChange,
    answer=VoicegramDetail,
)
async def change_voicegram(call: Call) -> Response:
    """Change tags, notes, the read mark or the lead."""
    await call.services.database.read(get_voicegram, call.account_id, call.path_id())
    body = await call.body(VoicegramChange)
    await call.services.database.write(
        update_voicegram, call.account_id, call.path_id(), body.model_dump(exclude_unset=True)
    )
    return await _detail(call)


@ROUTES.add("DELETE", "/voicegrams/{id:uuid}", permission="conversations:manage", status=204)
async def erase_voicegram(call: Call) -> Response:
    """Erase audio and text; the id is gone in every contract."""
    await call.services.database.write(delete_voicegram, call.account_id, call.path_id())
    return Response(status_code=204)


@ROUTES.add(
    "POST",
    "/voicegrams/{id:uuid}/reprocess",
    permission="conversations:write",
    status=201,
    body=Reprocess,
    answer=Job,
)
async def reprocess_voicegram(call: Call) -> Response:
    """Transcribe or summarise again; the event is not sent again."""
    voicegram_id = call.path_id()
    await call.services.database.read(get_voicegram, call.account_id, voicegram_id)
    body = await call.body(Reprocess)
    if body.engine not in (None, "", "auto"):
        raise invalid("engine", "Only the engine of the settings can be used")
    steps = [Step(step) for step in body.steps]
    job = await call.services.database.write(request_reprocess, call.account_id, voicegram_id, steps)
    return json_response(job_view(job), 201)


_AUDIO_QUERY = {"sig": {"type": "string", "description": "Instead of a key: the signature of `audio.url`"}}


@ROUTES.add("GET", "/voicegrams/{id:uuid}/audio", access=Access.OPEN, query=_AUDIO_QUERY)
async def get_voicegram_audio(call: Call) -> Response:
    """The recording as audio/webm, whole or one range."""
    services, voicegram_id = call.services, call.path_id()
    signature = call.request.query_params.get("sig", "")
    account_id = read_audio_signature(services.signer, signature, voicegram_id, services.clock.now())
    if account_id is None:
        await call.admit("conversations:read")
        account_id = call.account_id
    info_of(call.request).account_id = account_id
    voicegram = await services.database.read(get_voicegram, account_id, voicegram_id)
    if voicegram.audio_key is None:
        raise ApiError(404, "Recording not found")
    return await audio_response(call.request, services.store, voicegram.audio_key)


ROUTES.add("HEAD", "/voicegrams/{id:uuid}/audio", access=Access.OPEN, documented=False)(get_voicegram_audio)


async def _detail(call: Call) -> Response:
    services = call.services
    voicegram, deliveries = await services.database.read(_load, call.account_id, call.path_id())
    return json_response(
        voicegram_detail(voicegram, deliveries, Rendering.of(services), services.clock.now())
    )


def _load(tx: ReadTx, account_id: str, voicegram_id: str) -> tuple[Voicegram, list[ObjectDelivery]]:
    voicegram = get_voicegram(tx, account_id, voicegram_id)
    return voicegram, list_object_deliveries(tx, account_id, voicegram_id)
