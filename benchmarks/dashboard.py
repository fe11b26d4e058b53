"""The dashboard in Chromium: how soon a screen can be used, the next one, and what was just committed.

`python benchmarks/dashboard.py [--rounds N] [--messages N] [--json]`. The first is a cold visit over a mobile
network (--mbit, --latency) with the processor slowed to that of a mid-range phone, and slowed four times; the
others are loopback at full speed.

How fast a processor is, is told as Lighthouse's BenchmarkIndex: what it does in a second of building strings
and of copying lists. Chromium's developer tools take 1,000 for a mid-range phone and 264 for a cheap one,
Lighthouse 125 to 800 for a mid-range one; --index is what this one is slowed to. It needs an idle machine.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from _common import Figure, ServerProcess, figure, percentile, run
from browser_desk import FLAGS
from demo_content import fill
from screens import sign_in

INTERACTIVE_TARGET_MS = 1500.0
NAVIGATION_TARGET_MS = 100.0
LIVE_TARGET_MS = 150.0
CHEAP_SLOWER = 4.0
OWN_NUMBER, SENDER = "+15550100100", "+13125550190"

SCREENS = {"sign-in": "[data-testid=sign-in-email]", "inbox": "[data-testid=conversation]"}
"""What can be used once it is there."""
WAY = {
    "Voicegrams": "[data-testid=table-row]",
    "Calls": "[data-testid=table-row]",
    "Contacts": "[data-testid=table-row]",
    "Channels": "[data-testid=channel-card]",
    "Inbox": "[data-testid=conversation]",
}
"""By the entry's name in the navigation, what its screen is recognised by."""

SPEED = """() => {
    const perSecond = work => {
        let count = 0;
        const start = performance.now();
        while (performance.now() - start < 500 || count % 2) work(count++);
        return count / (performance.now() - start) * 1000;
    };
    const strings = perSecond(() => {
        let text = "";
        for (let at = 0; at < 10000; at++) text += "a";
        if (text.length !== 10000) throw new Error(text);
    });
    const lists = [Array.from({length: 100000}, (_, at) => at % 2), []];
    const copies = perSecond(count => {
        const from = lists[count % 2], to = lists[1 - count % 2];
        for (let at = 0; at < from.length; at++) to[at] = from[at];
    });
    return (strings + copies) / 20;
}"""
# Usable: the element is there and the main thread has nothing else to do.
USABLE = """selector => {
    window.usableAt = new Promise(resolve => {
        const look = () => document.querySelector(selector)
            ? requestIdleCallback(() => resolve(performance.now()))
            : requestAnimationFrame(look);
        look();
    });
}"""
GO = """([name, selector]) => new Promise(resolve => {
    const sections = document.querySelector('nav[aria-label="Sections"]');
    const entry = [...sections.querySelectorAll('a')].find(one => one.textContent.trim() === name);
    const started = performance.now();
    entry.click();
    const look = () => location.pathname.endsWith(entry.pathname) && document.querySelector(selector)
        && document.querySelector('h1')?.textContent
        ? resolve(performance.now() - started) : requestAnimationFrame(look);
    look();
})"""
WATCH = """text => {
    window.seenAt = new Promise(resolve => {
        const look = () => {
            if (!document.body.textContent.includes(text)) return;
            watch.disconnect();
            resolve(Date.now());
        };
        const watch = new MutationObserver(look);
        watch.observe(document.body, {childList: true, subtree: true, characterData: true});
        look();
    });
}"""


async def measure(options: argparse.Namespace) -> list[Figure]:
    executable = shutil.which("chromium")
    if executable is None:
        raise SystemExit("chromium is not installed")
    async with _filled_server() as server, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=[*FLAGS])
        index = await _speed(browser, 1.0)
        slower = max(1.0, index / options.index)
        figures = [
            figure("processor, index", index),
            figure("the same, slowed to a mid-range phone", await _speed(browser, slower)),
            figure("the same, slowed four times", await _speed(browser, CHEAP_SLOWER)),
        ]
        for name in SCREENS:
            usable = await _cold_median(browser, server, name, slower, options)
            target, met = f"< {INTERACTIVE_TARGET_MS:g}", usable < INTERACTIVE_TARGET_MS
            figures.append(
                figure(f"{name}, cold, mid-range phone: ms until it can be used", usable, target, met)
            )
            usable = await _cold_median(browser, server, name, CHEAP_SLOWER, options)
            figures.append(figure(f"{name}, cold, slowed {CHEAP_SLOWER:g} times", usable))
        page = await _page(browser, server)
        figures += await _navigation(page, server, options.rounds)
        figures += await _live(page, server, options.messages)
        await browser.close()
    return figures


@asynccontextmanager
async def _filled_server() -> AsyncIterator[ServerProcess]:
    with tempfile.TemporaryDirectory(prefix="antiphon-bench-") as folder:
        await fill(Path(folder))
        process = ServerProcess(Path(folder))
        try:
            yield process
        finally:
            process.stop()


async def _page(browser: Browser, server: ServerProcess) -> Page:
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    await sign_in(page, server.url, server.places["email"], server.places["password"])
    return page


async def _speed(browser: Browser, slower: float) -> float:
    """The processor's index with this slowing: the median of three looks."""
    page = await browser.new_page()
    session = await page.context.new_cdp_session(page)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    found = [float(await page.evaluate(SPEED)) for _ in range(4)][1:]
    await page.close()
    return percentile(found, 0.5)


async def _cold_median(
    browser: Browser, server: ServerProcess, name: str, slower: float, options: argparse.Namespace
) -> float:
    found = [await _cold(browser, server, name, slower, options) for _ in range(options.rounds)]
    return percentile(found, 0.5)


async def _cold(
    browser: Browser, server: ServerProcess, name: str, slower: float, options: argparse.Namespace
) -> float:
    """Milliseconds from the navigation's start, with nothing in the browser's cache."""
    context = await browser.new_context(viewport={"width": 390, "height": 844})
    page = await context.new_page()
    if name != "sign-in":
        await sign_in(page, server.url, server.places["email"], server.places["password"])
    session = await context.new_cdp_session(page)
    await session.send("Network.enable")
    bytes_per_second = options.mbit * 1e6 / 8
    await session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": options.latency,
            "downloadThroughput": bytes_per_second,
            "uploadThroughput": bytes_per_second / 4,
        },
    )
    await session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    await page.goto(f"{server.url}/dashboard/{name}", wait_until="commit")
    await page.evaluate(USABLE, SCREENS[name])
    usable = float(await page.evaluate("window.usableAt"))
    await context.close()
    return usable


async def _navigation(page: Page, server: ServerProcess, rounds: int) -> list[Figure]:
    await page.goto(f"{server.url}/dashboard/inbox")
    await page.locator(WAY["Inbox"]).first.wait_for()
    first = [float(await page.evaluate(GO, [name, selector])) for name, selector in WAY.items()]
    again = [
        float(await page.evaluate(GO, [name, selector]))
        for _ in range(rounds)
        for name, selector in WAY.items()
    ]
    worst = percentile(again, 0.95)
    return [
        figure("to a screen for the first time, ms, median", percentile(first, 0.5)),
        figure("to a screen seen before, ms, median", percentile(again, 0.5)),
        figure("the same, 95 of 100", worst, f"< {NAVIGATION_TARGET_MS:g}", worst < NAVIGATION_TARGET_MS),
    ]


async def _live(page: Page, server: ServerProcess, messages: int) -> list[Figure]:
    """From the answer of the request, which follows the commit, to the message standing in the list."""
    await page.goto(f"{server.url}/dashboard/inbox")
    await page.locator(SCREENS["inbox"]).first.wait_for()
    token = (await (await page.request.get(f"{server.url}/api/session")).json())["csrf_token"]
    found = []
    for number in range(messages):
        text = f"Message {number} of the benchmark"
        await page.evaluate(WATCH, text)
        body: dict[str, Any] = {"from": SENDER, "to": OWN_NUMBER, "body": text}
        answer = await page.request.post(
            f"{server.url}/api/simulator/messages", data=body, headers={"X-CSRF-Token": token}
        )
        answered = time.time() * 1000
        if not answer.ok:
            raise RuntimeError(await answer.text())
        found.append(max(0.0, float(await page.evaluate("window.seenAt")) - answered))
    worst = percentile(found, 0.95)
    return [
        figure("from a message's answer to the open inbox, ms, median", percentile(found, 0.5)),
        figure("the same, 95 of 100", worst, f"< {LIVE_TARGET_MS:g}", worst < LIVE_TARGET_MS),
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=20)
    parser.add_argument("--index", type=float, default=500.0, help="of the phone's processor")
    parser.add_argument("--mbit", type=float, default=9.0, help="downstream; a mid-range 4G phone")
    parser.add_argument("--latency", type=float, default=60.0, help="ms per request")
    run(measure, parser)
