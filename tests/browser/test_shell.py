"""What the frame of the dashboard does when the session or the server goes away under an open page."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from antiphon.web.preloads import ROWS, SIGNED_IN
from browser_desk import Desk
from screens import sign_in
from server_process import Server

pytestmark = pytest.mark.browser


@pytest.fixture
def server(used_server: Server) -> Server:
    return used_server


async def open_list(server: Server, desk: Desk) -> Page:
    page = await desk.page(await desk.browser())
    await sign_in(page, server.url, server.places["email"], server.places["password"])
    await page.goto(f"{server.url}/dashboard/voicegrams")
    await expect(page.get_by_test_id("table-row").first).to_be_visible()
    return page


@pytest.mark.parametrize("screen", ROWS)
async def test_a_screen_asks_early_and_once(server: Server, desk: Desk, screen: str) -> None:
    """What the page asks while its code loads is what the screen shows: nothing is asked again."""
    page = await desk.page(await desk.browser())
    await sign_in(page, server.url, server.places["email"], server.places["password"])
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(server.url)))
    await page.goto(f"{server.url}/dashboard/{screen}")
    await expect(page.locator("h1")).to_be_visible()
    await expect(page.locator("main [aria-label=Loading], .splash")).to_have_count(0)
    early = [*SIGNED_IN, ROWS[screen]]
    assert {question: asked.count(question) for question in early} == dict.fromkeys(early, 1)
    questions = [url for url in asked if url.startswith("/api/")]
    assert set(questions[: len(early)]) == set(early)


async def test_an_ended_session_is_renewed_over_the_page(server: Server, desk: Desk) -> None:
    """What was typed is still there after signing in again, and the page shows its answer."""
    page = await open_list(server, desk)
    await page.context.clear_cookies()
    await page.get_by_test_id("search").fill("invoice")
    await expect(page.get_by_role("dialog")).to_contain_text("Your session has ended")
    await page.get_by_test_id("sign-in-password").fill(server.places["password"])
    await page.get_by_test_id("sign-in").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.get_by_test_id("search")).to_have_value("invoice")
    await expect(page.get_by_test_id("table-row")).to_have_count(1)
    await expect(page.get_by_test_id("table-row")).to_contain_text("billing@example.com")


async def test_a_server_that_restarts_is_waited_for(server: Server, desk: Desk) -> None:
    """The page says so, asks by itself, and is up to date afterwards without being loaded again."""
    page = await open_list(server, desk)
    await page.evaluate("window.isSamePage = true")
    await server.stop()
    await page.get_by_test_id("search").fill("boiler")
    await expect(page.get_by_test_id("connection-banner")).to_contain_text("The server does not answer")
    await server.start()
    await expect(page.get_by_text("Connected again")).to_be_visible()
    await expect(page.get_by_test_id("table-row")).to_have_count(2)
    assert await page.evaluate("window.isSamePage") is True


async def test_the_keyboard_reaches_everything(server: Server, desk: Desk) -> None:
    """Skip link, rows by arrow keys and Enter, focus on the content after a navigation."""
    page = await open_list(server, desk)
    await page.reload()
    await expect(page.get_by_test_id("table-row").first).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await page.get_by_test_id("table-row").nth(0).focus()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_test_id("table-row").nth(1)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("transcript")).to_be_visible()
    await expect(page.locator("#content")).to_be_focused()
    await expect(page).to_have_title("office@example.com · Antiphon")
