"""Phone numbers and integrations (contracts/votel.md 11.3, 11.5)."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from antiphon.carriers.port import CallbackRequest
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.mail import Mail
from antiphon.domain.accounts.records import Role
from antiphon.domain.integrations.services import AccountMailers
from antiphon.domain.integrations.tables import integration_connections
from antiphon.domain.numbers.commands import create_simulator
from antiphon.domain.numbers.network import open_carrier
from antiphon.domain.numbers.queries import get_connection, list_numbers
from antiphon.domain.numbers.records import Number
from services import free_port
from speech_stand_in import Request, StandIn, serve
from votel_world import OpenWorld, World, add_key, add_user, audit_actions, fault

UNKNOWN_ID = "0199d6a0-0000-7000-8000-000000000000"
SECRET = "a-secret-that-nobody-reads"
TWILIO = {"account_sid": "AC" + "0" * 32, "auth_token": SECRET}


@pytest.fixture
async def local(open_world: OpenWorld) -> World:
    """The operator allows services on this machine."""
    return await open_world(webhook_allowed_networks=["127.0.0.0/8"])


async def simulator(world: World) -> Number:
    def write(tx: WriteTx) -> Number:
        return create_simulator(tx, world.services.cipher, world.ours.account.id)

    return await world.services.database.write(write)


async def connect(world: World, key: str, fields: dict[str, str], **more: Any) -> dict[str, Any]:
    answer = await world.post(f"/integrations/{key}/connect", json={"fields": fields, **more})
    assert answer.status_code == 201, answer.text
    assert SECRET not in answer.text
    return dict(answer.json())


async def test_numbers(world: World) -> None:
    """votel.md 11.5: the whole object, filters, one number."""
    first, second = await simulator(world), await simulator(world)
    found = (await world.get("/phone-numbers")).json()
    assert found["total"] == 2
    number = found["phone_numbers"][0]
    assert number == {
        "id": first.id,
        "phone_number": first.e164,
        "label": "Simulated number",
        "country": number["country"],
        "type": "local",
        "capabilities": {"voice": True, "sms": True, "mms": True, "whatsapp": True},
        "provider": "simulator",
        "status": "active",
        "call_destination": {"type": "web_phone", "user_ids": [], "team_id": None, "ring_seconds": 25},
        "fallback": {"type": "voicemail"},
        "schedule_id": None,
        "sms_channel_id": None,
        "registration_campaign_id": None,
        "recording": True,
        "is_default": False,
        "throughput_per_second": 100,
        "month_price_micros": 0,
        "purchased_at": number["purchased_at"],
        "created_at": number["created_at"],
        "updated_at": number["updated_at"],
    }
    assert (await world.get(f"/phone-numbers/{first.id}")).json() == number
    changed = await world.request("PATCH", f"/phone-numbers/{second.id}", json={"is_default": True})
    assert changed.json()["is_default"] is True
    listed = (await world.get("/phone-numbers")).json()["phone_numbers"]
    assert [item["id"] for item in listed] == [second.id, first.id], "the default one first"
    again = await world.request("PATCH", f"/phone-numbers/{first.id}", json={"is_default": True})
    assert again.json()["is_default"] is True
    assert (await world.get(f"/phone-numbers/{second.id}")).json()["is_default"] is False
    for query, total in {
        "?capability=voice": 2,
        "?destination=web_phone": 2,
        "?destination=ai_agent": 0,
        f"?search={second.e164[-4:]}": 1,
        "?search=simulated": 2,
        "?country=AT": 0,
        "?limit=1&page=2": 2,
    }.items():
        assert (await world.get(f"/phone-numbers{query}")).json()["total"] == total, query
    assert fault(await world.get("/phone-numbers?capability=fax"))["field"] == "capability"


async def test_where_calls_go(world: World) -> None:
    """votel.md 11.5: destinations and fallbacks are checked, kept, and told of."""
    number = await simulator(world)
    path = f"/phone-numbers/{number.id}"
    forward = {"type": "external_forwarding", "number": "(312) 555-0188", "show": "own"}
    changed = await world.request(
        "PATCH",
        path,
        json={"label": "Desk", "call_destination": forward, "fallback": {"type": "busy"}, "recording": False},
    )
    assert changed.status_code == 200, changed.text
    assert changed.json()["call_destination"] == {**forward, "number": "+13125550188"}
    assert (changed.json()["fallback"], changed.json()["recording"]) == ({"type": "busy"}, False)
    phone = {"type": "web_phone", "user_ids": [world.ours.user_id], "ring_seconds": 40}
    rings = await world.request("PATCH", path, json={"call_destination": phone})
    assert rings.json()["call_destination"] == {**phone, "team_id": None}
    usual = await world.request("PATCH", path, json={"call_destination": None})
    assert usual.json()["call_destination"]["ring_seconds"] == 25
    assert usual.json()["label"] == "Desk"
    assert (await audit_actions(world)).count("number.updated") == 3


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"call_destination": {"type": "fax"}}, "call_destination.type"),
        ({"call_destination": {"type": "voicemail"}}, "call_destination.type"),
        ({"call_destination": {"type": "ai_agent", "agent_id": UNKNOWN_ID}}, "call_destination.agent_id"),
        (
            {"call_destination": {"type": "web_phone", "user_ids": [UNKNOWN_ID]}},
            "call_destination.user_ids.0",
        ),
        ({"call_destination": {"type": "web_phone", "team_id": UNKNOWN_ID}}, "call_destination.team_id"),
        ({"call_destination": {"type": "web_phone", "ring_seconds": 1}}, "call_destination.ring_seconds"),
        ({"call_destination": {"type": "external_forwarding"}}, "call_destination.number"),
        ({"fallback": {"type": "external_forwarding", "number": "x"}}, "fallback.number"),
        (
            {"fallback": {"type": "external_forwarding", "number": "+13125550188", "show": "none"}},
            "fallback.show",
        ),
        ({"fallback": {"type": "web_phone"}}, "fallback.type"),
        ({"schedule_id": UNKNOWN_ID}, "schedule_id"),
        ({"label": "x" * 201}, "label"),
        ({"recording": "yes"}, "recording"),
    ],
)
async def test_unusable_destinations(world: World, body: dict[str, Any], field: str) -> None:
    """votel.md 11.5: unusable agent, user or number → 400, and nothing changes."""
    number = await simulator(world)
    path = f"/phone-numbers/{number.id}"
    before = (await world.get(path)).json()
    assert fault(await world.request("PATCH", path, json=body))["field"] == field
    assert (await world.get(path)).json() == before
    own = {"call_destination": {"type": "external_forwarding", "number": number.e164}}
    assert fault(await world.request("PATCH", path, json=own))["field"] == "call_destination.number"


def twilio(state: StandIn) -> None:
    def respond(request: Request) -> tuple[int, bytes, dict[str, str]]:
        if "Authorization" not in request.headers:
            return 401, b'{"message": "who?"}', {}
        if "IncomingPhoneNumbers.json?" in request.path:
            known = "%2B13125550188" in request.path
            return 200, json.dumps({"incoming_phone_numbers": [{"sid": "PN1"}] if known else []}).encode(), {}
        return (204, b"", {}) if request.method == "DELETE" else (200, b'{"status": "active"}', {})

    state.respond = respond  # type: ignore[method-assign]  # a stand-in for one test


async def test_a_number_is_imported_and_hooked(local: World) -> None:
    """votel.md 11.5: 201, the carrier's callbacks are set; release gives it back, false unhooks."""
    with serve() as api:
        twilio(api)
        made = await connect(local, "twilio", {**TWILIO, "base_url": api.url})
        assert made["callback_url"].startswith("https://voice.antiphon.example/api/carriers/twilio/")
        body = {"phone_number": "(312) 555-0188", "provider": "twilio", "label": "Desk"}
        imported = await local.post("/phone-numbers/import", json=body)
        assert imported.status_code == 201, imported.text
        number = imported.json()
        assert (number["phone_number"], number["provider"]) == ("+13125550188", "twilio")
        hooked = parse_qs(api.requests[-1].body.decode())
        assert hooked["VoiceUrl"] == hooked["SmsUrl"] == [made["callback_url"]]
        assert hooked["VoiceMethod"] == hooked["SmsMethod"] == hooked["StatusCallbackMethod"] == ["POST"]
        assert api.requests[-1].path.endswith("/IncomingPhoneNumbers/PN1.json")
        assert fault(await local.post("/phone-numbers/import", json=body))["code"] == "taken"
        unknown = {**body, "phone_number": "+13125550199"}
        assert fault(await local.post("/phone-numbers/import", json=unknown))["code"] == "carrier_refused"
        checked = await local.post(f"/phone-numbers/{number['id']}/check")
        assert checked.json() == {"healthy": True, "problems": []}
        refused = await local.request("DELETE", f"/integration-connections/{made['id']}")
        assert fault(refused)["code"] == "in_use"
        assert fault(refused)["used_by"][0]["id"] == number["id"]
        gone = await local.request("DELETE", f"/phone-numbers/{number['id']}?release=false")
        assert gone.status_code == 204
        assert "VoiceUrl=&" in api.requests[-1].body.decode()
        again = (await local.post("/phone-numbers/import", json=body)).json()
        assert (await local.request("DELETE", f"/phone-numbers/{again['id']}")).status_code == 204
        assert api.requests[-1].method == "DELETE"
        assert (await local.get(f"/phone-numbers/{again['id']}")).status_code == 404
        assert (await local.request("DELETE", f"/integration-connections/{made['id']}")).status_code == 204
    meta = {"phone_number": "+13125550188", "provider": "meta_whatsapp"}
    assert fault(await local.post("/phone-numbers/import", json=meta))["code"] == "not_connected"
    actions = await audit_actions(local)
    assert (actions.count("number.imported"), actions.count("number.released")) == (2, 2)


async def test_a_destination_counts_for_the_next_call(local: World) -> None:
    """votel.md 11.5: External Forwarding is what Twilio is told when the number rings."""
    with serve() as api:
        twilio(api)
        await connect(local, "twilio", {**TWILIO, "base_url": api.url})
        body = {"phone_number": "+13125550188", "provider": "twilio"}
        number = (await local.post("/phone-numbers/import", json=body)).json()
        forward = {"type": "external_forwarding", "number": "+13125550177", "show": "own"}
        await local.request("PATCH", f"/phone-numbers/{number['id']}", json={"call_destination": forward})

    def read(tx: ReadTx) -> Any:
        numbers = list_numbers(tx, local.ours.account.id)
        return get_connection(tx, local.ours.account.id, numbers[0].connection_id), numbers

    connection, numbers = await local.services.database.read(read)
    carrier = open_carrier(local.services, connection, numbers)
    ringing = b"CallSid=CA1&CallStatus=ringing&Direction=inbound&To=%2B13125550188&From=%2B13125550170"
    answer = carrier.answer(CallbackRequest("POST", "https://x/", {}, {}, ringing)).body.decode()
    assert "+13125550177</Number>" in answer
    assert 'callerId="+13125550188"' in answer


async def test_integrations(local: World) -> None:
    """votel.md 11.3: what there is, what is connected; secrets are never read back."""
    listed = (await local.get("/integrations")).json()
    assert [item["key"] for item in listed["integrations"]] == [
        "twilio",
        "meta_whatsapp",
        "smtp",
        "openai_compatible",
    ]
    assert (await local.get("/integrations?connected=true")).json()["total"] == 0
    with serve() as api:
        api.reply(200, b"{}")
        made = await connect(
            local, "openai_compatible", {"base_url": f"{api.url}/v1", "api_key": SECRET}, label="Local"
        )
        assert (made["label"], made["fields"]) == ("Local", {"base_url": f"{api.url}/v1"})
        path = f"/integration-connections/{made['id']}"
        assert (await local.post(f"{path}/test")).json() == {"success": True, "error": None}
        assert api.requests[-1].headers["Authorization"] == f"Bearer {SECRET}"
        renamed = await local.request("PATCH", path, json={"label": "Ours"})
        assert renamed.json()["label"] == "Ours"
        await local.post(f"{path}/test")
        assert api.requests[-1].headers["Authorization"] == f"Bearer {SECRET}"
        moved = await local.request("PATCH", path, json={"fields": {"base_url": f"{api.url}/v2"}})
        assert moved.status_code == 200
        await local.post(f"{path}/test")
        assert "Authorization" not in api.requests[-1].headers, "the key was for the other address"
        api.reply(401, b"{}")
        assert (await local.post(f"{path}/test")).json()["success"] is False
    connected = (await local.get("/integrations?connected=true")).json()
    assert connected["integrations"][0]["connections"][0]["status"] == "error"
    rows = await local.services.database.read(lambda tx: tx.all(integration_connections.select()))
    assert SECRET not in str(rows)
    assert SECRET not in (await local.get("/audit-log")).text
    assert (await local.request("DELETE", path)).status_code == 204
    assert (await local.post(f"{path}/test")).status_code == 404


@pytest.mark.parametrize(
    ("key", "fields", "field", "code"),
    [
        ("twilio", {"account_sid": "AC1"}, "fields.auth_token", "required"),
        ("twilio", {**TWILIO, "colour": "red"}, "fields.colour", "invalid"),
        ("twilio", {**TWILIO, "base_url": "http://10.0.0.1"}, "fields.base_url", "address_blocked"),
        ("smtp", {"host": "mail.example.org"}, "fields.sender", "required"),
        ("smtp", {"host": "h", "sender": "a@example.org", "port": "0"}, "fields.port", "invalid"),
        ("twilio", {**TWILIO, "forward_to": "nobody"}, "fields.forward_to", "invalid"),
        ("twilio", {**TWILIO, "base_url": "ftp://example.org"}, "fields.base_url", "invalid"),
        ("twilio", {**TWILIO, "answers_keywords": "no"}, "fields.answers_keywords", "invalid"),
        ("smtp", {"host": "h", "sender": "nobody"}, "fields.sender", "invalid"),
        ("smtp", {"host": "h", "sender": "a@example.org", "security": "ssl"}, "fields.security", "invalid"),
        ("openai_compatible", {"base_url": "ftp://x"}, "fields.base_url", "invalid"),
        (
            "openai_compatible",
            {"base_url": "https://x.example", "api_key": "a\nb"},
            "fields.api_key",
            "invalid",
        ),
    ],
)
async def test_refused_connections(
    world: World, key: str, fields: dict[str, str], field: str, code: str
) -> None:
    """votel.md 11.3, 0.4."""
    found = fault(await world.post(f"/integrations/{key}/connect", json={"fields": fields}))
    assert (found["field"], found["code"]) == (field, code)
    assert (await world.get("/integrations?connected=true")).json()["total"] == 0


async def test_unknown_integrations(world: World) -> None:
    """votel.md 0.4."""
    for key in ("nothing", "telnyx", "simulator"):
        assert (await world.post(f"/integrations/{key}/connect", json={})).status_code == 404
    number = await simulator(world)
    assert (
        await world.request("DELETE", f"/integration-connections/{number.connection_id}")
    ).status_code == 404


async def test_a_carriers_secret_stays_at_its_address(local: World) -> None:
    """issue 4, 3: an admin cannot send a stored secret to an address of the own choosing."""
    with serve() as api:
        twilio(api)
        made = await connect(local, "twilio", {**TWILIO, "base_url": api.url})
        path = f"/integration-connections/{made['id']}"
        for given in ({}, {"account_sid": TWILIO["account_sid"]}):
            fields = {"base_url": "http://127.0.0.1:9", **given}
            moved = await local.request("PATCH", path, json={"fields": fields})
            assert (fault(moved)["field"], fault(moved)["code"]) == ("fields.base_url", "required")
        both = {"base_url": f"{api.url}/", **TWILIO}
        assert (await local.request("PATCH", path, json={"fields": both})).status_code == 200
        assert (await local.post(f"{path}/test")).json()["success"] is True
        api.reply(401, b'{"message": "no"}')


async def test_the_accounts_own_mail_server(local: World) -> None:
    """votel.md 11.3: smtp sends the account's mails; addresses are checked when they are used."""
    server = Controller(Sink(), hostname="127.0.0.1", port=free_port(), ready_timeout=20)
    server.start()
    try:
        assert server.server is not None
        port = server.server.sockets[0].getsockname()[1]
        fields = {
            "host": "127.0.0.1",
            "port": str(port),
            "security": "none",
            "sender": "Acme <a@example.org>",
        }
        made = await connect(local, "smtp", fields)
        tested = await local.post(f"/integration-connections/{made['id']}/test")
        assert tested.json() == {"success": True, "error": None}
        mailers = AccountMailers(local.services)
        assert await mailers(local.theirs.account.id) is None
        mailer = await mailers(local.ours.account.id)
        assert mailer is not None
        await mailer.send(Mail(to="b@example.org", subject="Hello", text="There"))
        local.services.settings.webhook_allowed_networks.clear()
        refused = await local.post(f"/integration-connections/{made['id']}/test")
        assert refused.json()["success"] is False
        assert "not allowed" in refused.json()["error"]
    finally:
        await asyncio.to_thread(server.stop)


async def test_who_may(world: World) -> None:
    """votel.md 17: `phone` is read by viewers, the rest is admin's."""
    viewer = await add_user(world, Role.VIEWER, "viewer@example.com")
    _, text = await add_key(world, user_id=viewer)
    number = await simulator(world)
    headers = {"X-API-Key": text}
    assert (await world.get("/phone-numbers", headers=headers)).status_code == 200
    for method, path in (
        ("POST", "/phone-numbers/import"),
        ("PATCH", f"/phone-numbers/{number.id}"),
        ("DELETE", f"/phone-numbers/{number.id}"),
        ("POST", f"/phone-numbers/{number.id}/check"),
        ("GET", "/integrations"),
        ("POST", "/integrations/twilio/connect"),
        ("GET", "/engines"),
        ("PUT", "/engines"),
    ):
        answer = await world.request(method, path, headers=headers, json={})
        assert answer.status_code == 403, (method, path)
