"""The demo account: made once, its credentials kept beside the data so that a later start can show them."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from antiphon.cli.output import (
    DataDirOption,
    JsonOption,
    errors_in_one_line,
    load_settings,
    print_result,
    run_async,
)
from antiphon.cli.session import open_services
from antiphon.core.crypto import hash_password
from antiphon.core.db.transaction import WriteTx
from antiphon.domain.accounts.commands import create_account, create_user
from antiphon.domain.accounts.keys import create_key
from antiphon.domain.accounts.queries import count_accounts
from antiphon.domain.accounts.records import KeyKind, Plan, Role
from antiphon.domain.demo import add_demo_data, fill_demo
from antiphon.domain.demo_story import remove_story
from antiphon.domain.services import Services
from antiphon.settings import Settings

FILE = "demo.json"
EMAIL = "owner@example.com"


@dataclass(frozen=True, slots=True)
class Demo:
    account_id: str
    email: str
    password: str
    token: str
    record_path: str
    number: str = ""


async def ensure_demo(services: Services) -> Demo | None:
    """Create the demo account when there is no account at all; None when there are others."""
    path = services.settings.data_dir / FILE
    if await services.database.read(count_accounts):
        return _load(path)
    password = secrets.token_urlsafe(9)
    demo = await services.database.write(_create, password, hash_password(password), services)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(asdict(demo), file)
    return demo


def _load(path: Path) -> Demo | None:
    try:
        return Demo(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _create(tx: WriteTx, password: str, password_hash: str, services: Services) -> Demo:
    account = create_account(tx, name="Demo", plan=Plan.PRO, subdomain="demo")
    user_id = create_user(
        tx, account.id, email=EMAIL, name="Owner", role=Role.OWNER, password_hash=password_hash
    )
    key = create_key(tx, account.id, user_id, kind=KeyKind.PAT, name="Demo")
    made = add_demo_data(tx, services, account)
    place = f"/v/{account.subdomain}/{made.channel_slug}"
    return Demo(account.id, EMAIL, password, key.key, place, made.number)


def describe(demo: Demo, settings: Settings) -> dict[str, str]:
    """Where a person begins."""
    return {
        "record": settings.origin + demo.record_path,
        "dashboard": f"{settings.origin}/dashboard",
        "email": demo.email,
        "password": demo.password,
        "token": demo.token,
        "number": demo.number,
        "docs": f"{settings.origin}/docs",
    }


def banner(places: dict[str, Any]) -> str:
    return (
        f"  record     {places['record']}\n"
        f"  dashboard  {places['dashboard']}  ({places['email']} / {places['password']})\n"
        f"  token      {places['token']}\n"
        + (f"  number     {places['number']}  (simulated)\n" if places["number"] else "")
        + f"  docs       {places['docs']}"
    )


@errors_in_one_line
def demo(
    fill: Annotated[
        bool, typer.Option("--fill", help="Tell two weeks of a business in it, plainly examples.")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take what --fill told away again.")] = False,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create the demo account if there is no account, and print its places and credentials."""
    settings = load_settings(data_dir)

    async def run() -> Demo | None:
        async with open_services(settings) as services:
            made = await ensure_demo(services)
            if made is not None and fill:
                await services.database.write(fill_demo, made.account_id)
            if made is not None and remove:
                await services.database.write(remove_story, made.account_id)
            return made

    made = run_async(run())
    if made is None:
        print_result(as_json, {"demo": None}, "there are accounts already, and none of them is the demo")
        return
    places = describe(made, settings)
    print_result(as_json, places, banner(places))
