"""Debian's Chromium with a microphone that plays a file, before a real server and a webhook receiver.

Tests and fixtures run on the session's loop, to which the one Playwright and its browsers belong.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Playwright, async_playwright

from antiphon.web.static import STATIC_ROOT, is_built
from demo_content import fill
from receivers import Receiver
from server_process import Server
from services import free_port

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MICROPHONE = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
on_session_loop = pytest_asyncio.fixture(loop_scope="session")
SPEECH = "My heating is broken. Please call me back tomorrow."


@pytest.fixture(scope="session")
def chromium() -> str:
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("browser: chromium is not installed")
    if not is_built(STATIC_ROOT):
        pytest.fail("the pages are not built: run scripts/build-ui")
    return found


@pytest.fixture(scope="session")
def speech_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the fake microphone hears, over and over."""
    flite = shutil.which("flite")
    if flite is None:
        pytest.skip("speech: flite is not installed")
    path = tmp_path_factory.mktemp("microphone") / "speech.wav"
    subprocess.run([flite, "-voice", "rms", "-t", SPEECH, "-o", str(path)], check=True)
    return path


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def two_weeks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of an account in use (tests/demo_content.py), to be copied."""
    folder = tmp_path_factory.mktemp("two-weeks") / "data"
    await fill(folder)
    return folder


@asynccontextmanager
async def serving(folder: Path, *options: str, data: Path | None = None) -> AsyncIterator[Server]:
    """A server, over a copy of `data`, until the end of the block."""
    settings = {"webhook_allowed_networks": "127.0.0.0/8", "allow_insecure_webhooks": "true"}
    server = Server(folder, *options, speech_processes="1", **settings)
    if data is not None:
        shutil.copytree(data, server.data_dir)
    try:
        await server.start()
        yield server
    finally:
        await server.close()
        server.abandon()


@on_session_loop
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with serving(tmp_path) as server:
        yield server


@on_session_loop
async def used_server(tmp_path: Path, two_weeks: Path) -> AsyncIterator[Server]:
    """With the account that has been in use for two weeks, on a port that it keeps over a restart."""
    async with serving(tmp_path, "--port", str(free_port()), data=two_weeks) as server:
        yield server


@on_session_loop
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    await receiver.start()
    yield receiver
    await receiver.stop()


class Browsers:
    """One per set of flags, which all tests of this process share: launching costs more than most tests."""

    def __init__(self, playwright: Playwright, executable: str) -> None:
        self._playwright = playwright
        self._executable = executable
        self._open: dict[tuple[str, ...], Browser] = {}

    async def get(self, *flags: str) -> Browser:
        found = self._open.get(flags)
        if found is None or not found.is_connected():
            found = await self._playwright.chromium.launch(
                executable_path=self._executable, args=[*FLAGS, *flags]
            )
            self._open[flags] = found
        return found

    async def close(self) -> None:
        for browser in self._open.values():
            await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browsers(chromium: str) -> AsyncIterator[Browsers]:
    async with async_playwright() as playwright:
        browsers = Browsers(playwright, chromium)
        yield browsers
        await browsers.close()


class Desk:
    """Opens pages, each with cookies and storage of its own, and closes them at the end."""

    def __init__(self, browsers: Browsers, stack: AsyncExitStack) -> None:
        self._browsers = browsers
        self._stack = stack
        self.problems: list[str] = []

    async def browser(self, *flags: str) -> Browser:
        return await self._browsers.get(*flags)

    async def page(self, browser: Browser, **options: Any) -> Page:
        context = await browser.new_context(**options)
        self._stack.push_async_callback(context.close)
        context.set_default_timeout(60_000)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        return page


@on_session_loop
async def desk(browsers: Browsers) -> AsyncIterator[Desk]:
    async with AsyncExitStack() as stack:
        desk = Desk(browsers, stack)
        yield desk
    assert desk.problems == []
