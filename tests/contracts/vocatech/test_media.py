"""Attachments by id (contracts/vocatech.md 5.4)."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from antiphon.contracts.votel.app import create_app
from antiphon.core.clock import MINUTE
from antiphon.domain.conversations.attachments import fail_media, store_media
from antiphon.domain.conversations.changes import erase_message
from antiphon.domain.conversations.commands import receive_message
from antiphon.domain.conversations.records import Channel, InboundMedia, InboundMessage, Media
from antiphon.domain.numbers.commands import create_simulator
from contracts_front import ServerFront
from phone_world import World
from service_factory import ORIGIN


async def attach(world: World, content_type: str = "image/png", data: bytes | None = b"picture") -> Media:
    """An attachment of a received message; None is one that could not be fetched."""
    services, account_id = world.services, world.ours.account_id
    number = await services.database.write(create_simulator, services.cipher, account_id)
    incoming = InboundMessage(
        "simulator",
        "IN1",
        Channel.SMS,
        number,
        "+12025550143",
        "",
        media=(InboundMedia(content_type, carrier_media_id="x", filename="préss.png"),),
    )
    message = await services.database.write(receive_message, account_id, incoming)
    media = message.media[0]
    if data is None:
        await services.database.write(fail_media, account_id, media.id)
    else:
        await services.store.put(f"messages/{media.id}", data)
        await services.database.write(
            store_media,
            account_id,
            media.id,
            object_key=f"messages/{media.id}",
            content_type=content_type,
            size=len(data),
        )
    return media


async def follow(world: World, url: str, **options: Any) -> httpx2.Response:
    """A request without any key, to the app that serves the links."""
    transport = httpx2.ASGITransport(app=ServerFront(create_app(world.services)))
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        return await client.request(options.pop("method", "GET"), url, **options)


async def test_a_link_for_half_an_hour(world: World) -> None:
    """vocatech.md 5.4: the fields; a link of 30 minutes that needs no key."""
    media = await attach(world)
    body = (await world.get(f"/media/med_{media.id}")).json()
    url = body.pop("url")
    assert body == {
        "id": f"med_{media.id}",
        "content_type": "image/png",
        "size": 7,
        "expires_at": "2026-09-21T14:43:20+00:00",
    }
    answer = await follow(world, url)
    assert (answer.status_code, answer.content) == (200, b"picture")
    assert answer.headers["content-type"] == "image/png"
    part = await follow(world, url, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"ctu")
    assert part.headers["content-range"] == "bytes 2-4/7"
    assert (await follow(world, url, headers={"Range": "bytes=9-"})).status_code == 416
    head = await follow(world, url, method="HEAD")
    assert (head.headers["content-length"], head.content) == ("7", b"")
    world.clock.advance(30 * MINUTE)
    assert (await follow(world, url)).status_code == 403


async def test_each_request_mints_a_new_link(world: World) -> None:
    """vocatech.md 5.4."""
    media = await attach(world)
    first = (await world.get(f"/media/med_{media.id}")).json()["url"]
    world.clock.advance(MINUTE)
    assert (await world.get(f"/media/med_{media.id}")).json()["url"] != first


async def test_a_link_is_for_one_attachment(world: World) -> None:
    """vocatech.md 5.4: the link is signed."""
    media = await attach(world)
    url = (await world.get(f"/media/med_{media.id}")).json()["url"]
    path, _, token = url.partition("?t=")
    other = path.replace(media.id, media.id[:-1] + ("0" if media.id[-1] != "0" else "1"))
    for broken in (f"{other}?t={token}", f"{path}?t={token[:-2]}AA", path, f"{path}?t=", f"{path}?t=%00"):
        assert (await follow(world, broken)).status_code == 403


@pytest.mark.parametrize("content_type", ["text/html", "image/svg+xml", "application/pdf"])
async def test_what_could_run_is_a_download(world: World, content_type: str) -> None:
    """vocatech.md 5.4: what a stranger has sent runs nowhere."""
    media = await attach(world, content_type, b"<script>alert(1)</script>")
    answer = await follow(world, (await world.get(f"/media/med_{media.id}")).json()["url"])
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''pr%C3%A9ss.png")
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_what_is_not_there(world: World) -> None:
    """vocatech.md 5.4: `rec_…`, unknown, foreign, deleted → 404."""
    media = await attach(world)
    for path in (
        f"/media/rec_{media.id}",
        f"/media/{media.id}",
        f"/media/med_{media.id}x",
        "/media/med_01890000-0000-7000-8000-000000000000",
        "/media/med_",
    ):
        answer = await world.get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert (await world.get(f"/media/med_{media.id}", tenant=world.theirs)).status_code == 404
    url = (await world.get(f"/media/med_{media.id}")).json()["url"]
    await world.services.database.write(erase_message, world.ours.account_id, media.message_id)
    assert (await world.get(f"/media/med_{media.id}")).status_code == 404
    assert (await follow(world, url)).status_code == 404


async def test_what_could_not_be_fetched_is_not_there(world: World) -> None:
    """vocatech.md 5.2, 5.4: neither listed nor found."""
    media = await attach(world, data=None)
    assert (await world.get(f"/media/med_{media.id}")).status_code == 404
    days = {"start_date": "2026-09-01", "end_date": "2026-09-30"}
    (row,) = (await world.get("/messages", params=days)).json()["messages"]
    assert row["attachments"] == []
