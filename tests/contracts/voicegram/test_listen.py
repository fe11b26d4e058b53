"""Listen links (contracts/voicegram.md 8)."""

from __future__ import annotations

import pytest

from antiphon.core.clock import DAY
from antiphon.core.ids import new_id
from antiphon.domain.accounts.commands import set_plan
from antiphon.domain.accounts.keys import revoke_key
from antiphon.domain.accounts.records import Plan
from antiphon.domain.voicegrams.commands import delete_audio, delete_voicegram, revoke_link
from antiphon.domain.voicegrams.queries import find_listener, list_links
from antiphon.domain.voicegrams.records import ListenerKind
from antiphon.domain.webhooks.commands import deactivate
from receivers import Receiver
from service_factory import ORIGIN
from voicegram_world import World

AUDIO = bytes(range(256)) * 40
PRIVATE = {"cache-control": "private, no-store", "referrer-policy": "no-referrer"}


async def link(world: World) -> tuple[str, str]:
    """A voicegram and the link our token fetched."""
    voicegram_id = await world.complete(audio=AUDIO)
    [row] = (await world.get("/api/v1/voicegrams/recent?limit=1")).json()["voicegrams"]
    return voicegram_id, row["data"]["audio"]["url"]


async def test_whole_file(world: World) -> None:
    """contracts/voicegram.md 8: the bytes, `audio/webm`, no key needed, headers."""
    voicegram_id, url = await link(world)
    answer = await world.client.get(url)
    assert (answer.status_code, answer.content) == (200, AUDIO)
    assert answer.headers["content-type"] == "audio/webm"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-length"] == str(len(AUDIO))
    assert PRIVATE.items() <= dict(answer.headers).items()
    links = await world.services.database.read(list_links, world.ours.account_id, voicegram_id)
    assert [item.last_used_at for item in links if item.recipient == world.ours.key.id] == [world.clock.now()]


async def test_head(world: World) -> None:
    """contracts/voicegram.md 8: HEAD allowed."""
    _, url = await link(world)
    answer = await world.client.head(url)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(AUDIO))
    assert (await world.client.head(url[:-1])).status_code == 403


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, len(AUDIO)),
        ("bytes=-100", len(AUDIO) - 100, len(AUDIO)),
        ("bytes=-999999", 0, len(AUDIO)),
        ("bytes=10239-99999999999999999999999", 10239, 10240),
        ("BYTES = 5 - 6", 5, 7),
        ("bytes=00005-0006", 5, 7),
    ],
)
async def test_single_range(world: World, header: str, start: int, end: int) -> None:
    """contracts/voicegram.md 8: 206 for a single range."""
    _, url = await link(world)
    answer = await world.client.get(url, headers={"Range": header})
    assert (answer.status_code, answer.content) == (206, AUDIO[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(AUDIO)}"
    assert answer.headers["content-length"] == str(end - start)
    assert PRIVATE.items() <= dict(answer.headers).items()


@pytest.mark.parametrize("header", ["bytes=10240-", "bytes=99999-", "bytes=-0", "bytes=" + "9" * 30 + "-"])
async def test_range_beyond_the_end(world: World, header: str) -> None:
    """contracts/voicegram.md 8: 416 with the length."""
    _, url = await link(world)
    answer = await world.client.get(url, headers={"Range": header})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(AUDIO)}"


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=0-1,5-6"},
        {"Range": "bytes=5-4"},
        {"Range": "bytes=-"},
        {"Range": "items=0-1"},
        {"Range": "bytes=a-b"},
        {"Range": "bytes=0-1", "If-Range": '"other"'},
    ],
)
async def test_ranges_that_are_ignored(world: World, headers: dict[str, str]) -> None:
    """RFC 9110 14.2: several, malformed or conditional ranges get the whole."""
    _, url = await link(world)
    answer = await world.client.get(url, headers=headers)
    assert (answer.status_code, answer.content) == (200, AUDIO)


async def test_no_existence_oracle(world: World) -> None:
    """contracts/voicegram.md 8: missing, wrong and foreign tokens and unknown ids look alike."""
    _, url = await link(world)
    other = await world.complete(audio=AUDIO)
    path, _, token = url.partition("?t=")
    tampered = ("B" if token[0] == "A" else "A") + token[1:]
    urls = [
        path,
        f"{path}?t=",
        f"{path}?t=sample",
        f"{path}?t=%00",
        f"{path}?t=%F0%9F%98%80",
        f"{path}?t={tampered}",
        f"{path}?t={token[:-1]}",
        f"{path}?t={token}A",
        f"{path}?t={'A' * 10_000}",
        f"{path}?token={token}",
        f"{ORIGIN}/api/listen/vg_{other}?t={token}",
        f"{ORIGIN}/api/listen/vg_{new_id()}?t={token}",
        f"{ORIGIN}/api/listen/{other}?t={token}",
        f"{ORIGIN}/api/listen/x?t={token}",
        f"{ORIGIN}/api/listen/vg_sample_00000001?t=sample",
    ]
    answers = [await world.client.get(item) for item in urls]
    assert {answer.status_code for answer in answers} == {403}
    assert {answer.text for answer in answers} == {answers[0].text}
    assert set(answers[0].json()) == {"error", "message"}
    assert answers[0].json()["error"] == "link_invalid"
    assert PRIVATE.items() <= dict(answers[0].headers).items()


async def test_expiry(world: World) -> None:
    """contracts/voicegram.md 2, 8: 403 once the plan's validity is over."""
    await world.services.database.write(set_plan, world.ours.account_id, Plan.STARTER)
    _, url = await link(world)
    world.clock.advance(90 * DAY - 1)
    assert (await world.client.get(url)).status_code == 200
    world.clock.advance(1)
    assert (await world.client.get(url)).json()["error"] == "link_invalid"


async def test_retention(world: World) -> None:
    """contracts/voicegram.md 8: 410 `audio_deleted`; the token is judged first, the range last."""
    voicegram_id, url = await link(world)
    await world.services.database.write(delete_audio, world.ours.account_id, voicegram_id)
    answer = await world.client.get(url, headers={"Range": "bytes=999999-"})
    assert (answer.status_code, answer.json()["error"]) == (410, "audio_deleted")
    assert (await world.client.get(url[:-1])).status_code == 403


async def test_file_that_is_gone_from_the_store(world: World) -> None:
    """A lost object is answered as a deleted one."""
    await world.complete()
    [row] = (await world.get("/api/v1/voicegrams/recent")).json()["voicegrams"]
    assert (await world.client.get(row["data"]["audio"]["url"])).status_code == 410


async def test_deleted_voicegram(world: World) -> None:
    """A deleted voicegram's id is unknown."""
    voicegram_id, url = await link(world)
    await world.services.database.write(delete_voicegram, world.ours.account_id, voicegram_id)
    assert (await world.client.get(url)).status_code == 403


async def test_revoking_a_token_revokes_its_links(world: World, receiver: Receiver) -> None:
    """contracts/voicegram.md 8: the links a PAT fetched go with it, those of a subscription stay."""
    await world.subscribe(receiver.url())
    _, url = await link(world)
    await world.work()
    sent = receiver.received[0].event["data"]["audio"]["url"]
    await world.services.database.write(revoke_key, world.ours.account_id, world.ours.key.id)
    assert (await world.client.get(url)).status_code == 403
    assert (await world.client.get(sent)).status_code == 200


async def test_deleting_a_subscription_keeps_its_links(world: World, receiver: Receiver) -> None:
    """contracts/voicegram.md 8: deletion does not revoke; revoking its listener does, alone."""
    made = await world.subscribe(receiver.url())
    _, url = await link(world)
    await world.work()
    sent = receiver.received[0].event["data"]["audio"]["url"]
    own, write = world.ours.account_id, world.services.database.write
    await write(deactivate, own, made.subscription.id)
    assert (await world.client.get(sent)).status_code == 200
    listener = await world.services.database.read(
        find_listener, own, ListenerKind.SUBSCRIPTION, made.subscription.id
    )
    assert listener is not None
    await write(revoke_link, own, listener)
    assert (await world.client.get(sent)).status_code == 403
    assert (await world.client.get(url)).status_code == 200


async def test_events_after_a_revocation_have_working_links(world: World, receiver: Receiver) -> None:
    """A revoked recipient that is still subscribed gets a new listener with its next event."""
    made = await world.subscribe(receiver.url())
    own = world.ours.account_id
    listener = await world.services.database.read(
        find_listener, own, ListenerKind.SUBSCRIPTION, made.subscription.id
    )
    assert listener is not None
    await world.services.database.write(revoke_link, own, listener)
    await world.complete(audio=AUDIO)
    await world.work()
    assert (await world.client.get(receiver.received[0].event["data"]["audio"]["url"])).status_code == 200


@pytest.mark.parametrize(
    ("accept", "is_page"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("text/html", True),
        ("TEXT/HTML;level=1", True),
        ("*/*", False),
        ("application/json, text/html;q=0.9", False),
        ("application/json", False),
        ("text/html;q=0, */*", False),
        ("text/html;q=x", False),
        ("audio/webm,audio/*;q=0.9", False),
        ("", False),
    ],
)
async def test_page_for_browsers(world: World, accept: str, is_page: bool) -> None:
    """contracts/voicegram.md 8: a short HTML page when the client prefers `text/html`."""
    answer = await world.client.get(f"{ORIGIN}/api/listen/vg_{new_id()}?t=x", headers={"Accept": accept})
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/html" if is_page else "application/json")
    assert ("<h1>" in answer.text) is is_page
    assert PRIVATE.items() <= dict(answer.headers).items()
