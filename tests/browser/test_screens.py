"""Every screen of the table in tests/screens.py, with axe-core and the browser's own complaints."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from browser_desk import Desk
from screens import SCREENS, newest_ids, show, sign_in
from server_process import Server

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
# With preloading, axe makes style elements that the page's policy refuses.
RUN_AXE = """async () => (await axe.run(document, {resultTypes: ["violations"], preload: false})).violations
    .filter(({impact}) => impact === "serious" || impact === "critical")
    .map(({id, nodes}) => `${id}: ${nodes.map(({target}) => target.join(" ")).slice(0, 3).join(" | ")}`)"""
LOOKS: list[dict[str, Any]] = [
    {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    {"viewport": {"width": 360, "height": 780}, "color_scheme": "dark"},
]


@pytest.fixture
def server(used_server: Server) -> Server:
    return used_server


async def faults_of(page: Page) -> list[str]:
    await page.evaluate(AXE.read_text())
    found: list[str] = await page.evaluate(RUN_AXE)
    width = page.viewport_size["width"] if page.viewport_size else 0
    if await page.evaluate("document.documentElement.scrollWidth") > width:
        found.append("scrolls sideways")
    if not await page.title():
        found.append("has no title")
    return found


async def walk(page: Page, server: Server, is_signed_in: bool) -> list[str]:
    """Every screen of one kind on one page; what is wrong with them."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    faults: list[str] = []
    ids: dict[str, str] = {}
    if is_signed_in:
        await sign_in(page, server.url, server.places["email"], server.places["password"])
        ids = await newest_ids(page, server.url)
    for screen in SCREENS:
        if screen.is_signed_in is not is_signed_in:
            continue
        said.clear()
        try:
            found = await faults_of(page) if await show(page, server.url, screen, ids) else []
        except (PlaywrightError, AssertionError) as error:
            found = [str(error).splitlines()[0]]
        found += [text for text in said if "Content Security Policy" in text]
        faults += [f"{screen.name}: {fault}" for fault in found]
        await page.context.set_offline(False)
    return faults


async def test_every_screen_in_each_look(server: Server, desk: Desk) -> None:
    """axe finds nothing serious, the page's own policy refuses nothing, nothing is wider than the screen."""
    browser = await desk.browser()
    hosts: set[str] = set()
    faults: list[str] = []
    for look in LOOKS:
        for is_signed_in in (False, True):
            page = await desk.page(browser, reduced_motion="reduce", **look)
            page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
            faults += [f"{look['color_scheme']} {fault}" for fault in await walk(page, server, is_signed_in)]
            await page.context.close()
    assert not faults, "\n".join(faults)
    assert hosts - {""} == {urlsplit(server.url).netloc}
