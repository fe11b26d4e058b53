"""Uploaded files and what is attached (contracts/votel.md 0.7, 1.2)."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon.core.media_types import media_type_of
from antiphon.domain.accounts.records import Role
from inbox_world import inbox, receive
from votel_world import ORIGIN, OpenWorld, World, add_key, add_user, fault

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.fixture
async def world(open_world: OpenWorld) -> World:
    return await inbox(open_world)


async def upload(world: World, data: bytes = PNG, name: str = "a.png", **options: Any) -> Any:
    return await world.post("/storage/attachment", files={"file": (name, data, "text/html")}, **options)


async def test_a_file_is_stored_sent_and_read(world: World) -> None:
    """votel.md 0.7, 1.2: an MMS with what was uploaded; its bytes behind the key."""
    made = (await upload(world, name="../../etc/Price list.png")).json()
    assert (made["name"], made["content_type"], made["size"]) == ("Price list.png", "image/png", len(PNG))
    message = await receive(world, "hello")
    sent = await world.post(
        f"/conversations/{message.conversation_id}/messages",
        json={"channel": "sms", "attachments": [made["id"]]},
    )
    assert sent.status_code == 201, sent.text
    [attached] = sent.json()["attachments"]
    assert (attached["name"], attached["size"]) == ("Price list.png", len(PNG))
    for url in (made["url"], attached["url"]):
        path = url.partition("/api")[2]
        answer = await world.get(path)
        assert (answer.content, answer.headers["content-type"]) == (PNG, "image/png")
        assert answer.headers["content-disposition"].startswith("inline")
        part = await world.get(path, headers={"Range": "bytes=0-7"})
        assert (part.status_code, part.content) == (206, PNG[:8])
        assert (await world.get(path, tenant=world.theirs)).status_code == 404
        assert (await world.client.get(url)).status_code == 401
    assert (await world.request("DELETE", f"/storage/files/{made['id']}")).status_code == 204
    assert (await world.get(f"/storage/files/{made['id']}")).status_code == 404
    kept = (await world.get(f"/messages/{sent.json()['id']}")).json()["attachments"]
    assert kept[0]["name"] == "Price list.png"


async def test_pages_are_downloads(world: World) -> None:
    """votel.md 0.7: HTML and SVG only as download, whatever their name says."""
    for data, kind in (
        (b"<html><script>alert(1)</script>", "text/html"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
    ):
        made = (await upload(world, data, "harmless.png")).json()
        assert made["content_type"] == kind
        answer = await world.get(f"/storage/files/{made['id']}")
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["content-security-policy"].startswith("sandbox")


async def test_bad_uploads(world: World) -> None:
    """votel.md 0.7: multipart with a part `file` of 1 byte to 25 MiB."""
    assert fault(await upload(world, b""))["field"] == "file"
    assert fault(await upload(world, bytes(25 * 2**20 + 1)))["code"] == "too_large"
    nothing = await world.post("/storage/attachment", files={"other": ("a", b"x", "text/plain")})
    assert fault(nothing)["field"] == "file"
    assert (await world.post("/storage/attachment", json={})).status_code == 400
    assert list((world.services.settings.data_dir / "incoming").glob("*")) == []


async def test_public_images(world: World) -> None:
    """votel.md 0.7: an address that needs no key, of the published form, for images alone."""

    async def post(data: bytes, **options: Any) -> Any:
        return await world.post("/upload/image", files={"file": ("a.svg", data, "text/html")}, **options)

    made = await post(PNG)
    assert (made.status_code, set(made.json())) == (201, {"url"})
    url = made.json()["url"]
    file_id = url.rpartition("/")[2].removesuffix(".png")
    assert url == f"{ORIGIN}/api/upload/{world.ours.account.id}/image/{file_id}.png"
    seen = await world.client.get(url)
    assert (seen.status_code, seen.content, seen.headers["content-type"]) == (200, PNG, "image/png")
    assert seen.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert seen.headers["x-content-type-options"] == "nosniff"
    for other in (
        url.replace(".png", ".jpg"),
        url.replace(".png", ""),
        url.replace(world.ours.account.id, world.theirs.account.id),
        url.replace(file_id, "a"),
    ):
        assert (await world.client.get(other)).status_code == 404, other
    private = (await upload(world)).json()["id"]
    assert (await world.client.get(url.replace(file_id, private))).status_code == 404
    assert fault(await post(b"<svg xmlns='http://www.w3.org/2000/svg'/>"))["field"] == "file"
    assert fault(await post(PNG + bytes(5 * 2**20)))["code"] == "too_large"
    viewer = await add_user(world, Role.VIEWER, "viewer@example.com")
    _, key = await add_key(world, user_id=viewer)
    assert (await post(PNG, headers={"X-API-Key": key})).status_code == 403
    assert (await world.request("DELETE", f"/storage/files/{file_id}")).status_code == 204
    assert (await world.client.get(url)).status_code == 404


async def test_whose_files(world: World) -> None:
    """votel.md 17: members upload; one's own or an admin's to delete."""
    made = (await upload(world)).json()
    viewer = await add_user(world, Role.VIEWER, "viewer@example.com")
    member = await add_user(world, Role.MEMBER, "member@example.com")
    keys = {
        name: (await add_key(world, user_id=user))[1]
        for name, user in (("viewer", viewer), ("member", member))
    }
    assert (await upload(world, headers={"X-API-Key": keys["viewer"]})).status_code == 403
    path = f"/storage/files/{made['id']}"
    assert (await world.get(path, headers={"X-API-Key": keys["viewer"]})).status_code == 200
    refused = await world.request("DELETE", path, headers={"X-API-Key": keys["member"]})
    assert refused.status_code == 403
    assert (await world.request("DELETE", path, tenant=world.theirs)).status_code == 404


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8", "image/webp"),
        (b"\0\0\0\x18ftypisom", "video/mp4"),
        (b"%PDF-1.7", "application/pdf"),
        ("Grüße".encode(), "text/plain"),
        (b"\x00\x01\x02", "application/octet-stream"),
        (b"\xff\xfeabc", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_types_are_told_from_bytes(head: bytes, kind: str) -> None:
    """votel.md 0.7."""
    assert media_type_of(head) == kind
