"""What a visitor's browser does: load a channel, prove an address, send (contracts/votel.md 18)."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit, urlunsplit

import structlog
from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel import limits, origins
from antiphon.contracts.votel.errors import ApiError, forbidden, invalid, too_many
from antiphon.contracts.votel.routing import Access, Call, Routes
from antiphon.contracts.votel.schemas import (
    CodeRequest,
    CodeVerification,
    PublicChannel,
    SenderToken,
    UploadAnswer,
)
from antiphon.contracts.votel.upload import Upload, incoming_directory, receive
from antiphon.core.clock import MINUTE
from antiphon.core.crypto import sha256_hex
from antiphon.core.db.transaction import ReadTx
from antiphon.core.ids import is_uuid, new_id
from antiphon.domain.accounts.queries import get_account
from antiphon.domain.accounts.subdomains import SLUG, SUBDOMAIN
from antiphon.domain.channels.commands import mark_seen
from antiphon.domain.channels.queries import find_hosted_channel, find_public_channel
from antiphon.domain.channels.records import Channel, ChannelKind
from antiphon.domain.channels.verification import (
    check_code,
    issue_code,
    issue_sender_token,
    read_sender_token,
)
from antiphon.domain.voicegrams.intake import store_recording
from antiphon.speech.audio import MAX_SECONDS, AudioError
from antiphon.speech.workers import Lane

log = structlog.get_logger(__name__)

ROUTES = Routes("Public recording")
MAX_PAGE_URL_CHARS = 2048
MAX_UPLOADS = 64
_SEEN_EVERY_MS = MINUTE

_UPLOAD_SCHEMA = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["audio", "channel_id", "sender_token"],
                    "properties": {
                        "audio": {"type": "string", "format": "binary"},
                        "channel_id": {"type": "string", "format": "uuid"},
                        "sender_token": {"type": "string"},
                        "page_url": {"type": "string"},
                        "client_id": {"type": "string"},
                    },
                }
            }
        },
    }
}


@ROUTES.add("GET", "/public/recording/channels/{id:uuid}", access=Access.PUBLIC, answer=PublicChannel)
async def get_public_channel(call: Call) -> Response:
    """The channel of a widget, for pages on the channel's host."""
    channel = await _channel(call, call.path_id())
    now = call.services.clock.now()
    if channel.last_seen_at is None or now - channel.last_seen_at >= _SEEN_EVERY_MS:
        await call.services.database.write(mark_seen, channel.account_id, channel.id)
    call.services.media.expect(Lane.UPLOAD)
    return _public(channel)


@ROUTES.add("GET", "/public/recording/{workspace}/{slug}", access=Access.PUBLIC, answer=PublicChannel)
async def get_hosted_channel(call: Call) -> Response:
    """The campaign of a hosted page."""
    workspace, slug = call.path_id("workspace"), call.path_id("slug")
    if not (SUBDOMAIN.fullmatch(workspace) and SLUG.fullmatch(slug)):
        raise _no_channel()
    channel = await call.services.database.read(find_hosted_channel, workspace, slug)
    if channel is None:
        raise _no_channel()
    call.services.media.expect(Lane.UPLOAD)
    return _public(channel)


@ROUTES.add("POST", "/public/recording/codes", access=Access.PUBLIC, status=204, body=CodeRequest)
async def request_code(call: Call) -> Response:
    """Mail a code to an address; the answer never tells whether one was sent."""
    body = await call.body(CodeRequest)
    channel = await _open_channel(call, body.channel_id)
    services = call.services
    # The IP first: what it may not ask for must not use up the address's codes.
    by_ip = await services.limiter.hit(f"votel:codes:ip:{limits.ip_key(call.ip)}", limits.CODES_PER_IP)
    if by_ip.allowed:
        key = f"votel:codes:address:{sha256_hex(body.email)}"
        by_address = await services.limiter.hit(key, limits.CODES_PER_ADDRESS)
        if by_address.allowed:
            await services.database.write(issue_code, services.signer, services.cipher, channel, body.email)
    return Response(status_code=204)


@ROUTES.add(
    "POST",
    "/public/recording/codes/verify",
    access=Access.PUBLIC,
    body=CodeVerification,
    answer=SenderToken,
)
async def verify_code(call: Call) -> Response:
    """Exchange the mailed code for a token of 30 days."""
    body = await call.body(CodeVerification)
    channel = await _open_channel(call, body.channel_id)
    services = call.services
    check = await services.database.write(
        check_code, services.signer, channel, body.email, body.code.replace(" ", "")
    )
    if check.accepted:
        token = issue_sender_token(services.signer, channel, body.email, services.clock.now())
        return json_response({"sender_token": token})
    if check.tries_left is None:
        raise invalid("code", "This code is no longer valid. Ask for a new one.", "code_void")
    raise invalid("code", "The code is wrong.", "code_wrong", tries_left=check.tries_left)


@ROUTES.add(
    "POST",
    "/public/recording/voicegrams",
    access=Access.PUBLIC,
    status=202,
    answer=UploadAnswer,
    extra=_UPLOAD_SCHEMA,
)
async def upload_voicegram(call: Call) -> Response:
    """Take a recording; answered once it is stored durably."""
    state = call.request.app.state
    if state.uploads >= MAX_UPLOADS:
        raise too_many(5)
    state.uploads += 1
    try:
        async with receive(call.request, incoming_directory(call.services), "audio") as upload:
            with call.services.media.attended():
                voicegram_id, status = await _accept(call, upload)
    finally:
        state.uploads -= 1
    return json_response({"id": voicegram_id, "status": status}, 202)


UPLOAD = ROUTES.endpoints[-1]


async def _accept(call: Call, upload: Upload) -> tuple[str, str]:
    services, fields = call.services, upload.fields
    channel_id = fields.get("channel_id", "").lower()
    if not channel_id:
        raise invalid("channel_id", "Field required", "required")
    if not is_uuid(channel_id):
        raise invalid("channel_id", "not a uuid")
    channel = await _open_channel(call, channel_id)
    email = read_sender_token(services.signer, channel, fields.get("sender_token", ""), services.clock.now())
    if email is None:
        raise forbidden("The sender's address is not verified for this channel")
    if upload.path is None:
        raise invalid("audio", "Field required", "required")
    if upload.size == 0:
        raise AudioError("empty")
    client_id = _client_key(channel, email, fields.get("client_id", ""))
    page_url = fields.get("page_url", "")
    return await store_recording(
        services,
        channel,
        email=email,
        page_url=clean_page_url(page_url) if channel.kind is ChannelKind.DOMAIN else None,
        client_id=client_id,
        path=upload.path,
    )


def clean_page_url(value: str) -> str | None:
    """The embedding page without its fragment; None when it is no web address of at most 2048 characters."""
    if not value or any(ord(char) < 33 or ord(char) == 127 for char in value):
        return None
    try:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return None
    except ValueError:
        return None
    url = urlunsplit(parts._replace(fragment=""))
    return url if len(url) <= MAX_PAGE_URL_CHARS else None


def _client_key(channel: Channel, email: str, client_id: str) -> str:
    """Client ids are equal only for the same sender and channel, whatever a browser sends."""
    text = f"{channel.id}\n{email}\n{client_id or new_id()}"
    return hashlib.sha256(text.encode()).hexdigest()


async def _open_channel(call: Call, channel_id: str) -> Channel:
    """Raises ApiError 404, 403 for a wrong origin, and 400 `closed` for an inactive channel."""
    channel = await _channel(call, channel_id)
    if not channel.is_active:
        raise invalid("channel_id", "This channel takes no messages at the moment.", "closed")
    return channel


async def _channel(call: Call, channel_id: str) -> Channel:
    services = call.services
    found = await services.database.read(_load, channel_id)
    if found is None:
        raise _no_channel()
    channel, workspace = found
    if not origins.is_allowed(call.request, services.settings, channel, workspace):
        call.headers.pop("Access-Control-Allow-Origin", None)
        raise forbidden("This page may not use the channel")
    return channel


def _load(tx: ReadTx, channel_id: str) -> tuple[Channel, str | None] | None:
    channel = find_public_channel(tx, channel_id)
    if channel is None:
        return None
    return channel, get_account(tx, channel.account_id).subdomain


def _no_channel() -> ApiError:
    return ApiError(404, "Recording channel not found")


def _public(channel: Channel) -> Response:
    return json_response(
        {
            "channel_id": channel.id,
            "name": channel.name,
            "greeting": channel.greeting,
            "max_seconds": int(MAX_SECONDS),
            "is_active": channel.is_active,
        },
        headers={"Cache-Control": "no-store"},
    )


async def preflight(call: Call) -> Response:
    """What a page of another origin may send."""
    allowed = "Access-Control-Allow-Origin" in call.headers
    return Response(status_code=204, headers=origins.PREFLIGHT_HEADERS if allowed else None)


for _path in (
    "/public/recording/channels/{id:uuid}",
    "/public/recording/codes",
    "/public/recording/codes/verify",
    "/public/recording/voicegrams",
    "/public/recording/{workspace}/{slug}",
):
    ROUTES.add("OPTIONS", _path, access=Access.PREFLIGHT, documented=False)(preflight)
