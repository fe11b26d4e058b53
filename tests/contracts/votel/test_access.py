"""Who may do what, in which order it is checked, and how errors look."""

from __future__ import annotations

import pytest

from antiphon.core.clock import DAY
from antiphon.domain.accounts.keys import revoke_key
from antiphon.domain.accounts.records import KeyKind, Role
from antiphon.domain.channels.commands import create_channel
from antiphon.domain.channels.records import ChannelKind
from votel_world import OpenWorld, World, add_key, add_user, fault

UNKNOWN_ID = "0199d6a0-0000-7000-8000-000000000000"
UNAUTHENTICATED = {"detail": "Invalid or missing API key"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api"),
        ("GET", "/api/nothing"),
        ("PUT", "/api/voicegrams"),
        ("POST", "/api/me"),
        ("HEAD", "/api/me"),
        ("GET", "/api/voicegrams/not-a-uuid"),
        ("GET", "/api/voicegrams/%00"),
        ("DELETE", "/api/public/recording/codes"),
    ],
)
async def test_unknown_paths_and_methods_are_404_without_a_key(world: World, method: str, path: str) -> None:
    """votel.md 0.4: routing comes first; 405 never occurs."""
    answer = await world.client.request(method, path)
    assert answer.status_code == 404
    if method != "HEAD":
        assert answer.json() == {"detail": "Not found"}


async def test_a_key_opens_only_its_kinds(world: World) -> None:
    """votel.md 0.2 and README, Keys: one 401 text for all but a live public key, which is 403."""
    public_id, public = await add_key(world, KeyKind.PUBLIC)
    _, pat = await add_key(world, KeyKind.PAT)
    expiring_id, expiring = await add_key(world, days=1)
    revoked_id, revoked = await add_key(world)
    await world.services.database.write(revoke_key, world.ours.account.id, revoked_id)
    assert (await world.get("/me", headers={"X-API-Key": expiring})).json()["key"]["id"] == expiring_id
    world.clock.advance(DAY)
    for text in (pat, expiring, revoked, "", "sk_", "sk_" + "0" * 32, world.ours.key + " x", "sk_\xe4"):
        answer = await world.get("/me", headers={"X-API-Key": text.encode("latin-1")})
        assert (answer.status_code, answer.json()) == (401, UNAUTHENTICATED), text
    assert (await world.client.get("/api/me")).json() == UNAUTHENTICATED
    answer = await world.get("/me", headers={"X-API-Key": public})
    assert answer.status_code == 403
    # Whoever looks for the program that still sends a dead key finds it in the request log.
    for text, key_id in ((expiring, expiring_id), (revoked, revoked_id), (public, public_id)):
        await world.get("/me", headers={"X-API-Key": text})
        assert world.front.last is not None
        assert (world.front.last.account_id, world.front.last.key_id) == (world.ours.account.id, key_id)


async def test_order_of_checks(world: World) -> None:
    """votel.md 0.4: 401, 403, 429, 404 of path ids, 400."""
    viewer = await add_user(world, Role.VIEWER, "viewer@example.com")
    _, low = await add_key(world, user_id=viewer)
    path, broken = f"/recording-channels/{UNKNOWN_ID}", b"{"
    unknown = await world.client.patch(f"/api{path}", content=broken)
    assert unknown.status_code == 401
    forbidden = await world.request("PATCH", path, headers={"X-API-Key": low}, content=broken)
    assert forbidden.json() == {"detail": "Insufficient permissions: channels:write"}
    assert (await world.request("PATCH", path, content=broken)).status_code == 404
    own = f"/recording-channels/{world.ours.campaign.id}"
    assert fault(await world.request("PATCH", own, content=broken))["field"] == ""
    for _ in range(598):
        answer = await world.get("/me")
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    limited = await world.request("PATCH", path, content=broken)
    assert limited.status_code == 429
    assert limited.json() == {"detail": "Too many requests"}


async def test_rate_limit_per_key(world: World) -> None:
    """votel.md 0.5: 600 a minute, 400 and 404 count, 403 and 429 do not, headers on every keyed answer."""
    viewer = await add_user(world, Role.VIEWER, "viewer@example.com")
    _, key = await add_key(world, user_id=viewer)
    headers = {"X-API-Key": key}
    first = await world.get("/me", headers=headers)
    now = world.clock.now()
    assert first.headers["X-RateLimit-Limit"] == "600"
    assert first.headers["X-RateLimit-Remaining"] == "599"
    assert first.headers["X-RateLimit-Reset"] == str(-(-(now + 60_000) // 1000))
    refused = await world.request("DELETE", f"/voicegrams/{UNKNOWN_ID}", headers=headers)
    assert (refused.status_code, refused.headers["X-RateLimit-Remaining"]) == (403, "599")
    absent = await world.get(f"/voicegrams/{UNKNOWN_ID}", headers=headers)
    assert (absent.status_code, absent.headers["X-RateLimit-Remaining"]) == (404, "598")
    wrong = await world.get("/voicegrams?status=lost", headers=headers)
    assert (wrong.status_code, wrong.headers["X-RateLimit-Remaining"]) == (400, "597")
    world.clock.advance(10_000)
    for _ in range(597):
        await world.get("/me", headers=headers)
    limited = await world.get("/me", headers=headers)
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "50")
    assert limited.headers["X-RateLimit-Remaining"] == "0"
    assert (await world.get("/me")).status_code == 200, "another key has its own window"
    world.clock.advance(50_000)
    assert (await world.get("/me", headers=headers)).status_code == 200


@pytest.mark.parametrize("path", ["/recording-channels", "/me", "/voicegrams"])
async def test_trailing_slash_does_not_matter(world: World, path: str) -> None:
    """votel.md 0.1: no redirect either."""
    plain, slash = await world.get(path), await world.get(f"{path}/")
    assert slash.status_code == 200
    assert slash.json() == plain.json()


async def test_bodies(world: World) -> None:
    """votel.md 0.1: empty is {}, unknown keys are ignored, anything else than a JSON object is 400."""
    path = f"/recording-channels/{world.ours.campaign.id}"
    json_type = {"Content-Type": "application/json; charset=utf-8"}
    same = await world.request("PATCH", path)
    assert same.json()["name"] == "Autumn survey"
    ignored = await world.request("PATCH", path, json={"kind": "domain", "user_id": 7, "name": " New "})
    assert (ignored.json()["name"], ignored.json()["kind"]) == ("New", "campaign")
    for content in (b"[]", b"null", b'"x"', b"{", b"\xff", b"[" * 100_000, b'{"name":"\\ud800"}', b"NaN"):
        assert fault(await world.request("PATCH", path, content=content, headers=json_type))["field"] == ""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        headers = {"Content-Type": kind}
        assert fault(await world.request("PATCH", path, content=b"{}", headers=headers))["field"] == ""
    large = b'{"name":"' + b"x" * 1024 * 1024 + b'"}'
    assert fault(await world.request("PATCH", path, content=large, headers=json_type))["field"] == ""
    assert (await world.get(path)).json()["name"] == "New"


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "kind", "required"),
        ({"kind": "other", "name": "x"}, "kind", "invalid"),
        ({"kind": "campaign", "name": "x" * 10_000}, "name", "invalid"),
        ({"kind": "campaign", "name": "a\0b"}, "name", "invalid"),
        ({"kind": "campaign", "name": 7}, "name", "invalid"),
        ({"kind": "campaign", "name": "  "}, "name", "required"),
        ({"kind": "campaign", "name": "x", "slug": "Not A Slug"}, "slug", "invalid"),
        ({"kind": "campaign", "name": "x", "slug": "autumn"}, "slug", "taken"),
        ({"kind": "campaign", "name": "x", "is_active": "true"}, "is_active", "invalid"),
        ({"kind": "campaign", "name": "x", "notify_emails": ["nobody"]}, "notify_emails.0", "invalid"),
        ({"kind": "campaign", "name": "x", "notify_emails": "a@example.com"}, "notify_emails", "invalid"),
        ({"kind": "domain", "name": "x", "host": "https://example.com/"}, "host", "invalid"),
        ({"kind": "domain", "name": "x", "host": "exa mple.com"}, "host", "invalid"),
    ],
)
async def test_faults_name_field_and_code(
    world: World, body: dict[str, object], field: str, code: str
) -> None:
    """votel.md 0.4: 400 with errors[], never 422."""
    found = fault(await world.post("/recording-channels", json=body))
    assert (found["field"], found["code"]) == (field, code)
    assert (await world.get("/recording-channels")).json()["total"] == 2


async def test_roles(world: World) -> None:
    """votel.md 0.3 and 17: each role may do what the one below may."""
    voicegram, channel = f"/voicegrams/{UNKNOWN_ID}", f"/recording-channels/{UNKNOWN_ID}"
    allowed_from = {
        ("GET", "/voicegrams"): Role.VIEWER,
        ("GET", "/recording-channels"): Role.VIEWER,
        ("GET", "/workspace"): Role.VIEWER,
        ("PATCH", voicegram): Role.MEMBER,
        ("GET", f"{voicegram}/links"): Role.MEMBER,
        ("POST", f"{voicegram}/links"): Role.MEMBER,
        ("POST", f"{voicegram}/reprocess"): Role.MEMBER,
        ("GET", "/api-keys"): Role.MEMBER,
        ("DELETE", voicegram): Role.ADMIN,
        ("POST", "/recording-channels"): Role.ADMIN,
        ("PATCH", channel): Role.ADMIN,
        ("DELETE", channel): Role.ADMIN,
        ("PATCH", "/workspace"): Role.ADMIN,
        ("GET", "/webhooks"): Role.ADMIN,
        ("POST", f"/webhooks/{UNKNOWN_ID}/test"): Role.ADMIN,
    }
    for role in Role:
        user_id = await add_user(world, role, f"a-{role.label}@example.com")
        _, key = await add_key(world, user_id=user_id)
        for (method, path), lowest in allowed_from.items():
            answer = await world.request(method, path, headers={"X-API-Key": key})
            assert (answer.status_code != 403) == (role >= lowest), (role, method, path, answer.text)


async def test_scopes_narrow_a_key(world: World) -> None:
    """votel.md 0.2 and 17."""
    _, reader = await add_key(world, scopes=["conversations:read"])
    _, group = await add_key(world, scopes=["channels:*"])
    _, foreign = await add_key(world, scopes=["vocatech:*"])
    expected = {
        reader: {"/voicegrams": 200, "/recording-channels": 403, "/me": 200},
        group: {"/voicegrams": 403, "/recording-channels": 200, "/me": 200},
        foreign: {"/voicegrams": 403, "/recording-channels": 403, "/me": 200},
    }
    for key, paths in expected.items():
        for path, status in paths.items():
            answer = await world.get(path, headers={"X-API-Key": key})
            assert answer.status_code == status, (path, answer.text)
    me = (await world.get("/me", headers={"X-API-Key": reader})).json()
    assert me["permissions"] == ["conversations:read"]
    assert me["key"]["scopes"] == ["conversations:read"]


async def test_plan_features(open_world: OpenWorld) -> None:
    """votel.md 0.4: a feature mapped to a higher plan is 403 `Upgrade required`."""
    world = await open_world(plan_features={"channels": "enterprise", "conversations": "pro"})
    answer = await world.get("/recording-channels")
    assert (answer.status_code, answer.json()) == (403, {"detail": "Upgrade required: channels"})
    assert (await world.get("/voicegrams")).status_code == 200


async def test_lists(world: World) -> None:
    """votel.md 0.6: limit is clamped or defaulted, total counts everything, newest first."""
    for number in range(30):
        world.clock.advance(1)
        await world.services.database.write(
            create_channel, world.ours.account.id, kind=ChannelKind.CAMPAIGN, name=f"c{number}"
        )
    for query, length in {
        "": 25,
        "?limit=3": 3,
        "?limit=0": 1,
        "?limit=-4": 1,
        "?limit=900": 32,
        "?limit=2.5": 25,
        "?limit=99999999999999999999": 25,
        "?page=2": 7,
        "?page=0": 25,
        "?page=x": 25,
        "?page=999999999999999999": 0,
        "?unknown=1": 25,
    }.items():
        page = (await world.get(f"/recording-channels{query}")).json()
        assert (len(page["recording_channels"]), page["total"]) == (length, 32), query
    assert (await world.get("/recording-channels?limit=1")).json()["recording_channels"][0]["name"] == "c29"


async def test_me(world: World) -> None:
    """votel.md 11.1."""
    me = (await world.get("/me")).json()
    ours = world.ours
    assert me["user"] == {
        "id": ours.user_id,
        "email": ours.email,
        "name": "Owner",
        "role": "owner",
        "totp_active": False,
    }
    assert me["accounts"] == [{"id": ours.account.id, "name": "Acme", "role": "owner"}]
    assert (me["account"]["id"], me["account"]["slug"], me["role"]) == (ours.account.id, "acme", "owner")
    assert me["key"] == {"id": ours.key_id, "name": "tests", "scopes": None}
    assert me["acting_for"] is None
    assert world.front.last is not None
    assert (world.front.last.contract, world.front.last.account_id) == ("votel", ours.account.id)
