"""Webhook subscriptions (contracts/voicegram.md 3, 4.4 to 4.6)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2
import pytest
from sqlalchemy import update

from antiphon.core.clock import to_iso
from antiphon.core.ids import is_uuid, new_id
from antiphon.domain.accounts.commands import set_plan
from antiphon.domain.accounts.records import Plan
from antiphon.domain.channels.commands import delete_channel
from antiphon.domain.webhooks.tables import subscriptions
from receivers import Receiver
from voicegram_world import OpenWorld, World

PATH = "/api/v1/webhook-subscriptions"
URL = "https://hooks.example.com/voicegram?a=1"


async def create(world: World, **body: Any) -> httpx2.Response:
    return await world.post(PATH, json={"url": URL, **body})


def issues(answer: httpx2.Response) -> list[list[str | int]]:
    assert answer.status_code == 400, answer.text
    body = answer.json()
    assert set(body) == {"error", "message", "issues"}
    assert body["error"] == "validation_error"
    for issue in body["issues"]:
        assert set(issue) == {"path", "message"}
        assert issue["message"]
    return [issue["path"] for issue in body["issues"]]


async def test_create_with_defaults(world: World) -> None:
    """contracts/voicegram.md 4.4, 4.5: the object plus `secret`, made by the token's user."""
    answer = await create(world, unknown={"ignored": [1]}, channel_id=None, zapier_subscription_id=None)
    assert answer.status_code == 201
    body = answer.json()
    secret = body.pop("secret")
    assert secret.startswith("vg_whsec_")
    assert len(secret) == 73
    assert is_uuid(body["id"])
    assert body == {
        "id": body["id"],
        "url": URL,
        "secret_prefix": secret[:12],
        "channel_id": None,
        "channel_type": None,
        "source": "dashboard",
        "zapier_subscription_id": None,
        "is_active": True,
        "consecutive_failures": 0,
        "last_delivery_at": None,
        "last_success_at": None,
        "last_error": None,
        "created_at": to_iso(world.clock.now()),
        "created_by_user_id": world.ours.user_id,
    }
    listed = await world.get(PATH)
    got = await world.get(f"{PATH}/{body['id']}")
    assert got.json() == listed.json()["subscriptions"][0] == body
    for later in (listed, got):
        assert secret not in later.text


async def test_create_for_zapier(world: World) -> None:
    """contracts/voicegram.md 4.4: id kept, no user."""
    body = (await create(world, source="zapier", zapier_subscription_id="z" * 255)).json()
    assert (body["source"], body["zapier_subscription_id"]) == ("zapier", "z" * 255)
    assert body["created_by_user_id"] is None


async def test_channel_type_is_derived(world: World) -> None:
    """contracts/voicegram.md 4.4: `channel_type` comes from the channel and goes with it."""
    for channel in (world.ours.domain, world.ours.campaign):
        body = (await create(world, channel_id=channel.id)).json()
        assert (body["channel_id"], body["channel_type"]) == (channel.id, channel.kind.value)


async def test_invalid_channels(world: World) -> None:
    """contracts/voicegram.md 3: unknown, foreign, deleted and malformed ids have one answer."""
    await world.services.database.write(delete_channel, world.ours.account_id, world.ours.campaign.id)
    ids = (new_id(), world.theirs.domain.id, world.ours.campaign.id, "", "x", "a\0b", "x" * 10_000)
    answers = [await create(world, channel_id=channel_id) for channel_id in ids]
    assert {answer.status_code for answer in answers} == {400}
    assert {answer.text for answer in answers} == {answers[0].text}
    assert answers[0].json()["error"] == "invalid_channel_id"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, ["url"]),
        ({"url": None}, ["url"]),
        ({"url": 5}, ["url"]),
        ({"url": [URL]}, ["url"]),
        ({"url": ""}, ["url"]),
        ({"url": "no url"}, ["url"]),
        ({"url": "/relative"}, ["url"]),
        ({"url": "//host/path"}, ["url"]),
        ({"url": "https://"}, ["url"]),
        ({"url": "https://exa mple.com/"}, ["url"]),
        ({"url": "https://example.com/\0"}, ["url"]),
        ({"url": "https://example.com/\r\nX: y"}, ["url"]),
        ({"url": URL, "channel_id": 5}, ["channel_id"]),
        ({"url": URL, "channel_id": {}}, ["channel_id"]),
        ({"url": URL, "source": "other"}, ["source"]),
        ({"url": URL, "source": None}, ["source"]),
        ({"url": URL, "source": "zapier"}, ["zapier_subscription_id"]),
        ({"url": URL, "source": "zapier", "zapier_subscription_id": None}, ["zapier_subscription_id"]),
        ({"url": URL, "source": "zapier", "zapier_subscription_id": ""}, ["zapier_subscription_id"]),
        ({"url": URL, "source": "zapier", "zapier_subscription_id": "z" * 256}, ["zapier_subscription_id"]),
        ({"url": URL, "source": "zapier", "zapier_subscription_id": "a\0b"}, ["zapier_subscription_id"]),
        ({"url": URL, "source": "zapier", "zapier_subscription_id": 7}, ["zapier_subscription_id"]),
        ({"url": URL, "zapier_subscription_id": "zap"}, ["zapier_subscription_id"]),
    ],
)
async def test_body_shape(world: World, body: dict[str, Any], path: list[str]) -> None:
    """contracts/voicegram.md 3, 4.5: `validation_error` names the field."""
    assert issues(await world.post(PATH, json=body)) == [path]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b'{"url": "\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        json.dumps({"url": URL, "padding": "x" * 1024 * 1024}).encode(),
    ],
)
async def test_broken_bodies(world: World, content: bytes) -> None:
    """contracts/voicegram.md 3: malformed JSON, no object, over 1 MiB: issue path `[]`."""
    answer = await world.post(PATH, content=content, headers={"Content-Type": "application/json"})
    assert issues(answer) == [[]]


@pytest.mark.parametrize("media_type", [None, "", "text/plain", "multipart/form-data", "text/json"])
async def test_content_type_is_required(world: World, media_type: str | None) -> None:
    """contracts/voicegram.md 1, 3: a wrong content type is a `validation_error`."""
    headers = {} if media_type is None else {"Content-Type": media_type}
    assert issues(await world.post(PATH, content=json.dumps({"url": URL}).encode(), headers=headers)) == [[]]


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "APPLICATION/JSON"])
async def test_content_type_may_have_parameters(world: World, media_type: str) -> None:
    content = json.dumps({"url": URL}).encode()
    answer = await world.post(PATH, content=content, headers={"Content-Type": media_type})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "ftp://hooks.example.com/",
        "mailto:someone@example.com",
        "https://user@hooks.example.com/",
        "https://user:secret@hooks.example.com/",
        "https://hooks.example.com/" + "x" * 2022,
        "https://10.0.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://hooks.example.com:0/",
        "https://hooks.example.com:65536/",
    ],
)
async def test_urls_that_are_not_allowed(open_world: OpenWorld, url: str) -> None:
    """contracts/voicegram.md 3, 4.5: scheme, length, user info, refused hosts."""
    world = await open_world(allow_insecure_webhooks=False, webhook_allowed_networks=[])
    answer = await world.post(PATH, json={"url": url})
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_url"
    assert set(answer.json()) == {"error", "message"}


async def test_longest_url(world: World) -> None:
    """contracts/voicegram.md 4.5: under 2048 characters."""
    url = "https://hooks.example.com/" + "x" * 2021
    assert len(url) == 2047
    assert (await world.post(PATH, json={"url": url})).json()["url"] == url


async def test_name_that_does_not_resolve_is_accepted(world: World) -> None:
    """contracts/voicegram.md 4.5: judged at delivery."""
    assert (await world.post(PATH, json={"url": "https://nowhere.invalid/"})).status_code == 201


async def test_insecure_urls_in_development(world: World, receiver: Receiver) -> None:
    """contracts/voicegram.md 4.5: `http://` only while `allow_insecure_webhooks` is on."""
    assert (await world.post(PATH, json={"url": receiver.url()})).status_code == 201


async def test_cap_and_conflict(world: World) -> None:
    """contracts/voicegram.md 2, 3: `conflict` before `limit_reached`; only active ones count."""
    zap = {"source": "zapier", "zapier_subscription_id": "zap"}
    first = (await create(world, **zap)).json()
    conflict = await create(world, **zap)
    assert (conflict.status_code, conflict.json()["error"]) == (409, "conflict")
    assert (await world.post(PATH, json={"url": URL, **zap}, tenant=world.theirs)).status_code == 201
    for _ in range(24):
        assert (await create(world)).status_code == 201
    full = await create(world)
    assert (full.status_code, full.json()["error"]) == (409, "limit_reached")
    assert (await create(world, **zap)).json()["error"] == "conflict"
    assert (await world.delete(f"{PATH}/{first['id']}")).status_code == 204
    assert (await create(world, **zap)).status_code == 201


async def test_cap_holds_for_requests_sent_together(world: World) -> None:
    """contracts/voicegram.md 4.5: the cap is checked atomically."""
    answers = await asyncio.gather(*(create(world) for _ in range(35)))
    assert sorted(answer.status_code for answer in answers) == [201] * 25 + [409] * 10


async def test_order_of_checks(open_world: OpenWorld) -> None:
    """contracts/voicegram.md 2: shape → invalid_url → invalid_channel_id → conflict → limit_reached."""
    world = await open_world(allow_insecure_webhooks=False)
    zap = {"source": "zapier", "zapier_subscription_id": "zap"}
    await create(world, **zap)
    for _ in range(24):
        await create(world)
    bad_url, bad_channel = "http://hooks.example.com/", new_id()
    assert issues(await create(world, url=bad_url, channel_id=bad_channel, source="x")) == [["source"]]
    everything = await create(world, url=bad_url, channel_id=bad_channel, **zap)
    assert everything.json()["error"] == "invalid_url"
    assert (await create(world, channel_id=bad_channel, **zap)).json()["error"] == "invalid_channel_id"
    assert (await create(world, **zap)).json()["error"] == "conflict"
    assert (await create(world)).json()["error"] == "limit_reached"


async def test_list_filters_and_pages(world: World) -> None:
    """contracts/voicegram.md 4.6: newest first; `total` counts what matches the filters."""
    made = []
    for number in range(5):
        world.clock.advance(1)
        zap = {"source": "zapier", "zapier_subscription_id": f"zap-{number}"} if number % 2 else {}
        made.append((await create(world, **zap)).json()["id"])
    await world.delete(f"{PATH}/{made[0]}")
    await world.subscribe(URL, tenant=world.theirs)

    async def listed(query: str) -> tuple[list[str], dict[str, int]]:
        answer = await world.get(PATH + query)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert list(body) == ["subscriptions", "pagination"]
        return [item["id"] for item in body["subscriptions"]], body["pagination"]

    newest = made[::-1]
    assert await listed("") == (newest, {"total": 5, "limit": 25, "offset": 0})
    assert await listed("?limit=2&offset=1") == (newest[1:3], {"total": 5, "limit": 2, "offset": 1})
    assert await listed("?offset=999999999999") == ([], {"total": 5, "limit": 25, "offset": 999999999999})
    assert await listed("?source=zapier") == ([made[3], made[1]], {"total": 2, "limit": 25, "offset": 0})
    assert (await listed("?source=dashboard&is_active=true"))[0] == [made[4], made[2]]
    assert (await listed("?is_active=false"))[0] == [made[0]]
    assert (await listed("?limit=100&unknown=1"))[1]["limit"] == 100


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=abc",
        "limit=",
        "limit=2.5",
        "limit=%D9%A5",
        "limit=" + "9" * 5000,
        "offset=-1",
        "offset=x",
        "offset=" + "9" * 30,
        "source=other",
        "source=",
        "is_active=TRUE",
        "is_active=1",
        "is_active=",
    ],
)
async def test_list_refuses_bad_values(world: World, query: str) -> None:
    """contracts/voicegram.md 4.6: a value outside is `validation_error`; only `recent` clamps."""
    assert issues(await world.get(f"{PATH}?{query}")) == [[query.partition("=")[0]]]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_absent_and_foreign_ids(world: World, method: str) -> None:
    """contracts/voicegram.md 3: absent, foreign and malformed ids have one answer."""
    foreign = await world.subscribe(URL, tenant=world.theirs)
    ids = (new_id(), foreign.subscription.id, "x", "%00", "1", "x" * 3000, "vg_" + new_id())
    answers = [await world.request(method, f"{PATH}/{item}") for item in ids]
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.text for answer in answers} == {answers[0].text}
    assert (await world.get(f"{PATH}/{foreign.subscription.id}", tenant=world.theirs)).json()["is_active"]


async def test_delete_is_soft(world: World) -> None:
    """contracts/voicegram.md 4.6: 204 with no body, again 204; the row stays readable and inactive."""
    made = (await create(world)).json()
    for path in (f"{PATH}/{made['id']}", f"{PATH}/{made['id'].upper()}"):
        answer = await world.delete(path)
        assert (answer.status_code, answer.content) == (204, b"")
        assert "content-type" not in answer.headers
    assert (await world.get(f"{PATH}/{made['id']}")).json()["is_active"] is False


async def test_free_account_keeps_its_subscriptions(world: World, receiver: Receiver) -> None:
    """contracts/voicegram.md 2: they stay and keep delivering when the plan falls to `free`."""
    await create(world, url=receiver.url())
    await world.services.database.write(set_plan, world.ours.account_id, Plan.FREE)
    await world.complete()
    await world.work()
    assert len(receiver.received) == 1
    assert (await world.get(PATH)).status_code == 403


async def test_delivery_shows_in_the_object(world: World, receiver: Receiver) -> None:
    """contracts/voicegram.md 4.4: times of last delivery and success, error excerpt of at most 200."""
    made = (await create(world, url=receiver.url())).json()
    receiver.status(500, 200)
    await world.complete()
    await world.work()
    failed = (await world.get(f"{PATH}/{made['id']}")).json()
    assert (failed["last_error"], failed["last_success_at"]) == ("http_status: 500", None)
    assert failed["last_delivery_at"] == to_iso(world.clock.now())
    await world.pass_time(5_000)
    after = (await world.get(f"{PATH}/{made['id']}")).json()
    assert after["last_success_at"] == after["last_delivery_at"] == to_iso(world.clock.now())
    assert after["last_error"] == "http_status: 500"


async def test_other_contracts_subscriptions_do_not_appear(world: World) -> None:
    """contracts/README.md: one engine serves all contracts; each lists and counts its own."""
    made = await world.subscribe(URL)
    change = update(subscriptions).values(contract="native")
    await world.services.database.write(lambda tx: tx.execute(change))
    one = f"{PATH}/{made.subscription.id}"
    assert (await world.get(PATH)).json()["pagination"]["total"] == 0
    assert (await world.get(one)).status_code == 404
    assert (await world.delete(one)).status_code == 404
    assert (await world.subscription(made.subscription.id)).is_active
