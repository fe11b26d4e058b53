"""Commands that create accounts, users, keys and channels."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

import typer
from email_validator import EmailNotValidError, validate_email

from antiphon.cli.output import (
    DataDirOption,
    JsonOption,
    errors_in_one_line,
    load_settings,
    print_result,
    run_async,
)
from antiphon.cli.session import open_services
from antiphon.core.clock import to_iso_or_none
from antiphon.core.crypto import hash_password
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import DomainError, NotFoundError
from antiphon.domain.accounts.commands import create_account, create_user
from antiphon.domain.accounts.company import update_company
from antiphon.domain.accounts.keys import create_key, parse_expiry
from antiphon.domain.accounts.queries import find_account_by_subdomain, get_account, list_people
from antiphon.domain.accounts.records import Account, Company, KeyKind, NewKey, Plan, Role
from antiphon.domain.channels.commands import create_channel
from antiphon.domain.channels.records import ChannelKind
from antiphon.domain.numbers.commands import create_simulator
from antiphon.settings import Settings

account_app = typer.Typer(help="Accounts.", no_args_is_help=True)
user_app = typer.Typer(help="People of an account.", no_args_is_help=True)
key_app = typer.Typer(help="API keys and tokens.", no_args_is_help=True)
channel_app = typer.Typer(help="Recording channels.", no_args_is_help=True)

AccountOption = Annotated[str, typer.Option("--account", help="The account's id or subdomain.")]


def find_account(tx: ReadTx, reference: str) -> Account:
    """By id or subdomain. Raises NotFoundError."""
    return find_account_by_subdomain(tx, reference) or get_account(tx, reference)


def check_email(value: str) -> str:
    """Raises DomainError."""
    try:
        return validate_email(value, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise DomainError(str(error), field="email") from error


@account_app.command("create")
@errors_in_one_line
def account_create(
    name: Annotated[str, typer.Option("--name")],
    email: Annotated[str, typer.Option("--email", help="The owner's address.")],
    plan: Annotated[Plan, typer.Option("--plan")] = Plan.FREE,
    subdomain: Annotated[str | None, typer.Option("--subdomain")] = None,
    country: Annotated[str, typer.Option("--country", help="ISO 3166 code of its phones.")] = "US",
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create an account and its owner, with a password that is shown once."""
    password = secrets.token_urlsafe(12)
    owner = check_email(email)
    hashed = hash_password(password)

    def make(tx: WriteTx) -> Account:
        account = create_account(tx, name=name, plan=plan, subdomain=subdomain, country=country)
        create_user(tx, account.id, email=owner, name=owner, role=Role.OWNER, password_hash=hashed)
        return account

    settings = load_settings(data_dir)

    async def run() -> Account:
        async with open_services(settings) as services:
            made: Account = await services.database.write(make)
            if settings.simulated_numbers == "all":
                await services.database.write(create_simulator, services.cipher, made.id)
            return made

    account = run_async(run())
    data = {
        "id": account.id,
        "name": account.name,
        "plan": account.plan.value,
        "subdomain": account.subdomain,
        "email": owner,
        "password": password,
    }
    print_result(
        as_json,
        data,
        f"account {account.name} ({account.plan.value})\n  id         {account.id}\n"
        f"  subdomain  {account.subdomain}\n  sign-in    {owner} / {password}",
    )


@account_app.command("update")
@errors_in_one_line
def account_update(
    account: AccountOption,
    name: Annotated[str | None, typer.Option("--name")] = None,
    timezone: Annotated[str | None, typer.Option("--timezone", help="IANA name.")] = None,
    country: Annotated[str | None, typer.Option("--country", help="ISO 3166 code of its phones.")] = None,
    language: Annotated[
        str | None, typer.Option("--language", help="What its callers speak, such as en-US or de-AT.")
    ] = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change what an account has set for itself."""
    given = {"name": name, "timezone": timezone, "country": country, "language": language}
    changes = {field: value for field, value in given.items() if value is not None}

    def change(tx: WriteTx) -> Company:
        return update_company(tx, find_account(tx, account).id, changes)

    company = run_async(_write(load_settings(data_dir), change))
    data = {field: getattr(company, field) for field in given}
    print_result(as_json, data, "\n".join(f"{field:9} {value}" for field, value in data.items()))


@user_app.command("create")
@errors_in_one_line
def user_create(
    account: AccountOption,
    email: Annotated[str, typer.Option("--email")],
    name: Annotated[str, typer.Option("--name")] = "",
    role: Annotated[str, typer.Option("--role", help="viewer, member, admin or owner")] = "member",
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a person to an account, with a password that is shown once."""
    if role.upper() not in Role.__members__:
        raise DomainError("viewer, member, admin or owner", field="role")
    password = secrets.token_urlsafe(12)
    address = check_email(email)
    hashed = hash_password(password)

    def make(tx: WriteTx) -> str:
        return create_user(
            tx,
            find_account(tx, account).id,
            email=address,
            name=name or address,
            role=Role.parse(role),
            password_hash=hashed,
        )

    user_id = run_async(_write(load_settings(data_dir), make))
    data = {"id": user_id, "email": address, "role": role, "password": password}
    print_result(as_json, data, f"user {address} ({role})\n  id         {user_id}\n  password   {password}")


@key_app.command("create")
@errors_in_one_line
def key_create(
    account: AccountOption,
    kind: Annotated[
        KeyKind, typer.Option("--kind", help="pat (Voicegram), public (reads the whole account) or secret.")
    ],
    name: Annotated[str, typer.Option("--name")] = "command line",
    expires: Annotated[str, typer.Option("--expires", help="Days such as 30d, or never.")] = "never",
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key; its text is shown once."""
    days = parse_expiry(expires)

    def make(tx: WriteTx) -> NewKey:
        owner = find_account(tx, account)
        people = [person for person in list_people(tx, owner.id) if person.role >= Role.ADMIN]
        if not people:
            raise NotFoundError("the account has no admin")
        return create_key(tx, owner.id, people[0].id, kind=kind, name=name, expires_in_days=days)

    key = run_async(_write(load_settings(data_dir), make))
    data = {
        "id": key.id,
        "kind": kind.value,
        "key": key.key,
        "prefix": key.prefix,
        "expires_at": to_iso_or_none(key.expires_at),
    }
    print_result(as_json, data, key.key)


@channel_app.command("create")
@errors_in_one_line
def channel_create(
    account: AccountOption,
    kind: Annotated[ChannelKind, typer.Option("--type", help="domain or campaign")],
    name: Annotated[str, typer.Option("--name", help="A domain's host, or a campaign's display name.")],
    slug: Annotated[str | None, typer.Option("--slug", help="The campaign's place in its address.")] = None,
    greeting: Annotated[str, typer.Option("--greeting")] = "",
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create a recording channel and print where it is used."""
    settings = load_settings(data_dir)

    def make(tx: WriteTx) -> dict[str, Any]:
        owner = find_account(tx, account)
        channel = create_channel(tx, owner.id, kind=kind, name=name, slug=slug, greeting=greeting)
        return {
            "id": channel.id,
            "type": channel.kind.value,
            "name": channel.name,
            "public_url": f"{settings.origin}/v/{owner.subdomain}/{channel.slug}" if channel.slug else None,
            "embed_code": embed_code(settings.origin, channel.id),
        }

    data = run_async(_write(settings, make))
    place = data["public_url"] or data["embed_code"]
    print_result(
        as_json, data, f"channel {data['name']} ({data['type']})\n  id   {data['id']}\n  use  {place}"
    )


def embed_code(origin: str, channel_id: str) -> str:
    """The widget's tag (contracts/voicegram.md 9)."""
    return f'<script src="{origin}/widget.js" data-channel="{channel_id}" async></script>'


async def _write(settings: Settings, command: Any) -> Any:
    async with open_services(settings) as services:
        return await services.database.write(command)
