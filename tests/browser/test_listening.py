"""What comes in by voice, in a real browser: a call and its summary, a voicegram and its ways on."""

from __future__ import annotations

import re
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from browser_desk import Desk
from receivers import Receiver
from screens import sign_in
from server_process import Server

pytestmark = [pytest.mark.browser, pytest.mark.speech]

PATIENCE_MS = 180_000
CALLER = "+13125550199"
HOSTILE = "<img src=x onerror=alert(1)> javascript:alert(2) " + "w" * 200 + " \u202eevil\u202c 🙂"
SPOKEN = "My heating is broken. Please call me back tomorrow."


async def ask(page: Page, server: Server, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """One request of the signed-in person."""
    session = await (await page.request.get(f"{server.url}/api/session")).json()
    answer = await page.request.fetch(
        f"{server.url}/api{path}",
        method=method,
        headers={"X-CSRF-Token": session["csrf_token"]},
        **({} if body is None else {"data": body}),
    )
    assert answer.ok, await answer.text()
    return await answer.json()


async def test_a_call_and_a_voicegram(server: Server, receiver: Receiver, desk: Desk) -> None:
    """contracts/votel.md 5.6, 6 and 18: both arrive live; heard, read, changed, sent and worked on again."""
    receiver.answer = lambda _: web.Response(status=503)
    await server.add_webhook(receiver.url())
    browser = await desk.browser("--autoplay-policy=no-user-gesture-required")
    page = await desk.page(browser, viewport={"width": 1440, "height": 1000})
    page.on("dialog", lambda dialog: desk.problems.append(f"a dialog: {dialog.message}"))
    await sign_in(page, server.url, server.places["email"], server.places["password"])

    # A call is placed and stands in the list without a reload.
    await page.goto(f"{server.url}/dashboard/calls?phone={CALLER.removeprefix('+')}")
    await expect(page.get_by_text("Nothing matches")).to_be_visible()
    turns = [
        {"speaker": "caller", "text": "Hello, my heating is broken."},
        {"speaker": "agent", "text": f"I am sorry. {HOSTILE}"},
        {"speaker": "caller", "text": "Please call me back tomorrow on 202-555-0143."},
    ]
    number = server.places["number"]
    await ask(page, server, "POST", "/simulator/calls", {"from": CALLER, "to": number, "turns": turns})
    row = page.get_by_test_id("table-row")
    await expect(row).to_have_count(1, timeout=PATIENCE_MS)
    await row.click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("+1 312 555 0199")
    await expect(page.get_by_test_id("turn")).not_to_have_count(0, timeout=PATIENCE_MS)
    await expect(page.get_by_test_id("summary")).to_contain_text("heating", timeout=PATIENCE_MS)
    await expect(page.get_by_test_id("action-items")).to_be_visible()
    await expect(page.get_by_test_id("mentioned")).to_contain_text("+1 202 555 0143")
    await expect(page.get_by_test_id("facts")).to_contain_text("Incoming")

    # What came of it is kept, hostile or not, and the list finds it.
    disposition = page.get_by_test_id("outcome").get_by_label("Disposition").first
    await disposition.fill(HOSTILE[:90])
    await disposition.press("Enter")
    await page.get_by_role("textbox", name="Notes").fill(HOSTILE)
    await page.get_by_test_id("notes").get_by_role("button", name="Save").click()
    await expect(page.get_by_test_id("notes").get_by_role("button", name="Save")).to_have_count(0)
    await page.reload()
    await expect(page.get_by_role("textbox", name="Notes")).to_have_value(HOSTILE)
    await expect(disposition).to_have_value(re.compile("<img src=x"))
    await expect(page.locator("img[src=x]")).to_have_count(0)
    await page.get_by_role("link", name="Calls", exact=True).first.click()
    await page.get_by_role("button", name="Direction").click()
    await page.get_by_role("option", name="Outgoing").click()
    await expect(page.get_by_text("Nothing matches")).to_be_visible()
    await expect(page).to_have_url(re.compile("direction=outbound"))

    # A voicegram is left, and waits on the home page.
    channel = (await ask(page, server, "GET", "/recording-channels"))["recording_channels"][0]["id"]
    await page.goto(f"{server.url}/dashboard/home")
    spoken = {"channel_id": channel, "email": "ada@example.org", "text": SPOKEN}
    await ask(page, server, "POST", "/simulator/voicegrams", spoken)
    waiting = page.get_by_test_id("waiting").filter(has_text="ada@example.org")
    await expect(waiting.first).to_be_visible(timeout=PATIENCE_MS)
    await waiting.first.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("ada@example.org")

    # Pressing a word plays from there; the transcript follows what is heard.
    words = page.get_by_test_id("word")
    await expect(words.first).to_be_visible(timeout=PATIENCE_MS)
    await expect(page.get_by_test_id("play")).to_be_enabled()
    await words.last.click()
    await expect(page.get_by_test_id("position")).not_to_have_text(re.compile(r"^0:00 "))
    await page.get_by_role("slider", name="Playback position").press("Home")
    await expect(page.get_by_test_id("position")).to_have_text(re.compile(r"^0:00 "))
    await page.get_by_role("button", name="Play", exact=True).click()
    await expect(page.locator("[data-testid=word][data-now]")).to_have_count(1)
    await expect(page.get_by_test_id("summary-badges")).to_contain_text("Call back")
    await expect(page.get_by_test_id("action-items")).to_be_visible()
    await expect(page.get_by_test_id("engine")).to_have_text("pocketsphinx")

    # Tags, notes, a link that is shown once and taken back.
    await page.get_by_test_id("tags-input").fill("boiler")
    await page.get_by_test_id("tags-input").press("Enter")
    await page.get_by_role("button", name="New link").click()
    await page.get_by_label("For whom").fill("Colleague <b>")
    await page.get_by_role("button", name="Create the link").click()
    url = await page.get_by_test_id("secret").inner_text()
    assert (await page.request.get(url)).status == 200
    await page.get_by_role("button", name="I have copied it").click()
    await page.get_by_role("button", name="Revoke the link of Colleague").click()
    await page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    await expect(page.get_by_test_id("link").filter(has_text="Colleague")).to_contain_text("Over")
    assert (await page.request.get(url)).status == 403

    # The receiver had refused; now it takes the same event.
    await expect(page.get_by_test_id("deliveries")).to_contain_text("503", timeout=PATIENCE_MS)
    receiver.answer = lambda _: web.Response(text="ok")
    await page.get_by_test_id("resend").click()
    await expect(page.get_by_test_id("deliveries")).to_contain_text("Delivered 200", timeout=PATIENCE_MS)
    assert len({request.event_id for request in receiver.received}) == 1

    # The event as it was sent, and the work done again.
    await page.get_by_test_id("event").get_by_role("button", name="Show").click()
    await expect(page.get_by_test_id("event").locator("pre")).to_contain_text("voicegram.completed")
    await page.get_by_test_id("actions").click()
    await page.get_by_role("menuitem", name="Summarise again").click()
    await expect(page.get_by_text("The message is being processed again.")).to_be_visible()
    await page.reload()
    await expect(page.get_by_test_id("tags")).to_contain_text("boiler")
    await expect(page.get_by_test_id("summary")).not_to_contain_text("Follows after", timeout=PATIENCE_MS)
