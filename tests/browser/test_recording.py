"""The main job in a real browser: prove an address, record, send, and see it arrive everywhere."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Locator, Page, expect
from standardwebhooks import Webhook

from browser_desk import MICROPHONE, Desk, on_session_loop
from receivers import Receiver
from screens import sign_in
from server_process import Server, process_environment
from waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.speech]

VISITOR = "visitor@example.org"
PATIENCE = 120.0
RECORDED_MS = 5_000


def mailed_code(server: Server) -> str | None:
    mails = server.log.split(f"mail to {VISITOR}:")
    found = re.search(r"\b(\d{6})\b", mails[-1]) if len(mails) > 1 else None
    return found and found[1]


async def prove_address(scope: Locator | Page, server: Server) -> None:
    """contracts/voicegram.md 9: the address is proved before recording."""
    await scope.get_by_test_id("email").fill(VISITOR)
    await scope.get_by_test_id("send-code").click()
    await expect(scope.get_by_test_id("code")).to_be_visible()
    await expect(scope.get_by_test_id("record")).to_have_count(0)
    await eventually(lambda: mailed_code(server) is not None, PATIENCE)
    await scope.get_by_test_id("code").fill(str(mailed_code(server)))
    await expect(scope.get_by_test_id("record")).to_be_visible()


async def record_and_send(page: Page, scope: Locator | Page) -> None:
    await scope.get_by_test_id("record").click()
    await expect(scope.get_by_test_id("stop")).to_be_visible()
    await expect(scope.get_by_test_id("clock")).to_contain_text(re.compile(r"0:0[5-9]"), timeout=60_000)
    await scope.get_by_test_id("stop").click()
    await expect(scope.get_by_test_id("play")).to_be_visible()
    await scope.get_by_test_id("send").click()
    await expect(scope.get_by_test_id("done")).to_be_visible(timeout=60_000)


async def arrived(server: Server) -> dict[str, Any]:
    """The newest voicegram of `GET /api/v1/voicegrams/recent`, once the owner was mailed of it."""
    await eventually(lambda: f"mail to {server.places['email']}: " in server.log, PATIENCE)
    newest: dict[str, Any] = (await server.api("GET", "/voicegrams/recent"))["voicegrams"][0]
    assert "sample" not in newest["event_id"]
    return newest


def verify(secret: str, receiver: Receiver) -> dict[str, Any]:
    """The stock library accepts the signature (contracts/voicegram.md 6)."""
    [request] = receiver.received
    key = base64.b64encode(secret.encode()).decode()
    headers = {name.lower(): value for name, value in request.headers.items()}
    Webhook(key).verify(request.body, headers)
    event: dict[str, Any] = json.loads(request.body)
    return event


async def test_the_hosted_page_to_a_verified_webhook_and_the_inbox(
    server: Server, receiver: Receiver, desk: Desk, speech_file: Path
) -> None:
    """contracts/voicegram.md 4.3, 5, 6 and 9, in one thread."""
    secret = await server.add_webhook(receiver.url())
    browser = await desk.browser(*MICROPHONE, f"--use-file-for-fake-audio-capture={speech_file}")
    watcher = await desk.page(browser)
    await sign_in(watcher, server.url, server.places["email"], server.places["password"])
    await watcher.goto(f"{server.url}/dashboard/voicegrams")
    await expect(watcher.get_by_role("heading", name="Voicegrams", level=1)).to_be_visible()
    row = watcher.get_by_test_id("table-row").filter(has_text=VISITOR)
    await expect(row).to_have_count(0)
    page = await desk.page(browser)
    await page.goto(server.places["record"])
    await prove_address(page, server)
    await record_and_send(page, page)

    voicegram = await arrived(server)
    await expect(row).to_contain_text("Call back")
    await eventually(lambda: len(receiver.received) == 1, PATIENCE)
    event = verify(secret, receiver)
    assert event["event_id"] == voicegram["event_id"]
    data = event["data"]
    assert data["sender"] == {"verification_method": "email", "email": VISITOR, "phone": None}
    assert data["channel"]["type"] == "campaign"
    assert data["channel"]["page_url"] is None
    assert "call me back" in data["transcript"]["text"]
    assert data["summary"]["callback_required"] is True
    assert data["duration_seconds"] >= RECORDED_MS / 1000
    status, _, headers = await server.call("HEAD", data["audio"]["url"].removeprefix(server.url))
    assert (status, headers["Content-Type"]) == (200, "audio/webm")

    owner = await desk.page(browser)
    await owner.goto(data["dashboard_url"])
    await owner.get_by_label("Email").fill(server.places["email"])
    await owner.locator("input[type=password]").fill(server.places["password"])
    await owner.keyboard.press("Enter")
    await expect(owner.get_by_role("heading", name=VISITOR)).to_be_visible()
    await expect(owner.get_by_text("pocketsphinx").first).to_be_visible()


async def test_a_second_message_needs_no_second_code(server: Server, desk: Desk, speech_file: Path) -> None:
    """contracts/voicegram.md 9: remembered per browser."""
    browser = await desk.browser(*MICROPHONE, f"--use-file-for-fake-audio-capture={speech_file}")
    page = await desk.page(browser)
    await page.goto(server.places["record"])
    await prove_address(page, server)
    await page.reload()
    await expect(page.get_by_test_id("record")).to_be_visible()
    await expect(page.get_by_text(VISITOR)).to_be_visible()


@on_session_loop
async def shop() -> AsyncIterator[str]:
    """A stranger's page on another origin; the channel is put in by the test through `?channel=`."""

    async def page(request: web.Request) -> web.Response:
        origin, channel = request.query["origin"], request.query["channel"]
        tag = f'<script src="{origin}/widget.js" data-channel="{channel}" async></script>'
        body = f"<!doctype html><title>A shop</title><h1>A shop</h1>{tag}"
        return web.Response(text=body, content_type="text/html")

    app = web.Application()
    app.router.add_get("/pricing", page)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://shop.localhost:{runner.addresses[0][1]}"
    await runner.cleanup()


async def create_domain(server: Server, host: str) -> str:
    """By the command line, beside the running server."""
    command = [sys.executable, "-m", "antiphon", "channel", "create", "--json"]
    options = ["--account", "demo", "--type", "domain", "--name", host]
    process = await asyncio.create_subprocess_exec(
        *command, *options, stdout=asyncio.subprocess.PIPE, env=process_environment(server.settings)
    )
    output, _ = await process.communicate()
    return str(json.loads(output)["id"])


async def test_the_widget_on_a_strangers_page(
    server: Server, receiver: Receiver, desk: Desk, speech_file: Path, shop: str
) -> None:
    """contracts/voicegram.md 9: runs on the channel's host; `page_url` is the embedding page, no fragment."""
    secret = await server.add_webhook(receiver.url())
    channel = await create_domain(server, "shop.localhost")
    browser = await desk.browser(*MICROPHONE, f"--use-file-for-fake-audio-capture={speech_file}")
    page = await desk.page(browser)
    address = f"{shop}/pricing?origin={server.url}&channel={channel}"
    await page.goto(f"{address}#plans")
    await page.get_by_test_id("launcher").click()
    await prove_address(page, server)
    await record_and_send(page, page)
    await eventually(lambda: len(receiver.received) == 1, PATIENCE)
    data = verify(secret, receiver)["data"]
    assert data["channel"] == {
        "type": "domain",
        "id": channel,
        "name": "shop.localhost",
        "page_url": address,
    }


async def test_the_widget_stays_away_from_other_hosts(server: Server, desk: Desk, shop: str) -> None:
    """contracts/voicegram.md 9: the server checks `Origin`."""
    channel = await create_domain(server, "elsewhere.example.com")
    page = await desk.page(await desk.browser())
    async with page.expect_event("requestfailed", lambda request: "/public/recording/" in request.url):
        await page.goto(f"{shop}/pricing?origin={server.url}&channel={channel}")
    await expect(page.get_by_test_id("launcher")).to_be_hidden()
    path = f"/api/public/recording/channels/{channel}"
    assert (await server.call("GET", path, headers={"Origin": shop}))[0] == 403


async def test_a_refused_microphone_leaves_the_file_upload(
    server: Server, desk: Desk, speech_file: Path
) -> None:
    """A sender without a microphone can still send a recording."""
    page = await desk.page(await desk.browser())
    await page.goto(server.places["record"])
    await prove_address(page, server)
    await page.get_by_test_id("record").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.get_by_test_id("upload-instead").click()
    await page.get_by_test_id("file").set_input_files(str(speech_file))
    await page.get_by_test_id("send").click()
    await expect(page.get_by_test_id("done")).to_be_visible(timeout=60_000)
    assert "call me back" in (await arrived(server))["data"]["transcript"]["text"]


async def test_a_recording_survives_a_lost_network(server: Server, desk: Desk, speech_file: Path) -> None:
    """The recording stays in the page and is sent as soon as there is a network again."""
    browser = await desk.browser(*MICROPHONE, f"--use-file-for-fake-audio-capture={speech_file}")
    page = await desk.page(browser)
    await page.goto(server.places["record"])
    await prove_address(page, server)
    await page.get_by_test_id("record").click()
    await expect(page.get_by_test_id("clock")).to_contain_text("0:03", timeout=60_000)
    await page.get_by_test_id("stop").click()
    await page.context.set_offline(True)
    await page.get_by_test_id("send").click()
    await expect(page.get_by_test_id("send-again")).to_be_visible()
    await page.context.set_offline(False)
    await expect(page.get_by_test_id("done")).to_be_visible(timeout=60_000)
    await arrived(server)


async def test_the_api_page_can_be_tried_with_a_token(server: Server, desk: Desk) -> None:
    """/docs/voicegram loads nothing from elsewhere and calls the server with the given token."""
    page = await desk.page(await desk.browser())
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    await page.goto(f"{server.url}/docs/voicegram")
    await page.get_by_role("button", name="Authorize").click()
    await page.locator(".auth-container input").fill(server.places["token"])
    await page.locator(".auth-btn-wrapper .authorize").click()
    await page.locator(".auth-btn-wrapper .btn-done").click()
    await page.locator("#operations-Account-me_api_v1_me_get .opblock-summary-control").click()
    await page.locator("#operations-Account-me_api_v1_me_get .execute").click()
    await expect(page.locator(".live-responses-table")).to_contain_text('"account_name": "Demo"')
    assert hosts == {server.url.split("/")[2]}
