"""Meta's WhatsApp Cloud API: text, templates and media both ways, and message states.

Credentials: `access_token`, `app_secret`, `verify_token`. Settings: `base_url`, `version`. A number's
`carrier_number_id` is its phone number id.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from antiphon.carriers.port import (
    MAX_MEDIA_BYTES,
    CallbackAnswer,
    CallbackRequest,
    CarrierEvent,
    Delivery,
    FetchedMedia,
    MediaReference,
    MessageReceived,
    MessageStatus,
    NotHandedOver,
    OutboundMessage,
    SendOutcome,
    SendRefused,
    SendUnknown,
)
from antiphon.carriers.requests import content_type, fetch, post_once, status_category
from antiphon.core.clock import SECOND, Clock
from antiphon.core.errors import DomainError, ErrorCategory, ServiceError
from antiphon.core.http import GuardedClient

NAME = "meta_whatsapp"
BASE_URL = "https://graph.facebook.com"
VERSION = "v23.0"
SIGNATURE_HEADER = "x-hub-signature-256"
MAX_LOOKUP_BYTES = 65536

_STATES: dict[str, Delivery] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
}
_MEDIA = ("image", "audio", "video", "document", "sticker")
_CAPTIONED = ("image", "video", "document")
ERROR_CODES = {
    131021: "invalid_number",
    131026: "unreachable",
    131030: "recipient_not_allowed",
    131047: "window_closed",
    131049: "filtered",
    # Of marketing alone: answers to what somebody writes are still wanted.
    131050: "marketing_opted_out",
    131051: "unsupported",
    131053: "media_failed",
    132000: "invalid_template",
    132001: "invalid_template",
    132012: "invalid_template",
    132015: "template_paused",
    132016: "template_disabled",
    133010: "invalid_sender",
    368: "blocked",
}
_AUTH_CODES = frozenset({0, 3, 10, 190, 200, 131005, 131031})
_RATE_CODES = frozenset({4, 80007, 130429, 131048, 131056, 133016})


class MetaWhatsAppCarrier:
    """One connection to one WhatsApp business account."""

    name = NAME
    is_idempotent = False

    def __init__(
        self,
        credentials: Mapping[str, str],
        settings: Mapping[str, Any],
        http: GuardedClient,
        clock: Clock,
    ) -> None:
        self._token = credentials.get("access_token", "")
        self._secret = credentials.get("app_secret", "")
        self._verify_token = credentials.get("verify_token", "")
        base = str(settings.get("base_url") or BASE_URL).rstrip("/")
        self._base = f"{base}/{settings.get('version') or VERSION}"
        self._http = http
        self._clock = clock

    async def send_message(self, message: OutboundMessage) -> SendOutcome:
        if message.channel != "whatsapp" or not message.carrier_number_id:
            raise SendRefused("invalid_sender", "The number has no WhatsApp phone number id")
        body = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": message.to_number.removeprefix("+"),
            "biz_opaque_callback_data": message.reference,
            **_content(message),
        }
        response = await post_once(
            self._http,
            NAME,
            f"{self._base}/{message.carrier_number_id}/messages",
            {**self._authorization, "Content-Type": "application/json"},
            msgspec.json.encode(body),
        )
        answer = _object(response.body)
        if response.status == 200:
            for item in _list(answer, "messages"):
                if isinstance(item.get("id"), str):
                    return SendOutcome(item["id"])
            raise SendUnknown("meta gave no message id")
        error = _dict(answer, "error")
        code = error.get("code")
        details = _dict(error, "error_data").get("details")
        text = str(details or error.get("message") or f"meta answered {response.status}")
        if code in _RATE_CODES:
            raise NotHandedOver(ErrorCategory.RATE_LIMIT, text, service=NAME)
        if response.status in (401, 403) or code in _AUTH_CODES:
            raise NotHandedOver(ErrorCategory.AUTH, text, service=NAME)
        raise SendRefused(_code(code if code is not None else response.status), text)

    def verify(self, request: CallbackRequest) -> bool:
        if request.method == "GET":
            given = request.query.get("hub.verify_token", "")
            asked = request.query.get("hub.mode") == "subscribe"
            return bool(self._verify_token) and asked and _same(given, self._verify_token)
        given = request.headers.get(SIGNATURE_HEADER, "")
        return bool(self._secret) and _same(given, signature(self._secret, request.body))

    def answer(self, request: CallbackRequest) -> CallbackAnswer:
        """The challenge, when the callback address is being verified."""
        if request.method == "GET":
            return CallbackAnswer(200, request.query.get("hub.challenge", "").encode(), "text/plain")
        return CallbackAnswer()

    def parse_callbacks(self, request: CallbackRequest) -> list[CarrierEvent]:
        if request.method == "GET":
            return []
        body = _object(request.body)
        if body.get("object") != "whatsapp_business_account":
            raise DomainError("not a callback of a WhatsApp business account", field="object")
        events: list[CarrierEvent] = []
        for entry in _list(body, "entry"):
            for change in _list(entry, "changes"):
                if change.get("field") == "messages":
                    value = _dict(change, "value")
                    events.extend(self._messages(value))
                    events.extend(self._states(value))
        return events

    async def check(self) -> None:
        await self._look("me")

    async def mark_read(self, carrier_message_id: str, carrier_number_id: str | None) -> None:
        body = {"messaging_product": "whatsapp", "status": "read", "message_id": carrier_message_id}
        response = await self._http.request(
            "POST",
            f"{self._base}/{carrier_number_id}/messages",
            headers={**self._authorization, "Content-Type": "application/json"},
            body=msgspec.json.encode(body),
        )
        if response.status != 200:
            raise ServiceError(
                status_category(response.status), f"meta answered {response.status}", service=NAME
            )

    async def hook_number(self, e164: str, carrier_number_id: str | None) -> str | None:
        """The app's callbacks are set at Meta itself; here the number must be one of the token's."""
        if not carrier_number_id:
            raise ServiceError(ErrorCategory.CALLER, "the phone number id is needed", service=NAME)
        await self._look(carrier_number_id)
        return carrier_number_id

    async def unhook_number(self, carrier_number_id: str | None, *, release: bool) -> None:
        return None

    async def _look(self, what: str) -> None:
        """Raises ServiceError unless the token may read it."""
        url = f"{self._base}/{quote(what, safe='')}"
        response = await self._http.request("GET", url, headers=self._authorization)
        if response.status >= 300:
            error = _dict(_object(response.body), "error")
            text = str(error.get("message") or f"meta answered {response.status}")
            category = ErrorCategory.AUTH if error.get("code") in _AUTH_CODES else None
            raise ServiceError(category or status_category(response.status), text, service=NAME)

    async def fetch_media(
        self, *, url: str | None = None, carrier_media_id: str | None = None, max_bytes: int = MAX_MEDIA_BYTES
    ) -> FetchedMedia:
        """In two steps: the id gives a short-lived address, which gives the bytes."""
        if not carrier_media_id or not carrier_media_id.isalnum():
            raise ServiceError(ErrorCategory.CALLER, "not a media id", service=NAME)
        found = await fetch(
            self._http, NAME, f"{self._base}/{carrier_media_id}", self._authorization, MAX_LOOKUP_BYTES
        )
        place = _object(found.data)
        address = place.get("url")
        if not isinstance(address, str):
            raise ServiceError(ErrorCategory.SERVER, "meta gave no address", service=NAME)
        media = await fetch(self._http, NAME, address, self._authorization, max_bytes, is_signed=True)
        expected = place.get("sha256")
        if isinstance(expected, str) and hashlib.sha256(media.data).hexdigest() != expected.lower():
            raise ServiceError(ErrorCategory.SERVER, "the media came damaged", service=NAME)
        kind = place.get("mime_type")
        return FetchedMedia(media.data, content_type(kind) if isinstance(kind, str) else media.content_type)

    @property
    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}", "User-Agent": "Antiphon"}

    def _messages(self, value: dict[str, Any]) -> Iterator[MessageReceived]:
        place = _dict(value, "metadata")
        number_id = place.get("phone_number_id")
        names = {
            contact.get("wa_id"): _dict(contact, "profile").get("name")
            for contact in _list(value, "contacts")
        }
        for item in _list(value, "messages"):
            sender, message_id, kind = item.get("from"), item.get("id"), item.get("type")
            if not (isinstance(sender, str) and sender.isdecimal() and isinstance(message_id, str)):
                continue
            if not isinstance(kind, str) or kind in ("reaction", "system", "ephemeral"):
                continue
            name = names.get(sender)
            yield MessageReceived(
                message_id,
                "whatsapp",
                f"+{sender}",
                None,
                _text(item, kind),
                _millis(item.get("timestamp"), self._clock.now()),
                carrier_number_id=number_id if isinstance(number_id, str) else None,
                name=name if isinstance(name, str) else None,
                message_type=kind[:32],
                content=None if kind == "text" or kind in _MEDIA else {kind: item.get(kind) or {}},
                media=_attachments(item, kind),
            )

    def _states(self, value: dict[str, Any]) -> Iterator[MessageStatus]:
        for item in _list(value, "statuses"):
            state = _STATES.get(str(item.get("status")))
            message_id, reference = item.get("id"), item.get("biz_opaque_callback_data")
            if state is None or not isinstance(message_id, str):
                continue
            error = next(iter(_list(item, "errors")), {})
            code = error.get("code")
            text = _dict(error, "error_data").get("details") or error.get("title")
            yield MessageStatus(
                message_id,
                state,
                _millis(item.get("timestamp"), self._clock.now()),
                reference if isinstance(reference, str) else None,
                None if code is None else _code(code),
                text if isinstance(text, str) else None,
            )


def signature(app_secret: str, body: bytes) -> str:
    """`sha256=` and the lower-case hex HMAC-SHA256 of the raw body."""
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def _content(message: OutboundMessage) -> dict[str, Any]:
    if message.template is not None:
        return {"type": "template", "template": message.template}
    if message.media:
        item = message.media[0]
        main = item.content_type.partition("/")[0]
        kind = main if main in ("image", "audio", "video") else "document"
        fields: dict[str, Any] = {"link": item.url}
        if message.body and kind in _CAPTIONED:
            fields["caption"] = message.body
        if kind == "document" and item.filename:
            fields["filename"] = item.filename
        return {"type": kind, kind: fields}
    return {"type": "text", "text": {"preview_url": False, "body": message.body}}


def _text(item: dict[str, Any], kind: str) -> str:
    """The words of a message of any kind, "" when it has none."""
    if kind == "text":
        found = _dict(item, "text").get("body")
    elif kind in _CAPTIONED:
        found = _dict(item, kind).get("caption")
    elif kind == "button":
        found = _dict(item, "button").get("text")
    elif kind == "interactive":
        reply = _dict(item, "interactive")
        found = (_dict(reply, "button_reply") or _dict(reply, "list_reply")).get("title")
    else:
        found = None
    return found if isinstance(found, str) else ""


def _attachments(item: dict[str, Any], kind: str) -> tuple[MediaReference, ...]:
    file = _dict(item, kind)
    media_id = file.get("id")
    if kind not in _MEDIA or not isinstance(media_id, str):
        return ()
    name, caption = file.get("filename"), file.get("caption")
    return (
        MediaReference(
            content_type(str(file.get("mime_type", ""))),
            carrier_media_id=media_id,
            filename=name if isinstance(name, str) else "",
            caption=caption if isinstance(caption, str) else None,
        ),
    )


def _code(code: object) -> str:
    return (ERROR_CODES.get(code) if isinstance(code, int) else None) or f"meta_{code}"


def _millis(value: object, fallback: int) -> int:
    text = str(value)
    return int(text) * SECOND if text.isdecimal() and len(text) < 12 else fallback


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _dict(value: dict[str, Any], name: str) -> dict[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _list(value: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = value.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
