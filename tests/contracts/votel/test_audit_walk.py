"""Every change that the API makes leaves an audit entry (contracts/votel.md 11.1)."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon.contracts.votel.app import FAMILIES
from antiphon.contracts.votel.routes import (
    account,
    api_keys,
    engines,
    integrations,
    me,
    phone_numbers,
    recording_channels,
    session,
    users,
    voicegram_links,
    voicegrams,
)
from antiphon.domain.accounts.records import Role
from antiphon.domain.numbers.commands import create_simulator
from votel_world import PASSWORD, World, add_key, add_user, add_voicegram, audit_actions, open_browser

SILENT = {
    ("POST", "/session/link"): "mails a link to whoever reads the mailbox; nothing is changed",
    ("POST", "/engines/test"): "tries what is there; only its health is noted",
    ("POST", "/engines/test/recording"): "tries what is there",
    ("POST", "/integration-connections/{id:uuid}/test"): "tries what is there; only its health is noted",
    ("POST", "/phone-numbers/{id:uuid}/check"): "tries what is there",
    ("POST", "/setup"): "exists only before the first account; tests of set-up look at its entry",
    ("POST", "/session/accept"): "leaves user.joined or session.started; tests of invitations look at it",
    ("POST", "/invitations/{id:uuid}/resend"): "tests of invitations look at its entry",
    ("POST", "/phone-numbers/import"): "needs a carrier; tests of numbers look at its entry",
}
"""Endpoints that change nothing a person would look for, or whose entry is proved elsewhere."""

WALKED = (
    account,
    api_keys,
    engines,
    integrations,
    me,
    phone_numbers,
    recording_channels,
    session,
    users,
    voicegram_links,
    voicegrams,
)
STEPS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("PATCH", "/account", {"currency": "EUR"}),
    ("PATCH", "/workspace", {"subdomain": "renamed"}),
    ("PUT", "/engines", {"tts": "espeak-ng"}),
    ("PATCH", "/me/preferences", {"locale": "de"}),
    ("POST", "/recording-channels", {"kind": "campaign", "name": "Autumn"}),
    ("PATCH", "/recording-channels/{channel}", {"name": "Winter"}),
    ("DELETE", "/recording-channels/{channel}", {}),
    ("PATCH", "/voicegrams/{voicegram}", {"notes": "seen"}),
    ("POST", "/voicegrams/{voicegram}/links", {"recipient": "Ada"}),
    ("DELETE", "/voicegrams/{voicegram}/links/{link}", {}),
    ("POST", "/voicegrams/{voicegram}/reprocess", {"steps": ["insight"]}),
    ("DELETE", "/voicegrams/{voicegram}", {}),
    ("POST", "/api-keys", {"name": "CRM"}),
    ("PATCH", "/api-keys/{key}", {"name": "Other"}),
    ("POST", "/api-keys/{key}/rotate", {}),
    ("DELETE", "/api-keys/{rotated}", {}),
    ("POST", "/invitations", {"email": "ann@example.com"}),
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
    "/recording-channels": "channel",
    "/voicegrams/{voicegram}/links": "link",
    "/api-keys": "key",
    "/api-keys/{key}/rotate": "rotated",
    "/invitations": "invitation",
    "/integrations/{key}/connect": "connection",
}


def pattern(path: str) -> str:
    """A step's path as the endpoint has it."""
    if path == "/integrations/{key}/connect":
        return path
    parts = [
        ("{link_id:uuid}" if part == "{link}" else "{id:uuid}") if part.startswith("{") else part
        for part in path.split("/")
    ]
    return "/".join(parts)


def test_no_endpoint_is_forgotten() -> None:
    """votel.md 11.1: whoever adds a change adds it here, or says why it leaves no entry."""
    walked = {(method, pattern(path)) for method, path, _ in STEPS}
    signed = {("POST", "/session"), ("DELETE", "/session"), ("PUT", "/me/password")}
    signed |= {("POST", "/me/totp"), ("DELETE", "/me/totp")}
    changing = {
        (endpoint.method, endpoint.path)
        for module in WALKED
        for endpoint in module.ROUTES.endpoints
        if endpoint.method not in ("GET", "HEAD", "OPTIONS")
    }
    assert changing == walked | signed | (SILENT.keys() & changing)
    assert {module.ROUTES.tag for module in WALKED} <= {family.tag for family in FAMILIES}


async def test_every_change_leaves_an_entry(world: World) -> None:
    """votel.md 11.1: one entry or more for each, in the name of the key that asked."""
    ids = {
        "voicegram": await add_voicegram(world),
        "user": await add_user(world, Role.MEMBER, "member@example.com"),
    }
    number = await world.services.database.write(
        create_simulator, world.services.cipher, world.ours.account.id
    )
    ids["number"] = number.id
    for method, path, body in STEPS:
        before = len(await audit_actions(world))
        address = path.replace("/integrations/{key}", "/integrations/smtp").format(**ids)
        answer = await world.request(method, address, json=body)
        assert answer.status_code in (200, 201, 204), (method, path, answer.text)
        if path in MADE:
            ids[MADE[path]] = answer.json()["id"]
        assert len(await audit_actions(world)) > before, (method, path)
    log = (await world.get("/audit-log?limit=100")).json()
    assert {entry["actor"]["key_id"] for entry in log["entries"][:20]} == {world.ours.key_id}


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
