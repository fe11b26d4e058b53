"""Twilio: SMS, MMS and WhatsApp both ways, status callbacks of calls and messages, recordings.

Credentials: `account_sid`, `auth_token`. Settings: `base_url`, `messaging_service_sid`, `forward_to` (where
an incoming call is put through to), `forwarding` (by number: the same, before it, and whether it is
recorded), `answers_keywords` ("false" where Twilio's own answers to STOP, START and HELP are switched off).
The account's callbacks point at the connection's callback address.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
from collections import defaultdict
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit
from xml.sax.saxutils import escape, quoteattr

import msgspec

from antiphon.carriers.port import (
    MAX_MEDIA_BYTES,
    CallAnswered,
    CallbackAnswer,
    CallbackRequest,
    CallEnd,
    CallEnded,
    CallParties,
    CallStarted,
    CarrierEvent,
    Delivery,
    FetchedMedia,
    MediaReference,
    MessageChannel,
    MessageReceived,
    MessageStatus,
    NotHandedOver,
    OptOut,
    OutboundMessage,
    RecordingReady,
    SendOutcome,
    SendRefused,
    SendUnknown,
    whatsapp_type,
)
from antiphon.carriers.requests import content_type, fetch, post_once, status_category
from antiphon.core.clock import SECOND, Clock, from_datetime
from antiphon.core.errors import DomainError, ErrorCategory, ServiceError
from antiphon.core.http import GuardedClient
from antiphon.core.phones import E164

NAME = "twilio"
BASE_URL = "https://api.twilio.com"
API_VERSION = "2010-04-01"
SIGNATURE_HEADER = "x-twilio-signature"
BODY_HASH = "bodySHA256"
REFERENCE = "message"
DIAL_STATUS = "DialCallStatus"
MAX_MEDIA = 10

_WHATSAPP = "whatsapp:"
_DEFAULT_PORTS = {"https": 443, "http": 80}
_MESSAGE_STATES: dict[str, Delivery] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}
_CALL_ENDS: dict[str, tuple[CallEnd, str | None]] = {
    "completed": ("completed", None),
    "busy": ("busy", "busy"),
    "no-answer": ("no_answer", "no_answer"),
    "canceled": ("no_answer", "caller_hangup"),
    "failed": ("failed", "error_carrier"),
}
_OPT_OUTS: dict[str, OptOut] = {"STOP": "stop", "START": "start", "HELP": "help"}
ERROR_CODES = {
    "21211": "invalid_number",
    "21212": "invalid_sender",
    "21408": "region_not_enabled",
    "21606": "invalid_sender",
    "21610": "opted_out",
    "21612": "unreachable",
    "21614": "invalid_number",
    "21617": "too_long",
    "21656": "invalid_template",
    "30003": "unreachable",
    "30004": "blocked",
    "30005": "unknown_destination",
    "30006": "landline",
    "30007": "filtered",
    "30034": "unregistered_sender",
    "63003": "invalid_number",
    "63007": "invalid_sender",
    "63016": "window_closed",
    "63024": "invalid_number",
    "63032": "blocked",
    "63049": "blocked",
}
_AUTH_CODES = frozenset({"20003", "20005", "20404"})


class TwilioCarrier:
    """One connection to one Twilio account."""

    name = NAME
    is_idempotent = False

    def __init__(
        self,
        credentials: Mapping[str, str],
        settings: Mapping[str, Any],
        callback_url: str,
        http: GuardedClient,
        clock: Clock,
    ) -> None:
        self._sid = credentials.get("account_sid", "")
        self._token = credentials.get("auth_token", "")
        self._base_url = str(settings.get("base_url") or BASE_URL).rstrip("/")
        self._service_sid = str(settings.get("messaging_service_sid") or "")
        self._forward_to = str(settings.get("forward_to") or "")
        self._answers_keywords = settings.get("answers_keywords") != "false"
        self._forwarding: Mapping[str, Mapping[str, Any]] = settings.get("forwarding") or {}
        self._callback_url = callback_url
        self._http = http
        self._clock = clock

    async def send_message(self, message: OutboundMessage) -> SendOutcome:
        prefix = _WHATSAPP if message.channel == "whatsapp" else ""
        fields = [
            ("To", prefix + message.to_number),
            ("StatusCallback", f"{self._callback_url}?{urlencode({REFERENCE: message.reference})}"),
        ]
        if self._service_sid and not prefix:
            fields.append(("MessagingServiceSid", self._service_sid))
        fields.append(("From", prefix + message.from_number))
        if message.template is not None:
            fields.append(("ContentSid", str(message.template.get("content_sid", ""))))
            variables = message.template.get("variables")
            if variables:
                fields.append(("ContentVariables", msgspec.json.encode(variables).decode()))
        elif message.body:
            fields.append(("Body", message.body))
        fields += [("MediaUrl", item.url) for item in message.media]
        response = await post_once(
            self._http,
            NAME,
            f"{self._base_url}/{API_VERSION}/Accounts/{self._sid}/Messages.json",
            {**self._authorization, "Content-Type": "application/x-www-form-urlencoded"},
            urlencode(fields).encode(),
        )
        answer = _object(response.body)
        if response.status in (200, 201):
            sid = answer.get("sid")
            if not isinstance(sid, str) or not sid:
                raise SendUnknown("twilio gave no message id")
            return SendOutcome(sid)
        code = str(answer.get("code", response.status))
        text = str(answer.get("message", f"twilio answered {response.status}"))
        if response.status in (401, 403) or code in _AUTH_CODES:
            raise NotHandedOver(ErrorCategory.AUTH, text, service=NAME)
        raise SendRefused(ERROR_CODES.get(code, f"twilio_{code}"), text)

    def verify(self, request: CallbackRequest) -> bool:
        given = request.headers.get(SIGNATURE_HEADER, "")
        if not self._token or not given:
            return False
        body_hash = request.query.get(BODY_HASH)
        pairs: list[tuple[str, str]] = []
        if body_hash is not None:
            actual = hashlib.sha256(request.body).hexdigest()
            if not hmac.compare_digest(actual.encode(), body_hash.lower().encode()):
                return False
        elif request.method == "POST":
            pairs = _form(request)
        return any(
            hmac.compare_digest(signature(self._token, url, pairs).encode(), given.encode())
            for url in _spellings(request.url)
        )

    def parse_callbacks(self, request: CallbackRequest) -> list[CarrierEvent]:
        form = dict(_form(request))
        if form.get("AccountSid", self._sid) != self._sid:
            raise DomainError("is of another account", field="AccountSid")
        # What became of a dial that was recorded names the recording too.
        if "RecordingSid" in form and DIAL_STATUS not in form:
            return self._recording(form)
        if "MessageSid" in form or "SmsSid" in form:
            return self._message(form, request.query.get(REFERENCE))
        if "CallSid" in form and "CallStatus" in form:
            return self._call(form)
        return []

    def answer(self, request: CallbackRequest) -> CallbackAnswer:
        """TwiML: an incoming call is put through where its number or connection says, else turned away."""
        form = dict(_form(request))
        verbs = ""
        asks = form.get("CallStatus") == "ringing" and not {"CallbackSource", DIAL_STATUS} & form.keys()
        target = self._target(form)
        if asks and target:
            own = form.get("To", "")
            plan = self._forwarding.get(own, {})
            recorded = "record-from-answer-dual" if plan.get("is_recorded") else "do-not-record"
            shown = f" callerId={quoteattr(own)}" if plan.get("show") == "own" else ""
            url = quoteattr(self._callback_url)
            verbs = (
                f'<Dial record="{recorded}"{shown} action={url} recordingStatusCallback={url}>'
                f'<Number statusCallbackEvent="answered" statusCallback={url}>'
                f"{escape(target)}</Number></Dial>"
            )
        elif asks and form.get("Direction") == "inbound":
            # Anything else would take the call, and Twilio would call it completed.
            verbs = '<Reject reason="busy"/>'
        document = f'<?xml version="1.0" encoding="UTF-8"?><Response>{verbs}</Response>'
        return CallbackAnswer(200, document.encode(), "text/xml")

    def _target(self, form: Mapping[str, str]) -> str:
        """Where an incoming call is put through to, "" for any other."""
        if form.get("Direction") != "inbound":
            return ""
        return str(self._forwarding.get(form.get("To", ""), {}).get("number") or self._forward_to)

    async def check(self) -> None:
        await self._ask("GET", ".json")

    async def mark_read(self, carrier_message_id: str, carrier_number_id: str | None) -> None:
        return None

    async def hook_number(self, e164: str, carrier_number_id: str | None) -> str | None:
        sid = carrier_number_id
        if not sid:
            found = await self._ask("GET", f"/IncomingPhoneNumbers.json?{urlencode({'PhoneNumber': e164})}")
            numbers = found.get("incoming_phone_numbers")
            sid = numbers[0].get("sid") if isinstance(numbers, list) and numbers else None
            if not isinstance(sid, str):
                raise ServiceError(ErrorCategory.CALLER, f"the account has no number {e164}", service=NAME)
        await self._ask("POST", _number_path(sid), self._callbacks(self._callback_url))
        return sid

    async def unhook_number(self, carrier_number_id: str | None, *, release: bool) -> None:
        if carrier_number_id and release:
            await self._ask("DELETE", _number_path(carrier_number_id))
        elif carrier_number_id:
            await self._ask("POST", _number_path(carrier_number_id), self._callbacks(""))

    def _callbacks(self, url: str) -> dict[str, str]:
        """A number keeps the method it was once given; the callbacks of all are forms."""
        urls = {"VoiceUrl": url, "SmsUrl": url, "StatusCallback": url}
        return urls | {"VoiceMethod": "POST", "SmsMethod": "POST", "StatusCallbackMethod": "POST"}

    async def _ask(self, method: str, path: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The answer of the account's own resources. Raises ServiceError."""
        headers = {**self._authorization}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        response = await self._http.request(
            method,
            f"{self._base_url}/{API_VERSION}/Accounts/{self._sid}{path}",
            headers=headers,
            body=urlencode(form or {}).encode(),
        )
        answer = _object(response.body)
        if response.status >= 300:
            text = str(answer.get("message", f"twilio answered {response.status}"))
            raise ServiceError(status_category(response.status), text, service=NAME)
        return answer

    async def fetch_media(
        self, *, url: str | None = None, carrier_media_id: str | None = None, max_bytes: int = MAX_MEDIA_BYTES
    ) -> FetchedMedia:
        own = f"{self._base_url}/"
        # The account's access goes to Twilio's API alone, whatever address a callback names.
        headers = self._authorization if (url or "").startswith(own) else {}
        return await fetch(self._http, NAME, url or "", headers, max_bytes)

    @property
    def _authorization(self) -> dict[str, str]:
        return {
            "Authorization": "Basic " + base64.b64encode(f"{self._sid}:{self._token}".encode()).decode(),
            "User-Agent": "Antiphon",
        }

    def _message(self, form: Mapping[str, str], reference: str | None) -> list[CarrierEvent]:
        sid = form.get("MessageSid") or form["SmsSid"]
        state = (form.get("MessageStatus") or form.get("SmsStatus") or "received").lower()
        now = self._clock.now()
        if state not in ("received", "receiving"):
            delivery = _MESSAGE_STATES.get(state)
            if delivery is None:
                return []
            code = form.get("ErrorCode") or None
            known = None if code is None else ERROR_CODES.get(code, f"twilio_{code}")
            return [MessageStatus(sid, delivery, now, reference, known, form.get("ErrorMessage"))]
        channel, sender = _address(form.get("From", ""))
        _, own = _address(form.get("To", ""))
        if not sender:
            raise DomainError("is missing", field="From")
        count = form.get("NumMedia", "0")
        media = tuple(
            MediaReference(
                content_type(form.get(f"MediaContentType{at}", "")),
                url=form[f"MediaUrl{at}"],
            )
            for at in range(min(int(count), MAX_MEDIA) if count.isdecimal() and len(count) < 4 else 0)
            if f"MediaUrl{at}" in form
        )
        opt_out = _OPT_OUTS.get(form.get("OptOutType", ""))
        location = _location(form)
        message_type = "text" if location is None else "location"
        return [
            MessageReceived(
                sid,
                channel,
                sender,
                own,
                form.get("Body", ""),
                now,
                name=form.get("ProfileName") or None,
                message_type=whatsapp_type(media[0].content_type) if media else message_type,
                content=None if location is None or media else {"location": location},
                media=media,
                opt_out=opt_out,
                # Of texts to long codes and toll-free numbers; of others only as the account has set it up.
                keywords_answered=opt_out is not None
                or (self._answers_keywords and channel == "sms" and _number(own or "") is not None),
            )
        ]

    def _call(self, form: Mapping[str, str]) -> list[CarrierEvent]:
        at = _timestamp(form.get("Timestamp"), self._clock.now())
        status = form["CallStatus"].lower()
        call = CallParties(
            form.get("ParentCallSid") or form["CallSid"],
            "inbound" if form.get("Direction", "").startswith("inbound") else "outbound",
            _number(form.get("From", "")),
            _number(form.get("To", "")),
        )
        if "ParentCallSid" in form:
            # The leg to a colleague: its answer is the call's, the rest is told by the call itself.
            own = CallParties(call.sid, "inbound", None, None)
            is_answer = status in ("in-progress", "answered")
            return [CallAnswered(own, at, is_leg=True)] if is_answer else []
        if DIAL_STATUS in form:
            return self._dialled(form, call, at)
        if status in ("queued", "initiated", "ringing"):
            return [CallStarted(call, at)]
        if status in ("in-progress", "answered"):
            return [CallAnswered(call, at)]
        if status not in _CALL_ENDS:
            return []
        end, reason = _CALL_ENDS[status]
        if end == "completed" and form.get("AnsweredBy", "").startswith(("machine", "fax")):
            end, reason = "no_answer", "voicemail"
        if end == "completed" and self._target(form):
            # A call put through is completed once it rings there, and its time runs from then on.
            return [CallEnded(call, at, None)]
        return [CallEnded(call, at, end, reason, _seconds(form.get("CallDuration", "")))]

    def _dialled(self, form: Mapping[str, str], call: CallParties, at: int) -> list[CarrierEvent]:
        """What became of a call that was put through, told when that is over."""
        status = form[DIAL_STATUS].lower()
        if status != "answered" and status not in _CALL_ENDS:
            return []
        end, reason = _CALL_ENDS.get(status, _CALL_ENDS["completed"])
        talk_ms = _seconds(form.get("DialCallDuration", "")) if end == "completed" else None
        return [CallEnded(call, at, end, reason, talk_ms)]

    def _recording(self, form: Mapping[str, str]) -> list[CarrierEvent]:
        url = form.get("RecordingUrl", "")
        if form.get("RecordingStatus", "completed") != "completed" or not url or "CallSid" not in form:
            return []
        channels = 2 if form.get("RecordingChannels") == "2" else 1
        sid = form.get("ParentCallSid") or form["CallSid"]
        return [RecordingReady(sid, form["RecordingSid"], f"{url}.wav?RequestedChannels={channels}")]


def _number_path(sid: str) -> str:
    return f"/IncomingPhoneNumbers/{quote(sid, safe='')}.json"


def signature(auth_token: str, url: str, pairs: list[tuple[str, str]]) -> str:
    """HMAC-SHA1 over the URL and the sorted parameters, each name followed by its value; base64."""
    values: defaultdict[str, set[str]] = defaultdict(set)
    for name, value in pairs:
        values[name].add(value)
    text = url + "".join(name + value for name in sorted(values) for value in sorted(values[name]))
    digest = hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _spellings(url: str) -> list[str]:
    """The URL with and without its port where that is the usual one: Twilio signs either."""
    parts = urlsplit(url)
    default = _DEFAULT_PORTS.get(parts.scheme)
    if parts.port is None:
        other = parts._replace(netloc=f"{parts.netloc}:{default}")
    else:
        other = parts._replace(netloc=parts.netloc.rpartition(":")[0])
    return [url, urlunsplit(other)]


def _form(request: CallbackRequest) -> list[tuple[str, str]]:
    """What a request tells: in its body, or in the query of a GET, if somebody has chosen that at Twilio."""
    if request.method == "GET":
        return list(request.query.items())
    if "json" in request.headers.get("content-type", ""):
        found = _object(request.body)
        return [(name, value) for name, value in found.items() if isinstance(value, str)]
    try:
        return request.form()
    except ValueError as error:
        raise DomainError("too many fields", field="body") from error


def _address(text: str) -> tuple[MessageChannel, str | None]:
    if text.startswith(_WHATSAPP):
        return "whatsapp", text.removeprefix(_WHATSAPP).strip() or None
    return "sms", text.strip() or None


def _location(form: Mapping[str, str]) -> dict[str, Any] | None:
    """A place that was sent, as in WhatsApp's message object."""
    try:
        place: dict[str, Any] = {key: float(form[key.capitalize()]) for key in ("latitude", "longitude")}
    except (KeyError, ValueError):
        return None
    if not all(math.isfinite(value) for value in place.values()):
        return None
    named = {"name": form.get("Label"), "address": form.get("Address")}
    return place | {key: value for key, value in named.items() if value}


def _number(text: str) -> str | None:
    """E.164, or None for a withheld number and for addresses of other kinds."""
    return text if E164.fullmatch(text) else None


def _seconds(text: str) -> int | None:
    """A duration in milliseconds."""
    return int(text) * SECOND if text.isdecimal() and len(text) < 8 else None


def _timestamp(text: str | None, fallback: int) -> int:
    try:
        return from_datetime(parsedate_to_datetime(text or ""))
    except ValueError:
        return fallback


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}
