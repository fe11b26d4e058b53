"""Twilio, against its published rules: signatures, calls, recordings, messages both ways."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import urlencode

import pytest

from antiphon.carriers.twilio import signature
from antiphon.core.clock import MINUTE, SECOND
from antiphon.domain.accounts.company import update_company
from antiphon.domain.calls.queries import list_calls
from antiphon.domain.calls.records import Call, CallFilters, CallStatus
from antiphon.domain.contacts.queries import is_suppressed
from antiphon.domain.conversations.records import Channel, Direction, MediaStatus, MessageKind, MessageStatus
from antiphon.domain.numbers.editing import update_number
from carrier_world import ACCOUNT_SID, AUTH_TOKEN, OUTSIDE, CarrierStandIn, CarrierWorld, Line

OWN = "+15550101000"
SMS = {
    "AccountSid": ACCOUNT_SID,
    "MessageSid": "SM1",
    "SmsStatus": "received",
    "From": OUTSIDE,
    "To": OWN,
    "Body": "Grüße & mehr",
    "NumMedia": "0",
}
CALL = {
    "AccountSid": ACCOUNT_SID,
    "CallSid": "CA1",
    "Direction": "inbound",
    "From": OUTSIDE,
    "To": OWN,
    "ApiVersion": "2010-04-01",
}


def test_the_signature_sorts_parameters_and_counts_equal_ones_once() -> None:
    """HMAC-SHA1 over the URL followed by each name and value, in the order of the names; base64."""
    url = "https://example.org/x?a=1"
    text = url + "AB1" + "Ab2" + "Ab3" + "b"
    expected = base64.b64encode(hmac.new(b"key", text.encode(), hashlib.sha1).digest()).decode()
    pairs = [("b", ""), ("Ab", "3"), ("Ab", "2"), ("Ab", "2"), ("AB", "1")]
    assert signature("key", url, pairs) == expected


async def test_a_signed_text_arrives(world: CarrierWorld) -> None:
    line = await world.twilio()
    answer = await world.call_back(line, SMS)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/xml")
    assert "<Response></Response>" in answer.text
    (message,) = await world.messages()
    assert (message.body, message.kind, message.remote_address) == ("Grüße & mehr", MessageKind.SMS, OUTSIDE)
    assert message.carrier_message_id == "SM1"


async def test_the_port_of_the_address_does_not_matter(world: CarrierWorld) -> None:
    line = await world.twilio()
    with_port = line.url.replace("example.com/", "example.com:443/")
    given = signature(AUTH_TOKEN, with_port, list(SMS.items()))
    answer = await world.client.post(line.path, data=SMS, headers={"X-Twilio-Signature": given})
    assert answer.status_code == 200


@pytest.mark.parametrize("fault", ["token", "field", "query", "none", "account"])
async def test_forged_requests_are_refused(world: CarrierWorld, fault: str) -> None:
    line = await world.twilio()
    if fault == "token":
        answer = await world.call_back(line, SMS, token="another")
    elif fault == "account":
        answer = await world.call_back(line, {**SMS, "AccountSid": "AC" + "9" * 32})
    else:
        given = signature(AUTH_TOKEN, line.url, list(SMS.items()))
        headers = {} if fault == "none" else {"X-Twilio-Signature": given}
        data = {**SMS, "Body": "other"} if fault == "field" else SMS
        path = line.path + ("?message=x" if fault == "query" else "")
        answer = await world.client.post(path, data=data, headers=headers)
    assert answer.status_code == (400 if fault == "account" else 403)
    assert await world.messages() == []


async def test_a_callback_by_get_is_signed_and_told_by_its_query(world: CarrierWorld) -> None:
    """A number at Twilio can be set to GET."""
    line = await world.twilio()
    query = f"?{urlencode(SMS)}"
    for given, status in ((signature(AUTH_TOKEN, line.url, []), 403), (None, 200)):
        made = given or signature(AUTH_TOKEN, line.url + query, [])
        answer = await world.client.get(line.path + query, headers={"X-Twilio-Signature": made})
        assert answer.status_code == status
    (message,) = await world.messages()
    assert (message.body, message.carrier_message_id) == ("Grüße & mehr", "SM1")


async def test_a_json_body_is_signed_by_its_hash(world: CarrierWorld) -> None:
    line = await world.twilio()
    body = b'{"AccountSid": "' + ACCOUNT_SID.encode() + b'"}'
    query = f"?bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {
        "Content-Type": "application/json",
        "X-Twilio-Signature": signature(AUTH_TOKEN, line.url + query, []),
    }
    good = await world.client.post(line.path + query, content=body, headers=headers)
    assert good.status_code == 200
    bad = await world.client.post(line.path + query, content=body + b" ", headers=headers)
    assert bad.status_code == 403


async def test_whatsapp_and_media(world: CarrierWorld, api: CarrierStandIn) -> None:
    """Media come from the API with the account's access, which a redirect elsewhere never gets."""
    line = await world.twilio(api.url)
    api.redirects["/media/1"] = api.url.replace("127.0.0.1", "localhost") + "/elsewhere/1"
    api.files["/elsewhere/1"] = (b"picture", "image/jpeg")
    api.expired.append("/elsewhere/1")
    world.services.http._resolve = lambda host: _loopback()  # type: ignore[method-assign]  # names stay here
    await world.call_back(
        line,
        {
            **SMS,
            "From": f"whatsapp:{OUTSIDE}",
            "To": f"whatsapp:{OWN}",
            "Body": "",
            "ProfileName": "Ada Example",
            "NumMedia": "1",
            "MediaUrl0": f"{api.url}/media/1",
            "MediaContentType0": "image/jpeg",
        },
    )
    await world.work()
    await world.pass_time(MINUTE)
    (message,) = await world.messages()
    assert (message.channel, message.message_type) == (Channel.WHATSAPP, "image")
    assert message.contact_name == "Ada Example"
    (media,) = message.media
    assert (media.status, media.size, media.content_type) == (MediaStatus.STORED, 7, "image/jpeg")
    access = "Basic " + base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
    assert api.file_requests == [("/media/1", access), ("/elsewhere/1", None)] * 2


async def test_a_redirect_within_the_api_is_followed(world: CarrierWorld, api: CarrierStandIn) -> None:
    line = await world.twilio(api.url)
    api.redirects["/media/1"] = "/media/2"
    api.files["/media/2"] = (b"picture", "image/jpeg")
    fields = {"NumMedia": "1", "MediaUrl0": f"{api.url}/media/1", "MediaContentType0": "image/jpeg"}
    await world.call_back(line, {**SMS, **fields})
    await world.work()
    (message,) = await world.messages()
    assert [item.status for item in message.media] == [MediaStatus.STORED]
    assert len({access for _, access in api.file_requests}) == 1


@pytest.mark.parametrize(
    ("latitude", "kind", "content"),
    [
        (
            "41.88",
            "location",
            {"location": {"latitude": 41.88, "longitude": -87.63, "name": "Gate 4", "address": "1 Main St"}},
        ),
        ("nan", "text", None),
        ("north", "text", None),
    ],
)
async def test_a_place_sent_by_whatsapp(
    world: CarrierWorld, latitude: str, kind: str, content: dict[str, Any] | None
) -> None:
    """voicory.md 8.3: shaped as WhatsApp's message object."""
    line = await world.twilio()
    place = {"Latitude": latitude, "Longitude": "-87.63", "Label": "Gate 4", "Address": "1 Main St"}
    parties = {"From": f"whatsapp:{OUTSIDE}", "To": f"whatsapp:{OWN}"}
    await world.call_back(line, {**SMS, **parties, "Body": "", **place})
    (message,) = await world.messages()
    assert (message.message_type, message.content) == (kind, content)


async def _loopback() -> list[str]:
    return ["127.0.0.1"]


async def test_media_at_a_refused_address_is_not_fetched(world: CarrierWorld) -> None:
    line = await world.twilio()
    fields = {**SMS, "NumMedia": "1", "MediaUrl0": "http://10.0.0.1/x", "MediaContentType0": "image/png"}
    await world.call_back(line, fields)
    await world.work()
    (message,) = await world.messages()
    assert [item.status for item in message.media] == [MediaStatus.FAILED]
    assert world.told() == ["message.received"]


async def test_what_is_sent_and_how_it_goes_on(world: CarrierWorld, api: CarrierStandIn) -> None:
    line = await world.twilio(api.url)
    message = await world.send(line)
    await world.work()
    (form,) = api.sent
    assert (form["To"], form["From"], form["Body"]) == (OUTSIDE, OWN, "The drill press has arrived.")
    assert form["StatusCallback"] == f"{line.url}?message={message.id}"
    sid = str((await world.message(message.id)).carrier_message_id)
    status = {"AccountSid": ACCOUNT_SID, "MessageSid": sid, "From": OWN, "To": OUTSIDE}
    for word in ("delivered", "sent", "queued", "unheard-of"):
        await world.call_back(line, {**status, "MessageStatus": word})
    assert (await world.message(message.id)).status is MessageStatus.DELIVERED
    assert world.told() == ["message.sent", "message.status_updated"]


async def test_undelivered_is_failed_with_our_code(world: CarrierWorld, api: CarrierStandIn) -> None:
    line = await world.twilio(api.url)
    message = await world.send(line)
    await world.work()
    fields = {
        "AccountSid": ACCOUNT_SID,
        "MessageSid": str((await world.message(message.id)).carrier_message_id),
        "MessageStatus": "undelivered",
        "ErrorCode": "30003",
    }
    await world.call_back(line, fields)
    message = await world.message(message.id)
    assert (message.status, message.error_code) == (MessageStatus.FAILED, "unreachable")


async def test_a_stop_that_twilio_has_read_counts(world: CarrierWorld) -> None:
    line = await world.twilio()
    await world.call_back(line, {**SMS, "Body": "arrêt", "OptOutType": "STOP"})
    assert await world.database.read(is_suppressed, world.account_id, "sms", OUTSIDE)


@pytest.mark.parametrize(
    ("fields", "settings", "is_ours"),
    [
        ({"Body": "STOP"}, {}, False),
        ({"Body": "STOP"}, {"answers_keywords": "false"}, True),
        ({"Body": "arrêt", "OptOutType": "STOP"}, {"answers_keywords": "false"}, False),
        ({"Body": "STOP", "From": f"whatsapp:{OUTSIDE}", "To": f"whatsapp:{OWN}"}, {}, True),
        (
            {"Body": "STOP", "From": f"whatsapp:{OUTSIDE}", "To": f"whatsapp:{OWN}", "OptOutType": "STOP"},
            {},
            False,
        ),
    ],
)
async def test_what_twilio_answers_is_not_answered_twice(
    world: CarrierWorld, fields: dict[str, str], settings: dict[str, Any], is_ours: bool
) -> None:
    """decisions 0018: texts by default, WhatsApp where the account has set it up (`OptOutType`)."""
    line = await world.twilio(**settings)
    await world.call_back(line, {**SMS, **fields})
    sent = [message for message in await world.messages() if message.direction is Direction.OUTBOUND]
    assert len(sent) == is_ours


async def test_a_call_in_and_its_recording(world: CarrierWorld, api: CarrierStandIn) -> None:
    line = await world.twilio(api.url, forward_to="+12025550188")
    now = world.clock.now()
    first = await world.call_back(line, {**CALL, "CallStatus": "ringing"})
    assert "<Number" in first.text
    assert "+12025550188</Number>" in first.text
    assert 'record="record-from-answer-dual"' in first.text
    world.clock.advance(5 * SECOND)
    leg = {**CALL, "CallSid": "CA2", "ParentCallSid": "CA1", "CallbackSource": "call-progress-events"}
    await world.call_back(line, {**leg, "CallStatus": "in-progress", "Direction": "outbound-dial"})
    world.clock.advance(30 * SECOND)
    done = {**CALL, "CallStatus": "completed", "CallDuration": "35", "CallbackSource": "call-progress-events"}
    await world.call_back(line, done)
    api.files["/recordings/RE1.wav"] = (b"RIFF sound", "audio/x-wav")
    recording = {
        "AccountSid": ACCOUNT_SID,
        "CallSid": "CA1",
        "RecordingSid": "RE1",
        "RecordingUrl": f"{api.url}/recordings/RE1",
        "RecordingStatus": "completed",
        "RecordingChannels": "2",
    }
    for _ in range(2):
        assert (await world.call_back(line, recording)).status_code == 200
        await world.work()
    page = await world.database.read(list_calls, world.account_id, CallFilters(), 50, 0)
    (call,) = page.items
    assert (call.status, call.call_sid, call.carrier) == (CallStatus.COMPLETED, "CA1", "twilio")
    assert (call.started_at, call.answered_at, call.duration_seconds) == (now, now + 5 * SECOND, 30)
    assert len(api.file_requests) == 1
    stored = str(call.recording_source).removeprefix("object:")
    assert await world.services.store.get(stored) == b"RIFF sound"


async def test_a_call_whose_end_alone_is_told(world: CarrierWorld) -> None:
    """Twilio calls back with the last status only unless told otherwise; the answer follows from it."""
    line = await world.twilio()
    now = world.clock.now()
    fields = {**CALL, "Direction": "outbound-api", "From": OWN, "To": OUTSIDE}
    for _ in range(2):
        await world.call_back(line, {**fields, "CallStatus": "completed", "CallDuration": "35"})
    page = await world.database.read(list_calls, world.account_id, CallFilters(), 50, 0)
    (call,) = page.items
    assert (call.status, call.duration_seconds) == (CallStatus.COMPLETED, 35)
    assert (call.started_at, call.answered_at, call.ended_at) == (now - 35 * SECOND, now - 35 * SECOND, now)
    assert world.told("call.") == ["call.started", "call.answered", "call.ended"]


DONE = {**CALL, "CallStatus": "completed", "CallDuration": "30", "CallbackSource": "call-progress-events"}
LEG = {
    **CALL,
    "CallSid": "CA2",
    "ParentCallSid": "CA1",
    "CallStatus": "in-progress",
    "CallbackSource": "call-progress-events",
    "Direction": "outbound-dial",
}


async def put_through(world: CarrierWorld, by_number: bool) -> Line:
    """A line whose calls are put through, by its own destination or by its connection's setting."""
    if not by_number:
        return await world.twilio(forward_to="+12025550188")
    line = await world.twilio()
    destination = {"type": "external_forwarding", "number": "+12025550188"}
    await world.database.write(
        update_number, world.account_id, line.number.id, {"call_destination": destination}
    )
    return line


async def only_call(world: CarrierWorld) -> Call:
    page = await world.database.read(list_calls, world.account_id, CallFilters(), 50, 0)
    (call,) = page.items
    return call


@pytest.mark.parametrize("by_number", [True, False])
async def test_a_call_put_through_to_nobody_was_missed(world: CarrierWorld, by_number: bool) -> None:
    """voicory.md 9: to Twilio it is completed, for it has taken the call itself."""
    line = await put_through(world, by_number)
    await world.call_back(line, {**CALL, "CallStatus": "ringing"})
    world.clock.advance(30 * SECOND)
    await world.call_back(line, DONE)
    call = await only_call(world)
    assert (call.status, call.answered_at, call.duration_seconds) == (CallStatus.NO_ANSWER, None, 0)
    assert world.told("call.") == ["call.started", "call.ended"]


@pytest.mark.parametrize("by_number", [True, False])
@pytest.mark.parametrize("switched_off", ["account", "number", "nothing"])
async def test_a_call_is_recorded_where_account_and_number_are(
    world: CarrierWorld, by_number: bool, switched_off: str
) -> None:
    """vocatech.md 5.6, votel.md 11.5: what is switched off is not recorded at the carrier either."""
    line = await put_through(world, by_number)
    if switched_off == "account":
        await world.database.write(update_company, world.account_id, {"recording_enabled": False})
    elif switched_off == "number":
        await world.database.write(update_number, world.account_id, line.number.id, {"is_recorded": False})
    answer = await world.call_back(line, {**CALL, "CallStatus": "ringing"})
    word = "record-from-answer-dual" if switched_off == "nothing" else "do-not-record"
    assert f'<Dial record="{word}"' in answer.text
    assert "+12025550188</Number>" in answer.text


async def test_a_call_that_goes_nowhere_is_turned_away(world: CarrierWorld) -> None:
    """voicory.md 9: nobody has answered it; an empty answer would make Twilio take it, and bill it."""
    line = await world.twilio()
    answer = await world.call_back(line, {**CALL, "CallStatus": "ringing"})
    assert '<Response><Reject reason="busy"/></Response>' in answer.text
    over = await world.call_back(line, {**DONE, "CallStatus": "busy", "CallDuration": "0"})
    assert "<Response></Response>" in over.text
    call = await only_call(world)
    assert (call.status, call.answered_at, call.duration_seconds) == (CallStatus.BUSY, None, 0)


@pytest.mark.parametrize(
    ("dialled", "status", "reason"),
    [
        ("busy", CallStatus.BUSY, "busy"),
        ("no-answer", CallStatus.NO_ANSWER, "no_answer"),
        ("canceled", CallStatus.NO_ANSWER, "caller_hangup"),
        ("failed", CallStatus.FAILED, "error_carrier"),
    ],
)
async def test_what_became_of_a_call_put_through(
    world: CarrierWorld, dialled: str, status: CallStatus, reason: str
) -> None:
    line = await put_through(world, by_number=True)
    first = await world.call_back(line, {**CALL, "CallStatus": "ringing"})
    assert f'action="{line.url}"' in first.text
    over = {**CALL, "CallStatus": "in-progress", "DialCallStatus": dialled}
    answer = await world.call_back(line, over)
    assert "<Response></Response>" in answer.text
    await world.call_back(line, DONE)
    call = await only_call(world)
    assert (call.status, call.ended_reason, call.duration_seconds) == (status, reason, 0)
    assert world.told("call.") == ["call.started", "call.ended"]


async def test_the_talk_of_a_call_put_through_whose_answer_was_not_told(world: CarrierWorld) -> None:
    line = await put_through(world, by_number=True)
    now = world.clock.now()
    await world.call_back(line, {**CALL, "CallStatus": "ringing"})
    world.clock.advance(30 * SECOND)
    over = {"DialCallStatus": "completed", "DialCallDuration": "20", "RecordingSid": "RE1"}
    await world.call_back(line, {**CALL, "CallStatus": "in-progress", **over})
    await world.call_back(line, DONE)
    call = await only_call(world)
    assert (call.status, call.duration_seconds) == (CallStatus.COMPLETED, 20)
    assert (call.started_at, call.answered_at) == (now, now + 10 * SECOND)


async def test_a_call_put_through_told_backwards(world: CarrierWorld) -> None:
    """Issue 3, section 4: what was taken for missed was answered after all."""
    line = await put_through(world, by_number=True)
    now = world.clock.now()
    world.clock.advance(30 * SECOND)
    answered = {**LEG, "Timestamp": "Mon, 21 Sep 2026 14:13:25 +0000"}
    for fields in (DONE, answered, answered, {**CALL, "CallStatus": "ringing"}):
        await world.call_back(line, fields)
    call = await only_call(world)
    assert (call.status, call.answered_at, call.duration_seconds) == (
        CallStatus.COMPLETED,
        now + 5 * SECOND,
        25,
    )
    assert world.told("call.") == ["call.started", "call.ended", "call.answered", "call.updated"]
    for status, total in (("completed", 1), ("no_answer", 0)):
        filters = CallFilters(status=status)
        page = await world.database.read(list_calls, world.account_id, filters, 50, 0)
        assert (page.total, len(page.items)) == (total, total)


@pytest.mark.parametrize(
    ("word", "status"),
    [("busy", "busy"), ("no-answer", "no_answer"), ("canceled", "no_answer"), ("failed", "failed")],
)
async def test_calls_out_that_end_early(world: CarrierWorld, word: str, status: str) -> None:
    line = await world.twilio()
    fields = {**CALL, "Direction": "outbound-api", "From": OWN, "To": OUTSIDE}
    await world.call_back(line, {**fields, "CallStatus": word})
    await world.call_back(line, {**fields, "CallStatus": "ringing"})
    page = await world.database.read(list_calls, world.account_id, CallFilters(), 50, 0)
    (call,) = page.items
    assert (call.direction, call.status, call.remote_number) == ("outbound", status, OUTSIDE)


async def test_withheld_numbers_and_the_time_twilio_tells(world: CarrierWorld) -> None:
    line = await world.twilio()
    fields = {**CALL, "From": "anonymous", "CallStatus": "ringing"}
    fields["Timestamp"] = "Mon, 21 Sep 2026 14:10:00 +0000"
    await world.call_back(line, fields)
    await world.call_back(line, {**CALL, "From": "anonymous", "CallStatus": "completed", "CallDuration": "9"})
    page = await world.database.read(list_calls, world.account_id, CallFilters(), 50, 0)
    (call,) = page.items
    assert call.from_number is None
    assert call.started_at < world.clock.now() - 3 * MINUTE
