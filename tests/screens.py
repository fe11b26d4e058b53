"""Every screen of the dashboard once, for scripts/screenshots and tests/browser/test_screens.py.

To add one, add a row. `path` may hold `{voicegram}`, `{call}`, `{contact}`, `{conversation}`, `{channel}` and
`{webhook}`: ids of this account.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from playwright.async_api import Page, expect


@dataclass(frozen=True)
class Screen:
    """One screen in one state.

    `ready` is the text or the selector that says the screen is complete; `act` brings it into its state.
    """

    name: str
    path: str
    ready: str = "h1"
    act: Callable[[Page], Awaitable[None]] | None = None
    is_signed_in: bool = True


async def open_palette(page: Page) -> None:
    await page.keyboard.press("Control+k")
    await page.get_by_role("dialog").wait_for()


async def open_account_menu(page: Page) -> None:
    burger = page.get_by_role("button", name="Open the menu")
    if await burger.is_visible():
        await burger.click()
    await page.get_by_test_id("user-menu").click()
    await page.get_by_test_id("sign-out").wait_for()


async def choose_urgency(page: Page) -> None:
    await page.get_by_role("button", name="Urgency").click()
    await page.get_by_role("option", name="High").click()
    await page.get_by_text("found").first.wait_for()


async def find_nothing(page: Page) -> None:
    await page.get_by_test_id("search").fill("no such words")
    await page.get_by_text("Nothing matches").wait_for()


async def open_inbox_filters(page: Page) -> None:
    await page.get_by_test_id("more-filters").click()
    await page.get_by_role("group", name="Channel").wait_for()


async def refuse_sign_in(page: Page) -> None:
    await page.get_by_test_id("sign-in-email").fill("owner@example.com")
    await page.get_by_test_id("sign-in-password").fill("not the password")
    await page.get_by_test_id("sign-in").click()
    await page.get_by_role("alert").wait_for()


async def lose_connection(page: Page) -> None:
    await page.context.set_offline(True)
    await page.get_by_test_id("connection-banner").wait_for()


SCREENS: tuple[Screen, ...] = (
    Screen("sign-in", "/sign-in", is_signed_in=False),
    Screen("sign-in-refused", "/sign-in", act=refuse_sign_in, is_signed_in=False),
    Screen("home", "/home", ready="[data-testid=waiting]"),
    Screen("inbox", "/inbox", ready="[data-testid=conversation]"),
    Screen("inbox-thread", "/inbox/{conversation}", ready="[data-testid=thread]"),
    Screen("inbox-filters", "/inbox", ready="[data-testid=conversation]", act=open_inbox_filters),
    Screen("inbox-new", "/inbox?new=true", ready="[data-testid=new-to]"),
    Screen("voicegrams", "/voicegrams", ready="[data-testid=table-row]"),
    Screen("voicegrams-filtered", "/voicegrams", ready="[data-testid=table-row]", act=choose_urgency),
    Screen("voicegrams-none", "/voicegrams", ready="[data-testid=table-row]", act=find_nothing),
    Screen("voicegram", "/voicegrams/{voicegram}", ready="[data-testid=transcript]"),
    Screen("calls", "/calls", ready="[data-testid=table-row]"),
    Screen("call", "/calls/{call}", ready="[data-testid=transcript]"),
    Screen("contacts", "/contacts", ready="[data-testid=table-row]"),
    Screen("contact", "/contacts/{contact}", ready="[data-testid=timeline]"),
    Screen("contact-new", "/contacts?new=true", ready="role=dialog"),
    Screen("channels", "/channels", ready="[data-testid=channel-card]"),
    Screen("channel", "/channels/{channel}", ready="[data-testid=latest]"),
    Screen("channel-new", "/channels?new=true", ready="role=dialog"),
    Screen("simulator", "/simulator", ready="[data-testid=feed]"),
    Screen("simulator-message", "/simulator?play=message", ready="[data-testid=feed]"),
    Screen("simulator-voicegram", "/simulator?play=voicegram", ready="[data-testid=feed]"),
    Screen("developers", "/developers", ready="[data-testid=contract]"),
    Screen("developers-contract", "/developers/votel", ready="[data-testid=sample]"),
    Screen("settings-profile", "/settings/profile"),
    Screen("settings-account", "/settings/account"),
    Screen("settings-people", "/settings/people"),
    Screen("settings-invite", "/settings/people?new=true", ready="[data-testid=send-invitation]"),
    Screen("settings-numbers", "/settings/numbers"),
    Screen("settings-engines", "/settings/engines"),
    Screen("settings-api-keys", "/settings/api-keys"),
    Screen("settings-api-key-new", "/settings/api-keys?new=true", ready="[data-testid=create-key]"),
    Screen("settings-webhooks", "/settings/webhooks"),
    Screen("settings-webhook", "/settings/webhooks/{webhook}"),
    Screen("settings-webhook-new", "/settings/webhooks?new=true", ready="[data-testid=save-webhook]"),
    Screen("settings-integrations", "/settings/integrations"),
    Screen("settings-request-log", "/settings/request-log"),
    Screen("settings-audit-log", "/settings/audit-log"),
    Screen("palette", "/home", act=open_palette),
    Screen("account-menu", "/home", act=open_account_menu),
    Screen("not-found", "/nowhere", ready="text=Page not found"),
    Screen("offline", "/voicegrams", ready="[data-testid=table-row]", act=lose_connection),
)

_NEWEST = {
    "voicegram": ("/api/voicegrams?status=completed&sort=-duration_seconds&limit=1", "voicegrams"),
    "channel": ("/api/recording-channels?limit=1", "recording_channels"),
    "call": ("/api/activity/calls?limit=1", "calls"),
    "contact": ("/api/leads?limit=1", "data"),
    "conversation": ("/api/conversations?limit=1", "conversations"),
    "webhook": ("/api/webhooks?limit=1", "webhooks"),
}


async def sign_in(page: Page, url: str, email: str, password: str) -> None:
    """The context's session, without the form."""
    answer = await page.request.post(f"{url}/api/session", data={"email": email, "password": password})
    assert answer.ok, await answer.text()


async def newest_ids(page: Page, url: str) -> dict[str, str]:
    """Ids for the paths; what this server does not serve or hold is missing."""
    found: dict[str, str] = {}
    for name, (path, plural) in _NEWEST.items():
        answer = await page.request.get(url + path)
        rows = (await answer.json()).get(plural) if answer.ok else None
        if rows:
            found[name] = rows[0]["id"]
    return found


async def show(page: Page, url: str, screen: Screen, ids: Mapping[str, str]) -> bool:
    """Open the screen and bring it into its state; false where this server has nothing to show on it."""
    try:
        path = screen.path.format_map(ids)
    except KeyError:
        return False
    await page.goto(f"{url}/dashboard{path}")
    await page.locator(screen.ready).first.wait_for()
    await expect(page.locator(".mantine-Skeleton-root")).to_have_count(0, timeout=20_000)
    if screen.act is not None:
        await screen.act(page)
    return True
