"""Set-up, sign-in and the settings, walked in a real browser (contracts/votel.md 11, 18)."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pyotp
import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from browser_desk import Desk, on_session_loop
from receivers import Receiver
from screens import sign_in
from server_process import Process, Server
from waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.speech]

NAME = '<img src=x onerror="window.isHarmed=true"> \u202eRobin'
EMAIL = "robin@example.com"
PASSWORD = "four horses in a green field"
PATIENCE = 120.0
PATIENCE_MS = 120_000


@on_session_loop
async def fresh(tmp_path: Path) -> AsyncIterator[str]:
    """A server without an account; its address."""
    settings = {"data_dir": str(tmp_path / "data"), "speech_processes": "1"}
    process = Process(tmp_path, "fresh", ["serve", "--json", "--port", "0"], settings)
    await process.start()
    yield str(json.loads(process.output)["url"])
    process.abandon()


async def enter(page: Page, email: str, password: str) -> None:
    await page.get_by_test_id("sign-in-email").fill(email)
    await page.get_by_test_id("sign-in-password").fill(password)


async def sign_out(page: Page) -> None:
    await page.get_by_test_id("user-menu").click()
    await page.get_by_test_id("sign-out").click()
    await expect(page.get_by_test_id("sign-in")).to_be_visible()


async def set_up(page: Page, url: str) -> None:
    """Any address leads to the set-up; speech and mail are tried on the way."""
    await page.goto(f"{url}/dashboard/voicegrams")
    await expect(page).to_have_url(f"{url}/dashboard/setup")
    await page.get_by_label("Your name").fill(NAME)
    await page.get_by_label("Email").fill(EMAIL)
    await page.get_by_role("textbox", name="Password").fill("short")
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_text("At least 10 characters").last).to_be_visible()
    await page.get_by_role("textbox", name="Password").fill(PASSWORD)
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_label("Name of the workspace").fill("Heating and more")
    await page.get_by_role("button", name="Create workspace").click()
    await expect(page.get_by_test_id("heard")).to_contain_text("call me back", timeout=PATIENCE_MS)
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("button", name="Send a test mail").click()
    await expect(page.get_by_test_id("mail-test")).to_contain_text("written to the server's log")
    await page.get_by_role("button", name="Finish").click()
    await expect(page).to_have_url(re.compile("/dashboard/home$"))


async def switch_codes_on(page: Page, url: str) -> tuple[str, list[str]]:
    """The secret, and the recovery codes."""
    await page.goto(f"{url}/dashboard/settings/profile")
    await page.get_by_test_id("second-factor").get_by_role("button", name="Switch on").click()
    codes = (await page.get_by_test_id("recovery-codes").inner_text()).split()
    await page.get_by_label("I have put them in a safe place").check()
    await page.get_by_role("button", name="Continue").click()
    secret = (await page.get_by_test_id("totp-secret").inner_text()).strip()
    await page.get_by_label("Six digits").fill("000000")
    await page.get_by_role("dialog").get_by_role("button", name="Switch on").click()
    await expect(page.get_by_label("Six digits")).to_have_attribute("aria-invalid", "true")
    await page.get_by_label("Six digits").fill(pyotp.TOTP(secret).now())
    await page.get_by_role("dialog").get_by_role("button", name="Switch on").click()
    await expect(page.get_by_test_id("second-factor")).to_contain_text("On")
    return secret, codes


async def test_from_nothing_to_signing_in_with_codes(fresh: str, desk: Desk) -> None:
    """votel.md 18: set-up, then a second factor; a code and a recovery code each open the door once."""
    page = await desk.page(await desk.browser())
    await set_up(page, fresh)
    await expect(page.get_by_test_id("user-menu")).to_contain_text("Robin")
    await page.goto(f"{fresh}/dashboard/setup")
    await expect(page).to_have_url(re.compile("/dashboard/home$"))

    _, codes = await switch_codes_on(page, fresh)
    await sign_out(page)
    await enter(page, EMAIL, PASSWORD)
    await page.get_by_test_id("sign-in").click()
    await expect(page.get_by_role("alert").filter(has_text="add it below")).to_be_visible()
    await page.get_by_test_id("sign-in-code").fill(codes[0])
    await page.get_by_test_id("sign-in").click()
    await expect(page.get_by_test_id("user-menu")).to_be_visible()
    await sign_out(page)
    await enter(page, EMAIL, PASSWORD)
    await page.get_by_role("button", name="I have a sign-in code").click()
    await page.get_by_test_id("sign-in-code").fill(codes[0])
    await page.get_by_test_id("sign-in").click()
    await expect(page.get_by_role("alert").filter(has_text="Each code works once")).to_be_visible()
    await page.get_by_test_id("sign-in-code").fill(codes[1])
    await page.get_by_test_id("sign-in").click()
    await expect(page.get_by_test_id("user-menu")).to_be_visible()

    await page.goto(f"{fresh}/dashboard/settings/audit-log")
    await expect(page.get_by_test_id("audit-log")).to_contain_text("Robin")
    assert await page.evaluate("window.isHarmed") is None


async def key_that_works(page: Page, server: Server) -> None:
    """Shown once, used at once, and refused once revoked."""
    await page.goto(f"{server.url}/dashboard/settings/api-keys?new=true")
    await page.get_by_role("textbox", name="Name", exact=True).fill("Order service")
    # voicory.md 1: what a public key opens is said when one is made.
    await page.get_by_label("Public key").check()
    await expect(page.get_by_role("alert")).to_contain_text("transcripts and recordings of the whole account")
    await expect(page.get_by_text("A public key should have an end")).to_be_visible()
    await page.get_by_label("Secret key").check()
    await expect(page.get_by_role("alert")).to_have_count(0)
    await page.get_by_text("Only some things").click()
    await page.get_by_label("Contacts: read").check()
    await page.get_by_test_id("create-key").click()
    key = (await page.get_by_test_id("secret").inner_text()).strip()
    await page.get_by_role("button", name="I have copied it").click()
    headers = {"X-API-Key": key}
    assert (await server.call("GET", "/api/leads", headers=headers))[0] == 200
    assert (await server.call("GET", "/api/webhooks", headers=headers))[0] == 403
    await page.goto(f"{server.url}/dashboard/settings/request-log?status=4xx")
    await expect(page.get_by_test_id("request-log")).to_contain_text("Order service")
    await page.goto(f"{server.url}/dashboard/settings/api-keys")
    await page.get_by_label("Actions for Order service").click()
    await page.get_by_role("menuitem", name="Revoke").click()
    await page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    await expect(page.get_by_text("Order service is revoked")).to_be_visible()
    assert (await server.call("GET", "/api/leads", headers=headers))[0] == 401


async def webhook_that_fails(page: Page, server: Server, receiver: Receiver) -> None:
    """A failed delivery is seen with its answer, and arrives when it is sent again."""
    receiver.answer = lambda _: web.Response(status=500, text="<script>window.isHarmed=true</script>")
    await page.goto(f"{server.url}/dashboard/settings/webhooks?new=true")
    await page.get_by_label("Address").fill(receiver.url())
    await page.get_by_role("textbox", name="Name", exact=True).fill("Warehouse")
    await page.get_by_test_id("save-webhook").click()
    await expect(page.get_by_test_id("secret")).to_contain_text("whsec_")
    await page.get_by_role("button", name="I have copied it").click()
    await expect(page.get_by_role("heading", name="Warehouse")).to_be_visible()

    await page.get_by_role("button", name="Test", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="Send").click()
    await expect(page.get_by_test_id("test-result")).to_contain_text("500")
    await page.get_by_role("dialog").get_by_role("button", name="Close").last.click()

    contact = {"first_name": "Ada", "phone": "+15550100177"}
    made = await page.request.post(
        f"{server.url}/api/leads", data=contact, headers={"X-CSRF-Token": await csrf_token(page, server)}
    )
    assert made.ok, await made.text()
    row = page.get_by_test_id("table-row").filter(has_text="lead.created")
    await expect(row.first).to_contain_text("Failed", timeout=PATIENCE_MS)
    receiver.answer = lambda _: web.Response(text="thank you")
    await row.first.get_by_role("button").click()
    await expect(page.get_by_role("dialog")).to_contain_text("window.isHarmed")
    await expect(page.get_by_role("dialog")).to_contain_text("Ada")
    await page.get_by_role("button", name="Send again").click()
    await expect(row.filter(has_text="Delivered").first).to_be_visible(timeout=PATIENCE_MS)
    ids = {request.event_id for request in receiver.received if request.event["type"] == "lead.created"}
    assert len(ids) == 1

    await page.get_by_role("button", name="Pause").click()
    await expect(page.get_by_test_id("webhook-off")).to_contain_text("Somebody paused it")
    await page.get_by_role("button", name="Switch on again").click()
    await expect(page.get_by_test_id("webhook-off")).to_have_count(0)


async def csrf_token(page: Page, server: Server) -> str:
    return str((await (await page.request.get(f"{server.url}/api/session")).json())["csrf_token"])


async def invite_viewer(page: Page, server: Server) -> str:
    """The address of the mailed link."""
    await page.goto(f"{server.url}/dashboard/settings/people?new=true")
    await page.get_by_label("Email").fill("viewer@example.org")
    await page.get_by_role("radio", name="Viewer").check()
    await page.get_by_test_id("send-invitation").click()
    await expect(page.get_by_test_id("invitation")).to_contain_text("viewer@example.org")

    def mailed() -> str | None:
        mail = server.log.rpartition("mail to viewer@example.org:")[2]
        found = re.search(r"/dashboard/accept\?token=[\w.~-]+", mail)
        return found and found[0]

    await eventually(lambda: mailed() is not None, PATIENCE)
    return f"{server.url}{mailed()}"


async def test_keys_webhooks_and_a_viewer(server: Server, receiver: Receiver, desk: Desk) -> None:
    """votel.md 11.1, 11.2, 11.6 and 17: what is made here works, and whoever may not, is refused."""
    browser = await desk.browser()
    page = await desk.page(browser)
    await sign_in(page, server.url, server.places["email"], server.places["password"])
    await key_that_works(page, server)
    await webhook_that_fails(page, server, receiver)
    assert await page.evaluate("window.isHarmed") is None

    link = await invite_viewer(page, server)
    viewer = await desk.page(browser)
    await viewer.goto(link)
    await viewer.get_by_test_id("accept").click()
    await viewer.get_by_test_id("new-password").fill(PASSWORD)
    await viewer.get_by_test_id("accept").click()
    await expect(viewer).to_have_url(re.compile("/dashboard/home$"))
    sections = viewer.get_by_role("navigation", name="Sections")
    await expect(sections.get_by_role("link", name="Voicegrams")).to_be_visible()
    await expect(sections.get_by_role("link", name="Simulator")).to_have_count(0)
    for place in ("api-keys", "webhooks", "audit-log", "numbers", "engines"):
        await viewer.goto(f"{server.url}/dashboard/settings/{place}")
        await expect(viewer.get_by_text("Not yours to see")).to_be_visible()
        await expect(viewer.get_by_role("button", name=re.compile("^(New|Bring in)"))).to_have_count(0)
    refused = await viewer.request.post(
        f"{server.url}/api/api-keys",
        data={"name": "Mine"},
        headers={"X-CSRF-Token": await csrf_token(viewer, server)},
    )
    assert refused.status == 403

    await page.goto(f"{server.url}/dashboard/settings/people")
    await page.get_by_label("Actions for viewer").click()
    await page.get_by_role("menuitem", name="Disable").click()
    await page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    await expect(page.get_by_text("has no access any more")).to_be_visible()
    assert (await viewer.request.get(f"{server.url}/api/me")).status == 401
    await viewer.goto(link)
    await viewer.get_by_test_id("accept").click()
    await expect(viewer.get_by_text("This link no longer works")).to_be_visible()
