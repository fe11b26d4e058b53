"""The body of scripts/screenshots."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from browser_desk import FLAGS
from demo_content import fill
from screens import SCREENS, Screen, newest_ids, show, sign_in
from server_process import Server

HEIGHTS = {360: 780, 1440: 900, 2560: 1300}
SETTLE_MS = 400
"""Fonts, entrances and skeletons have ended."""


async def photograph(
    browser: Browser, server: Server, screens: list[Screen], width: int, scheme: str, folder: Path
) -> list[str]:
    """Every screen at one width in one scheme; what went wrong on them."""
    problems: list[str] = []
    for is_signed_in in (False, True):
        wanted = [screen for screen in screens if screen.is_signed_in is is_signed_in]
        if not wanted:
            continue
        context = await browser.new_context(
            viewport={"width": width, "height": HEIGHTS.get(width, 900)},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
            locale="en-GB",
            device_scale_factor=2 if width < 600 else 1,
        )
        context.set_default_timeout(20_000)
        page = await context.new_page()
        page.on("pageerror", lambda error: problems.append(f"{width} {scheme}: {error}"))
        if is_signed_in:
            await sign_in(page, server.url, server.places["email"], server.places["password"])
        ids = await newest_ids(page, server.url) if is_signed_in else {}
        for screen in wanted:
            try:
                shown = await show(page, server.url, screen, ids)
            except Exception as error:
                problems.append(f"{screen.name} {width} {scheme}: {str(error).splitlines()[0]}")
                continue
            if not shown:
                print(f"left out  {screen.name}: nothing to show")
                continue
            await page.wait_for_timeout(SETTLE_MS)
            wide = await page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                problems.append(f"{screen.name} {width} {scheme}: scrolls sideways ({wide} px)")
            await page.screenshot(path=folder / f"{screen.name}-{width}-{scheme}.png")
            await context.set_offline(False)
        await context.close()
    return problems


async def run(options: argparse.Namespace) -> int:
    chromium = shutil.which("chromium")
    if chromium is None:
        print("screenshots: chromium is not installed", file=sys.stderr)
        return 2
    only = set(filter(None, options.only.split(",")))
    unknown = only - {screen.name for screen in SCREENS}
    if unknown:
        print(f"screenshots: no such screen: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    screens = [screen for screen in SCREENS if not only or screen.name in only]
    folder = Path(options.folder)
    problems: list[str] = []
    with tempfile.TemporaryDirectory(prefix="antiphon-screens-") as place:
        server = Server(Path(place), speech_processes="1")
        await fill(server.data_dir)
        try:
            await server.start()
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
                for width in map(int, options.widths.split(",")):
                    for scheme in options.schemes.split(","):
                        problems += await photograph(browser, server, screens, width, scheme, folder)
                        print(f"done      {width} {scheme}")
                await browser.close()
        finally:
            await server.close()
            server.abandon()
    for problem in problems:
        print(f"PROBLEM   {problem}")
    return 1 if problems else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/screenshots", description=__doc__)
    parser.add_argument("folder", nargs="?", default="docs/pictures")
    parser.add_argument("--only", default="", help="names of screens, with commas")
    parser.add_argument("--widths", default="1440,360,2560")
    parser.add_argument("--schemes", default="light,dark")
    options = parser.parse_args()
    Path(options.folder).mkdir(parents=True, exist_ok=True)
    return asyncio.run(run(options))


if __name__ == "__main__":
    raise SystemExit(main())
