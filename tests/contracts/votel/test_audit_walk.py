"""Every change that the API makes leaves an audit entry (contracts/votel.md 11.1)."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from sqlalchemy import select

from antiphon.contracts.votel.app import FAMILIES
from antiphon.contracts.votel.routes import simulator
from antiphon.contracts.votel.routing import Access
from antiphon.core.clock import DAY, to_iso
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.domain.accounts.records import Role
from antiphon.domain.calls.tables import calls
from antiphon.domain.webhooks.reactions import WebhookReactions
from antiphon.domain.webhooks.tables import deliveries
from inbox_world import call_of, inbox
from votel_world import (
    PASSWORD,
    OpenWorld,
    World,
    add_key,
    add_user,
    add_voicegram,
    audit_actions,
    fault,
    make_dialects,
    open_browser,
)

SILENT = {
    ("POST", "/session/link"): "mails a link to whoever reads the mailbox; nothing is changed",
    ("POST", "/me/test-mail"): "tries what is there",
    ("POST", "/engines/test"): "tries what is there; only its health is noted",
    ("POST", "/engines/test/recording"): "tries what is there",
    ("POST", "/integration-connections/{id:uuid}/test"): "tries what is there; only its health is noted",
    ("POST", "/phone-numbers/{id:uuid}/check"): "tries what is there",
    ("POST", "/webhooks/{id:uuid}/test"): "tries what is there; the attempt stands in the deliveries",
    ("POST", "/conversations/{id:uuid}/read"): "reading changes nothing of the account's",
    ("POST", "/notifications/read"): "reading changes nothing of the account's",
    ("POST", "/conversations/{id:uuid}/messages"): "the message is the record: author, time, words, status",
    ("POST", "/messages"): "the message is the record",
    ("POST", "/messages/{id:uuid}/retry"): "the new message is the record",
    ("POST", "/simulator/messages"): "plays the outside world; the message is the record",
    ("POST", "/simulator/messages/{id:uuid}/status"): "plays the outside world; the message is the record",
    ("POST", "/setup"): "exists only before the first account; tests of set-up look at its entry",
    ("POST", "/session/accept"): "leaves user.joined or session.started; tests of invitations look at it",
    ("POST", "/phone-numbers/import"): "needs a carrier; tests of numbers look at its entry",
}
"""Endpoints that change nothing a person would look for, or whose entry is proved elsewhere."""

SIGNED = {
    ("POST", "/session"),
    ("DELETE", "/session"),
    ("PUT", "/me/password"),
    ("POST", "/me/totp"),
    ("DELETE", "/me/totp"),
}
"""Done in person, not by a key: walked by the tests of sessions and of the second factor."""

SPOKEN = {"speaker": "caller", "text": "Hello"}
STEPS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("PATCH", "/account", {"currency": "EUR"}),
    ("PATCH", "/workspace", {"subdomain": "renamed"}),
    ("PUT", "/engines", {"tts": "espeak-ng"}),
    ("PATCH", "/me/preferences", {"locale": "de"}),
    ("POST", "/recording-channels", {"kind": "campaign", "name": "Autumn"}),
    ("PATCH", "/recording-channels/{channel}", {"name": "Winter"}),
    ("DELETE", "/recording-channels/{channel}", {}),
    ("POST", "/leads", {"name": "Ada Example", "phone": "+13125550143"}),
    ("PUT", "/leads/{lead}", {"company": "Acme"}),
    ("PATCH", "/leads/{lead}", {"job_title": "Buyer"}),
    ("POST", "/leads/{lead}/tags", {"add": ["vip"]}),
    ("POST", "/leads/{lead}/notes", {"content": "Likes tea"}),
    ("PATCH", "/notes/{note}", {"content": "Likes coffee"}),
    ("DELETE", "/notes/{note}", {}),
    ("POST", "/activities/lead/{lead}", {"activity_type": "call", "summary": "Talked"}),
    ("POST", "/tags", {"name": "gold"}),
    ("PATCH", "/tags/{tag}", {"color": "#ff0000"}),
    ("POST", "/tags/{tag}/merge", {"into_id": "{vip}"}),
    ("DELETE", "/tags/{vip}", {}),
    ("POST", "/lead-fields/custom", {"label": "Shoe size"}),
    ("POST", "/conversations", {"lead_id": "{lead}"}),
    ("PATCH", "/conversations/{conversation}", {"is_flagged": True}),
    ("POST", "/conversations/bulk", {"ids": ["{conversation}"], "action": "close"}),
    ("PATCH", "/messages/{message}", {"body": "Later"}),
    ("POST", "/messages/{message}/cancel", {}),
    ("DELETE", "/messages/{message}", {}),
    ("DELETE", "/conversations/{conversation}", {}),
    ("DELETE", "/leads/{lead}", {}),
    ("POST", "/storage/attachment", {"file": ("a.txt", b"words", "text/plain")}),
    ("DELETE", "/storage/files/{file}", {}),
    ("POST", "/upload/image", {"file": ("a.png", b"\x89PNG\r\n\x1a\n", "image/png")}),
    ("PATCH", "/activity/calls/{call}", {"notes": "Call back"}),
    ("DELETE", "/activity/calls/{call}/recording", {}),
    ("POST", "/webhooks", {"url": "https://192.0.2.10/hook"}),
    ("PATCH", "/webhooks/{webhook}", {"name": "CRM"}),
    ("POST", "/webhooks/{webhook}/rotate-secret", {}),
    ("POST", "/webhooks/{webhook}/deliveries/{delivery}/resend", {}),
    ("DELETE", "/webhooks/{webhook}", {}),
    ("POST", "/simulator/calls", {"from": "+13125550143", "to": "{e164}", "turns": [SPOKEN]}),
    ("POST", "/simulator/voicegrams", {"channel_id": "{campaign}", "email": "a@example.org", "text": "Hi"}),
    ("PATCH", "/voicegrams/{voicegram}", {"notes": "seen"}),
    ("POST", "/voicegrams/{voicegram}/links", {"recipient": "Ada"}),
    ("DELETE", "/voicegrams/{voicegram}/links/{link}", {}),
    ("POST", "/voicegrams/{voicegram}/reprocess", {"steps": ["insight"]}),
    ("POST", "/jobs/{job}/cancel", {}),
    ("DELETE", "/voicegrams/{voicegram}", {}),
    ("POST", "/api-keys", {"name": "CRM"}),
    ("PATCH", "/api-keys/{key}", {"name": "Other"}),
    ("POST", "/api-keys/{key}/rotate", {}),
    ("DELETE", "/api-keys/{rotated}", {}),
    ("POST", "/invitations", {"email": "ann@example.com"}),
    ("POST", "/invitations/{invitation}/resend", {}),
    ("DELETE", "/invitations/{invitation}", {}),
    ("PATCH", "/users/{user}", {"ring_seconds": 50}),
    ("DELETE", "/users/{user}", {}),
    ("PATCH", "/phone-numbers/{number}", {"label": "Desk"}),
    ("DELETE", "/phone-numbers/{number}", {}),
    (
        "POST",
        "/integrations/{key}/connect",
        {"fields": {"host": "mail.example.org", "sender": "a@example.org"}},
    ),
    ("PATCH", "/integration-connections/{connection}", {"label": "Mail"}),
    ("DELETE", "/integration-connections/{connection}", {}),
)
MADE = {
    "/leads": "lead",
    "/leads/{lead}/notes": "note",
    "/tags": "tag",
    "/conversations": "conversation",
    "/storage/attachment": "file",
    "/webhooks": "webhook",
    "/recording-channels": "channel",
    "/voicegrams/{voicegram}/links": "link",
    "/voicegrams/{voicegram}/reprocess": "job",
    "/api-keys": "key",
    "/api-keys/{key}/rotate": "rotated",
    "/invitations": "invitation",
    "/integrations/{key}/connect": "connection",
}


NAMES = {"{link}": "{link_id:uuid}", "{delivery}": "{delivery_id:uuid}"}


def pattern(path: str) -> str:
    """A step's path as the endpoint has it."""
    if path == "/integrations/{key}/connect":
        return path
    parts = [NAMES.get(part, "{id:uuid}") if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)


def test_no_endpoint_is_forgotten() -> None:
    """votel.md 11.1: whoever adds a change adds it here, or says why it leaves no entry."""
    walked = {(method, pattern(path)) for method, path, _ in STEPS}
    changing = {
        (endpoint.method, endpoint.path)
        for family in (*FAMILIES, simulator.ROUTES)
        for endpoint in family.endpoints
        # What a stranger or a carrier does is no change that a person of the account makes.
        if endpoint.method not in ("GET", "HEAD", "OPTIONS")
        and endpoint.access is not Access.PUBLIC
        and endpoint.documented
    }
    assert changing - walked - SIGNED == SILENT.keys() & changing
    assert walked | SIGNED | SILENT.keys() <= changing
    assert not walked & SILENT.keys()


def some_delivery(tx: ReadTx, account_id: str) -> str:
    return str(tx.scalar(select(deliveries.c.id).where(deliveries.c.account_id == account_id).limit(1)))


async def before_step(world: World, path: str, ids: dict[str, str]) -> None:
    """What a step needs besides the ones before it."""
    if path == "/tags/{tag}/merge":
        tags = (await world.get("/tags")).json()["tags"]
        ids["vip"] = next(tag["id"] for tag in tags if tag["name"] == "vip")
    if path == "/messages/{message}" and "message" not in ids:
        at = to_iso(world.clock.now() + DAY)
        body = {"channel": "sms", "body": "Soon", "scheduled_at": at}
        made = await world.post(f"/conversations/{ids['conversation']}/messages", json=body)
        assert made.status_code == 201, made.text
        ids["message"] = made.json()["id"]
    if "{delivery}" in path:
        await world.post("/leads", json={"name": "Told of"})
        ids["delivery"] = await world.services.database.read(some_delivery, world.ours.account.id)


def filled(value: Any, ids: dict[str, str]) -> Any:
    """The value with the ids of what was made."""
    if isinstance(value, str):
        return value.format(**ids)
    if isinstance(value, list):
        return [filled(item, ids) for item in value]
    if isinstance(value, dict):
        return {name: filled(item, ids) for name, item in value.items()}
    return value


async def test_every_change_leaves_an_entry(open_world: OpenWorld) -> None:
    """votel.md 11.1: one entry or more for each, in the name of the key that asked."""
    world = await inbox(
        open_world, simulator="on", dialects=make_dialects(), webhook_allowed_networks=["192.0.2.0/24"]
    )
    WebhookReactions(world.services.dialects).install(world.services.bus)
    number = world.made["number"]

    def attach(tx: WriteTx, call_id: str) -> None:
        own = (calls.c.account_id == world.ours.account.id, calls.c.id == call_id)
        tx.execute(calls.update().where(*own).values(recording_key="calls/none.wav"))

    ids = {
        "voicegram": await add_voicegram(world),
        "user": await add_user(world, Role.MEMBER, "member@example.com"),
        "number": number.id,
        "e164": number.e164,
        "campaign": world.ours.campaign.id,
        "call": await call_of(world, "+13125550199"),
    }
    await world.services.database.write(attach, ids["call"])
    for method, path, body in STEPS:
        await before_step(world, path, ids)
        before = len(await audit_actions(world))
        address = path.replace("/integrations/{key}", "/integrations/smtp").format(**ids)
        sent = {"files": body} if "file" in body else {"json": filled(body, ids)}
        answer = await world.request(method, address, **sent)
        assert answer.status_code in (200, 201, 204), (method, path, answer.text)
        if path in MADE:
            ids[MADE[path]] = answer.json()["id"]
        assert len(await audit_actions(world)) > before, (method, path)
    log = (await world.get("/audit-log?limit=100")).json()
    assert {entry["actor"]["key_id"] for entry in log["entries"][:50]} == {world.ours.key_id}


async def test_the_log_as_csv(world: World) -> None:
    """votel.md 6, 17: every column, filters as in the list; an export, so for who may read data."""
    await world.request("PATCH", "/account", json={"currency": "EUR"})
    await world.request("PATCH", "/account", json={"name": "=Acme"})
    answer = await world.get("/audit-log?format=csv&action=account.updated")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    head, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert len(rows) == 2
    row = dict(zip(head, rows[0], strict=True))
    assert (row["action"], row["target.kind"]) == ("account.updated", "account")
    assert (row["actor.key_id"], row["actor.name"]) == (world.ours.key_id, "Owner")
    assert json.loads(row["changes"]) == [{"field": "name", "from": "Acme", "to": "=Acme"}]
    _, key = await add_key(world, scopes=["audit:read"])
    refused = await world.get("/audit-log?format=csv", headers={"X-API-Key": key})
    assert refused.status_code == 403
    assert fault(await world.get("/audit-log?format=xml"))["field"] == "format"


@pytest.mark.parametrize("path", ["/audit-log", "/audit-log/anything"])
async def test_the_log_is_append_only(world: World, path: str) -> None:
    """votel.md 11.1."""
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert (await world.request(method, path, json={})).status_code == 404


async def test_signing_in_and_out_leaves_entries(world: World) -> None:
    """votel.md 18: sessions begin and end in the log, by the person."""
    browser = await open_browser(world)
    new = {"current": PASSWORD, "new": "seventeen grey herons"}
    assert (await browser.ask("PUT", "/me/password", json=new)).status_code == 204
    assert (await browser.ask("DELETE", "/session")).status_code == 204
    assert (await audit_actions(world))[-3:] == ["session.started", "user.password_changed", "session.ended"]
    _, text = await add_key(world)
    entry = (await world.get("/audit-log?action=session.started", headers={"X-API-Key": text})).json()
    assert entry["entries"][0]["actor"]["kind"] == "user"
    assert entry["entries"][0]["actor"]["id"] == world.ours.user_id
