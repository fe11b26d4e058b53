"""The inbox in a real browser: what strangers write arrives live, is answered, and is not lost on the way."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from browser_desk import Desk
from screens import sign_in
from server_process import Server
from waiting import eventually

pytestmark = pytest.mark.browser

OWN_NUMBER = "+15550100100"
STRANGER = "+13125550190"
UNREACHABLE = "+13125550104"
HOSTILE = (
    '<img src=x onerror="window.isHurt = true"> javascript:alert(1) [a](javascript:alert(1)) \u202edrowssap '
    + "W" * 300
    + " https://example.org/ok?a=1&b=<script>window.isHurt=true</script>"
)
HOSTILE_NAME = '<b onmouseover="window.isHurt = true">Zoe</b> \u202eeoZ'
PATIENCE_MS = 60_000


@pytest.fixture
def server(used_server: Server) -> Server:
    return used_server


async def open_inbox(server: Server, desk: Desk, **look: Any) -> Page:
    page = await desk.page(await desk.browser(), **look)
    await sign_in(page, server.url, server.places["email"], server.places["password"])
    await page.goto(f"{server.url}/dashboard/inbox")
    await expect(page.get_by_test_id("conversation").first).to_be_visible(timeout=PATIENCE_MS)
    return page


async def call(page: Page, server: Server, method: str, path: str, data: object = None) -> Any:
    """As the page's own person."""
    session = await (await page.request.get(f"{server.url}/api/session")).json()
    answer = await page.request.fetch(
        f"{server.url}/api{path}", method=method, data=data, headers={"X-CSRF-Token": session["csrf_token"]}
    )
    assert answer.ok, await answer.text()
    return await answer.json()


async def write(page: Page, server: Server, body: str, *, sender: str = STRANGER, **more: str) -> Any:
    """Somebody outside writes to the account's number."""
    data = {"from": sender, "to": OWN_NUMBER, "body": body, **more}
    return await call(page, server, "POST", "/simulator/messages", data)


def row(page: Page, text: str) -> Locator:
    return page.get_by_test_id("conversation").filter(has_text=text)


def message(page: Page, text: str) -> Locator:
    return page.get_by_test_id("message").filter(has_text=text)


async def reply(page: Page, text: str) -> None:
    await page.get_by_test_id("reply").fill(text)
    await page.get_by_test_id("send").click()


async def test_a_message_arrives_live_and_is_answered(server: Server, desk: Desk) -> None:
    """Live arrival, answering, delivery, failure and retry, notes, marks by key, hostile texts."""
    page = await open_inbox(server, desk, viewport={"width": 1440, "height": 900})
    await write(page, server, HOSTILE, name=HOSTILE_NAME)
    newest = page.get_by_test_id("conversation").first
    await expect(newest).to_contain_text("<img src=x", timeout=PATIENCE_MS)
    await expect(newest).to_contain_text("<b onmouseover")
    await expect(newest).to_contain_text("1 unread")
    await newest.click()
    await expect(message(page, "<img src=x")).to_be_visible()
    links = message(page, "<img src=x").get_by_role("link")
    await expect(links).to_have_count(1)
    assert await links.get_attribute("href") == "https://example.org/ok?a=1&b="
    await expect(newest).not_to_contain_text("unread")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    await page.keyboard.press("r")
    await expect(page.get_by_test_id("reply")).to_be_focused()
    await page.keyboard.type("see you soon: Ж")
    await expect(page.get_by_test_id("sms-size")).to_contain_text("1 part, 55 left")
    await page.keyboard.press("Control+Enter")
    answer = message(page, "see you soon")
    await expect(answer).to_have_attribute("data-status", "delivered", timeout=PATIENCE_MS)
    await expect(page.get_by_test_id("reply")).to_have_value("")

    await page.get_by_text("Note", exact=True).click()
    await reply(page, "Wants to be called before noon.")
    note = page.locator('[data-testid=message][data-channel="note"]')
    await expect(note).to_contain_text("only your team sees this")

    for key, name in (("s", "Starred"), ("a", None)):
        await page.locator("#content").focus()
        await page.keyboard.press(key)
        if name:
            await expect(newest.get_by_label(name)).to_be_visible()
    await page.get_by_role("menuitem", name="Me", exact=True).click()
    await expect(page.get_by_test_id("assign")).to_have_text("You")
    await expect(page.get_by_role("menu")).to_have_count(0)
    await page.locator("#content").focus()
    await page.keyboard.press("e")
    await expect(row(page, "<b onmouseover")).to_have_count(0)
    await page.get_by_role("button", name="Undo").click()
    await expect(row(page, "<b onmouseover")).to_have_count(1)

    await write(page, server, "Nobody reaches me", sender=UNREACHABLE, name="Example: far away")
    await row(page, "far away").click()
    await reply(page, "can you hear us?")
    failed = page.locator('[data-testid=message][data-status="failed"]')
    await expect(failed).to_contain_text("could not be reached", timeout=PATIENCE_MS)
    await failed.get_by_test_id("retry").click()
    await expect(message(page, "can you hear us?")).to_have_count(2)
    assert await page.evaluate("window.isHurt === undefined")


async def test_filters_stand_in_the_address(server: Server, desk: Desk) -> None:
    """Search, marks and whose; a reload shows the same; keys walk through the list."""
    page = await open_inbox(server, desk, viewport={"width": 1440, "height": 900})
    await page.evaluate("window.isSamePage = true")
    await page.keyboard.press("j")
    await expect(page.get_by_test_id("thread")).to_be_visible()
    first = page.url
    await page.keyboard.press("j")
    await expect(page).not_to_have_url(first)
    await page.keyboard.press("k")
    await expect(page).to_have_url(first)
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_contain_text("Mark unread")
    await page.keyboard.press("j")
    await page.keyboard.press("Escape")
    await expect(page.locator("[role=dialog]")).to_have_count(0)
    await expect(page).to_have_url(first)
    await page.keyboard.press("Escape")
    await expect(page.get_by_text("Choose a conversation")).to_be_visible()

    await page.get_by_test_id("conversation").nth(0).focus()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_test_id("conversation").nth(1)).to_be_focused()
    await page.get_by_text("Mine", exact=True).click()
    await expect(page.get_by_text("Nothing matches")).to_be_visible()
    await expect(page).to_have_url(f"{server.url}/dashboard/inbox?view=mine")
    await page.get_by_role("button", name="Show all").click()
    await page.get_by_test_id("more-filters").click()
    await page.get_by_role("button", name="WhatsApp").click()
    await page.keyboard.press("Escape")
    await expect(page.get_by_text("found")).to_be_visible()
    shown = await page.get_by_test_id("conversation").count()
    await page.reload()
    await expect(page.get_by_test_id("conversation")).to_have_count(shown)
    await page.get_by_role("button", name="Remove the filter WhatsApp").click()
    await expect(page).to_have_url(f"{server.url}/dashboard/inbox")


async def test_a_restart_loses_nothing_that_was_typed(server: Server, desk: Desk) -> None:
    """A draft stays, per conversation; what was sent into the silence goes out once, even over a reload."""
    page = await open_inbox(server, desk, viewport={"width": 1440, "height": 900})
    await write(page, server, "Is anybody there?", name="Example: waiting")
    await row(page, "Example: waiting").click()
    field = page.get_by_test_id("reply")
    await field.fill("sent while you were away")
    await server.stop()
    await page.get_by_test_id("send").click()
    await expect(message(page, "sent while you were away")).to_have_attribute("data-status", "queued")
    await field.fill("half a thou")
    await expect(page.get_by_test_id("connection-banner")).to_be_visible()
    await server.start()
    await expect(message(page, "sent while you were away")).to_have_attribute(
        "data-status", "delivered", timeout=PATIENCE_MS
    )
    await expect(field).to_have_value("half a thou")
    await page.reload()
    await expect(message(page, "sent while you were away")).to_have_count(1)
    await expect(field).to_have_value("half a thou")
    await page.get_by_test_id("conversation").nth(1).click()
    await expect(page.get_by_test_id("reply")).to_have_value("")


async def test_on_a_phone_one_panel_at_a_time(server: Server, desk: Desk) -> None:
    """List, thread and back at 360 px; the sound of a voice message is played; a new conversation begins."""
    page = await open_inbox(server, desk, viewport={"width": 360, "height": 740})
    await page.goto(f"{server.url}/dashboard/inbox?channel=voicegram")
    await row(page, "office@example.com").click()
    await expect(page.get_by_test_id("conversation")).to_have_count(0)
    await page.locator('[data-channel="voicegram"]').get_by_test_id("play").first.click()
    await eventually(
        lambda: page.evaluate("document.querySelector('audio')?.currentTime > 0"), PATIENCE_MS / 1000
    )
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    await page.get_by_role("link", name="Back to the list").click()
    await expect(page.get_by_test_id("conversation").first).to_be_visible()

    await page.get_by_test_id("new-conversation").click()
    await page.get_by_test_id("new-to").fill("+1 312 555 0191")
    await page.get_by_test_id("new-text").fill("Hello from us")
    await page.get_by_test_id("new-start").click()
    await expect(message(page, "Hello from us")).to_have_attribute(
        "data-status", "delivered", timeout=PATIENCE_MS
    )
    await expect(page.get_by_test_id("partner")).to_have_text("+1 312 555 0191")
