"""Simulator, Channels, Contacts and Developers, walked through with real data on a real server."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from browser_desk import MICROPHONE, Desk, on_session_loop
from screens import sign_in
from server_process import Server
from waiting import eventually

pytestmark = pytest.mark.browser

PATIENCE_MS = 180_000
HOSTILE = "<img src=x onerror=\"document.title='taken'\"> javascript:alert(1) \u202eabc " + "W" * 300


async def signed_in(server: Server, desk: Desk, path: str, *flags: str) -> Page:
    page = await desk.page(await desk.browser(*flags))
    await sign_in(page, server.url, server.places["email"], server.places["password"])
    await page.goto(f"{server.url}/dashboard{path}")
    await page.locator("h1").wait_for()
    return page


def phone_text(phone: str) -> str:
    """As the dashboard writes it."""
    return f"+1 {phone[2:5]} {phone[5:8]} {phone[8:]}"


async def also(server: Server, page: Page, path: str) -> Page:
    """A second page of the same browser."""
    other = await page.context.new_page()
    await other.goto(f"{server.url}/dashboard{path}")
    await other.locator("h1").wait_for()
    return other


async def expect_harmless(page: Page) -> None:
    """The text is text: no element, no script, no page wider than its window."""
    await expect(page.locator("img[onerror], img[src=x]")).to_have_count(0)
    assert await page.title() != "taken"
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.speech
async def test_what_the_simulator_plays_arrives_everywhere(
    server: Server, desk: Desk, speech_file: Path
) -> None:
    """A call, a message and a voicegram, seen to come in by pages that were open before."""
    page = await signed_in(
        server, desk, "/simulator", *MICROPHONE, f"--use-file-for-fake-audio-capture={speech_file}"
    )
    calls, voicegrams = await also(server, page, "/calls"), await also(server, page, "/voicegrams")

    caller = phone_text(await page.get_by_test_id("outside-number").input_value())
    await page.get_by_test_id("place-call").click()
    call = page.get_by_test_id("arrived-call").filter(has_text=caller)
    await expect(call).to_contain_text("Answered", timeout=PATIENCE_MS)
    await expect(call).to_contain_text("heating", timeout=PATIENCE_MS)
    await expect(page.get_by_test_id("pending")).to_have_count(0)

    await page.get_by_text("Busy ··01").click()
    await expect(page.get_by_test_id("outside-number")).to_have_value(re.compile("01$"))
    await page.get_by_test_id("place-call").click()
    await expect(page.get_by_test_id("arrived-call").first).to_contain_text("Busy", timeout=PATIENCE_MS)

    await page.get_by_role("tab", name="Message").click()
    await page.get_by_test_id("message-body").fill(HOSTILE)
    await page.get_by_test_id("send-text").click()
    message = page.get_by_test_id("arrived-message").filter(has_text="<img src=x onerror=")
    await expect(message).to_have_count(1)
    await expect_harmless(page)

    await page.get_by_role("tab", name="Voicegram").click()
    await page.get_by_test_id("voicegram-text").fill("My heating is broken. Please call me back tomorrow.")
    await page.get_by_test_id("leave-voicegram").click()
    left = page.get_by_test_id("arrived-voicegram").filter(has_text="visitor@example.org")
    await expect(left).to_contain_text("Call back", timeout=PATIENCE_MS)
    await page.get_by_text("Your own voice").click()
    await page.get_by_test_id("start-recording").click()
    await expect(page.get_by_test_id("stop-recording")).to_contain_text("0:03", timeout=PATIENCE_MS)
    await page.get_by_test_id("stop-recording").click()
    await page.get_by_test_id("leave-voicegram").click()
    await expect(left).to_have_count(2, timeout=PATIENCE_MS)

    rows = voicegrams.get_by_test_id("table-row").filter(has_text="visitor@example.org")
    await expect(rows).to_have_count(2, timeout=PATIENCE_MS)
    await expect(calls.get_by_text(caller).first).to_be_visible(timeout=PATIENCE_MS)
    await message.get_by_role("link", name="Inbox").click()
    await expect(page).to_have_url(re.compile("/dashboard/inbox/"))
    await expect(page.get_by_text("<img src=x onerror=").first).to_be_visible()
    await expect_harmless(page)


async def test_the_network_reports_on_what_was_sent(server: Server, desk: Desk) -> None:
    """contracts/votel.md 11.5: the outbox shows what is handed over; its state is set there."""
    page = await signed_in(server, desk, "/simulator?play=message")
    await page.get_by_test_id("message-body").fill("A table for four?")
    await page.get_by_test_id("send-text").click()
    asked = page.get_by_test_id("arrived-message").filter(has_text="A table for four?")
    await expect(asked).to_have_count(1)
    await page.evaluate(
        """async () => {
            const { csrf_token } = await (await fetch('/api/session')).json();
            const { conversations } = await (await fetch('/api/conversations')).json();
            await fetch(`/api/conversations/${conversations[0].id}/messages`, {
                method: 'POST',
                headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf_token },
                body: JSON.stringify({ channel: 'sms', body: 'We have a table.' }),
            });
        }"""
    )
    sent = page.get_by_test_id("outbox-message").filter(has_text="We have a table.")
    await expect(sent).to_have_count(1)
    await expect(sent.get_by_role("button")).to_contain_text("Delivered", timeout=PATIENCE_MS)
    await sent.get_by_role("button").click()
    await page.get_by_role("menuitem", name="Read").click()
    await expect(sent.get_by_role("button")).to_contain_text("Read")
    await page.reload()
    await expect(sent.get_by_role("button")).to_contain_text("Read")


@on_session_loop
async def shop() -> AsyncIterator[tuple[str, list[str]]]:
    """A stranger's page on another origin, and the snippet it holds."""
    snippet: list[str] = []

    async def page(request: web.Request) -> web.Response:
        body = f"<!doctype html><title>A shop</title><h1>A shop</h1>{''.join(snippet)}"
        return web.Response(text=body, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://shop.localhost:{runner.addresses[0][1]}", snippet
    await runner.cleanup()


async def test_a_channel_is_made_installed_and_closed(
    server: Server, desk: Desk, shop: tuple[str, list[str]], speech_file: Path
) -> None:
    """contracts/voicegram.md 9: the live check notices the widget's first load; a paused page says so."""
    page = await signed_in(server, desk, "/channels?new=true")
    await page.get_by_text("Widget on a site").click()
    await page.get_by_test_id("channel-host").fill("shop.localhost")
    await page.get_by_test_id("create-channel").click()
    await expect(page.get_by_role("heading", name="shop.localhost")).to_be_visible()
    check = page.get_by_test_id("live-check")
    await expect(check).to_contain_text("Waiting for the first load")
    address, snippet = shop
    code = (await page.get_by_test_id("snippet").inner_text()).strip()
    snippet.append(code.replace(f"//{urlsplit(code.split(chr(34))[1]).netloc}", f"//127.0.0.1:{server.port}"))
    site = await page.context.new_page()
    await site.goto(address)
    await expect(site.get_by_test_id("launcher")).to_be_visible()
    await expect(check).to_contain_text("It runs: seen")

    await page.goto(f"{server.url}/dashboard/channels?new=true")
    await page.get_by_test_id("channel-name").fill("Autumn survey")
    await page.get_by_test_id("create-channel").click()
    await expect(page.get_by_test_id("qr-code")).to_be_visible()
    async with page.expect_download() as drawn:
        await page.get_by_test_id("qr-svg").click()
    assert (await (await drawn.value).path()).read_text().startswith("<svg")
    async with page.expect_download() as painted:
        await page.get_by_test_id("qr-png").click()
    assert (await (await painted.value).path()).read_bytes().startswith(b"\x89PNG")
    await page.get_by_test_id("greeting").fill(HOSTILE)
    await page.get_by_test_id("save-channel").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    hosted = await page.context.new_page()
    await hosted.goto((await page.get_by_test_id("public-url").inner_text()).strip())
    await expect(hosted.get_by_text("<img src=x onerror=").first).to_be_visible()
    await expect_harmless(hosted)

    toggle = page.get_by_role("switch", name="Autumn survey takes messages")
    await toggle.click(force=True)
    await expect(page.get_by_text("Paused", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Type “Autumn survey” to go on").fill("Autumn survey")
    await dialog.get_by_role("button", name="Close for good").click()
    await expect(page).to_have_url(re.compile("/dashboard/channels$"))
    await expect(page.get_by_text("Autumn survey", exact=True)).to_have_count(0)


async def test_a_contact_is_made_edited_and_deleted(server: Server, desk: Desk) -> None:
    """Fields change where they stand; doubles are warned of; the list finds, tags and exports."""
    page = await signed_in(server, desk, "/contacts?new=true")
    form = page.get_by_role("dialog")
    await form.get_by_label("First name").fill("Ada")
    await form.get_by_label("Phone").fill("123")
    await page.get_by_test_id("create-contact").click()
    await expect(page.get_by_role("dialog")).to_contain_text(re.compile("phone", re.IGNORECASE))
    await form.get_by_label("Phone").fill("+12025550143")
    await page.get_by_test_id("create-contact").click()
    await expect(page.get_by_role("heading", name="Ada", level=1)).to_be_visible()

    details = page.get_by_test_id("contact-details")
    await details.get_by_role("button", name="Change company: Add").click()
    await details.get_by_label("Company", exact=True).fill(HOSTILE[:190])
    await page.keyboard.press("Enter")
    await expect(details.get_by_text("<img src=x onerror=")).to_be_visible()
    await details.get_by_role("button", name="Change email: Add").click()
    await details.get_by_label("Email", exact=True).fill("not an address")
    await page.keyboard.press("Enter")
    await expect(details.get_by_role("button", name="Save email")).to_be_visible()
    await details.get_by_label("Email", exact=True).fill("ada@example.org")
    await page.keyboard.press("Enter")
    await expect(details.get_by_text("ada@example.org")).to_be_visible()
    await page.get_by_test_id("notes").get_by_label("A new note").fill("Likes tea.\n<b>not bold</b>")
    await page.get_by_test_id("add-note").click()
    await expect(page.get_by_test_id("notes").get_by_text("<b>not bold</b>")).to_be_visible()
    await expect(page.get_by_test_id("timeline")).to_contain_text("Likes tea.")
    await expect_harmless(page)

    other = await also(server, page, "/contacts")
    await other.get_by_test_id("search").fill("ada@example")
    await expect(other.get_by_test_id("table-row")).to_have_count(1)
    await other.get_by_role("checkbox", name="Ada").check()
    await other.get_by_role("combobox", name="Tags to add").fill("vip")
    await other.keyboard.press("Enter")
    await other.get_by_role("button", name="Add tags").click()
    await expect(other.get_by_test_id("table-row")).to_contain_text("vip")
    await expect(page.get_by_text("vip").first).to_be_visible()
    async with other.expect_download() as table:
        await other.get_by_role("button", name="Export").click()
    assert "ada@example.org" in (await (await table.value).path()).read_text()

    await page.get_by_role("button", name="Delete", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page).to_have_url(re.compile("/dashboard/contacts$"))
    await expect(other.get_by_text("Nobody matches")).to_be_visible()


async def test_a_key_made_in_place_works(server: Server, desk: Desk) -> None:
    """What is copied runs in a shell; the key reads and no more; events are told as they happen."""
    page = await signed_in(server, desk, "/developers/votel")
    await page.get_by_test_id("make-key").click()
    key = (await page.get_by_test_id("made-key").inner_text()).strip()
    await page.get_by_test_id("try").first.click()
    await expect(page.get_by_test_id("answer")).to_contain_text("The server answered 200")
    if shutil.which("curl"):
        code = await page.get_by_test_id("code").first.inner_text()
        command = shlex.split(code.replace("\\\n", " "))
        assert command[0] == "curl"
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
        assert json.loads(answer.stdout)["key"]["name"] == "First calls"
    async with aiohttp.ClientSession() as client:
        refused = await client.post(f"{server.url}/api/leads", json={}, headers={"X-API-Key": key})
        assert refused.status == 403

    await page.goto(f"{server.url}/dashboard/developers")
    await expect(page.get_by_test_id("contract")).to_have_count(4)
    other = await also(server, page, "/contacts?new=true")
    await other.get_by_label("First name").fill(HOSTILE[:60])
    await other.get_by_test_id("create-contact").click()
    event = page.locator("[data-testid=tail-event][data-type='lead.created']")
    await expect(event).to_have_count(1)
    await event.get_by_role("button").first.click()
    await expect(event.locator("pre")).to_contain_text("onerror")
    await expect_harmless(page)
    await page.get_by_test_id("tail-pause").click()
    await other.get_by_test_id("notes").get_by_label("A new note").fill("Hello")
    await other.get_by_test_id("add-note").click()
    await expect(page.get_by_test_id("tail")).to_contain_text("waiting")
    noted = page.locator("[data-testid=tail-event][data-type='lead.note_added']")
    await expect(noted).to_have_count(0)
    await page.get_by_test_id("tail-pause").click()
    await expect(noted).to_have_count(1)


async def test_a_viewer_sees_and_cannot_change(server: Server, desk: Desk) -> None:
    """contracts/votel.md 17: no controls where the role may only read; the simulator is not offered."""
    owner = await signed_in(server, desk, "/contacts")
    link = await owner.evaluate(
        """async () => {
            const { csrf_token } = await (await fetch('/api/session')).json();
            const answer = await fetch('/api/invitations', {
                method: 'POST',
                headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf_token },
                body: JSON.stringify({ email: 'viewer@example.com', name: 'Viewer', role: 'viewer' }),
            });
            return answer.status;
        }"""
    )
    assert link == 201
    await eventually(lambda: "mail to viewer@example.com:" in server.log, 120.0)
    mailed = re.findall(
        r"http\S+/accept\?token=[\w.~-]+", server.log.split("mail to viewer@example.com:")[-1]
    )
    page = await desk.page(await desk.browser())
    token = urlsplit(mailed[0]).query.removeprefix("token=")
    accepted = {"token": token, "password": "a long enough password"}
    answer = await page.request.post(f"{server.url}/api/session/accept", data=accepted)
    assert answer.ok, await answer.text()
    await page.goto(f"{server.url}/dashboard/contacts")
    await expect(page.get_by_role("heading", name="Contacts", level=1)).to_be_visible()
    await expect(page.get_by_test_id("add-contact")).to_have_count(0)
    await page.goto(f"{server.url}/dashboard/simulator")
    await expect(page.get_by_text("The simulator is off")).to_be_visible()
    await page.goto(f"{server.url}/dashboard/channels")
    await expect(page.get_by_test_id("channel-card").first).to_be_visible()
    await expect(page.get_by_test_id("new-channel")).to_have_count(0)
