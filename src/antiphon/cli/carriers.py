"""Commands that connect accounts to carriers and add their numbers."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer

from antiphon.cli.accounts import AccountOption, find_account
from antiphon.cli.output import (
    DataDirOption,
    JsonOption,
    errors_in_one_line,
    load_settings,
    print_result,
    run_async,
)
from antiphon.cli.session import open_services
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import DomainError
from antiphon.domain.integrations.commands import check_fields
from antiphon.domain.integrations.records import INTEGRATIONS
from antiphon.domain.numbers.commands import create_connection, create_number
from antiphon.domain.numbers.network import callback_url
from antiphon.domain.numbers.queries import list_connections, list_numbers
from antiphon.domain.numbers.records import NewConnection, Number

carrier_app = typer.Typer(help="Connections to carriers.", no_args_is_help=True)
number_app = typer.Typer(help="Phone numbers of an account.", no_args_is_help=True)

CREDENTIALS = {
    "simulator": ("secret",),
    "twilio": ("account_sid", "auth_token"),
    "meta_whatsapp": ("access_token", "app_secret", "verify_token"),
}


@carrier_app.command("connect")
@errors_in_one_line
def carrier_connect(
    account: AccountOption,
    carrier: Annotated[str, typer.Option("--carrier", help="twilio, meta_whatsapp or simulator")],
    label: Annotated[str, typer.Option("--label")] = "",
    setting: Annotated[list[str] | None, typer.Option("--set", help="name=value, repeatable")] = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Connect an account; secrets are read from CARRIER_<NAME> in the environment and kept encrypted."""
    if carrier not in CREDENTIALS:
        raise DomainError(f"one of {', '.join(CREDENTIALS)}", field="carrier")
    credentials = {name: _secret(name) for name in CREDENTIALS[carrier]}
    pairs = dict(_pair(text) for text in setting or ())
    pairs = _checked(carrier, pairs, credentials)
    settings = load_settings(data_dir)

    async def run() -> NewConnection:
        async with open_services(settings) as services:

            def make(tx: WriteTx) -> NewConnection:
                return create_connection(
                    tx,
                    services.cipher,
                    find_account(tx, account).id,
                    carrier=carrier,
                    label=label or carrier,
                    credentials=credentials,
                    settings=pairs,
                )

            return await services.database.write(make)

    made = run_async(run())
    url = callback_url(settings.origin, carrier, made.token)
    print_result(
        as_json,
        {"id": made.connection.id, "carrier": carrier, "callback_url": url},
        f"connection {made.connection.id}\n  callbacks  {url}",
    )


@number_app.command("add")
@errors_in_one_line
def number_add(
    account: AccountOption,
    connection: Annotated[str, typer.Option("--connection", help="The connection's id.")],
    number: Annotated[str, typer.Option("--number", help="In E.164 form, such as +15550100100.")],
    label: Annotated[str, typer.Option("--label")] = "",
    voice: Annotated[bool, typer.Option("--voice/--no-voice")] = True,
    sms: Annotated[bool, typer.Option("--sms/--no-sms")] = True,
    whatsapp: Annotated[bool, typer.Option("--whatsapp/--no-whatsapp")] = False,
    carrier_number_id: Annotated[
        str | None, typer.Option("--carrier-number-id", help="WhatsApp's phone number id.")
    ] = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a number to a connection."""

    def make(tx: WriteTx) -> Number:
        return create_number(
            tx,
            find_account(tx, account).id,
            connection,
            number,
            label=label,
            voice=voice,
            sms=sms,
            whatsapp=whatsapp,
            carrier_number_id=carrier_number_id,
        )

    async def run() -> Number:
        async with open_services(load_settings(data_dir)) as services:
            return await services.database.write(make)

    made = run_async(run())
    print_result(as_json, {"id": made.id, "number": made.e164}, f"number {made.e164}")


@number_app.command("list")
@errors_in_one_line
def number_list(account: AccountOption, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """The account's numbers and how their connections fare."""

    def read(tx: ReadTx) -> list[dict[str, Any]]:
        account_id = find_account(tx, account).id
        connections = {item.id: item for item in list_connections(tx, account_id)}
        return [
            {
                "number": item.e164,
                "label": item.label,
                "carrier": item.carrier,
                "connection_id": item.connection_id,
                "status": connections[item.connection_id].status.value,
                "last_error": connections[item.connection_id].last_error,
            }
            for item in list_numbers(tx, account_id)
        ]

    async def run() -> list[dict[str, Any]]:
        async with open_services(load_settings(data_dir)) as services:
            return await services.database.read(read)

    found = run_async(run())
    lines = [
        f"{item['number']:16} {item['carrier']:14} {item['status']:10} {item['label']}" for item in found
    ]
    print_result(as_json, {"numbers": found}, "\n".join(lines))


def _secret(name: str) -> str:
    """Not an option: the command line of a process is no secret."""
    variable = f"CARRIER_{name.upper()}"
    value = os.environ.get(variable, "")
    if not value:
        raise DomainError(f"set the environment variable {variable}", field=name)
    return value


def _checked(carrier: str, pairs: dict[str, str], credentials: dict[str, str]) -> dict[str, str]:
    if carrier not in INTEGRATIONS:
        if pairs:
            raise DomainError(f"{carrier} has no settings", field="set")
        return pairs
    try:
        return check_fields(carrier, {**credentials, **pairs}, whole=True)[0]
    except DomainError as error:
        raise DomainError(error.message, field=str(error.field).removeprefix("fields.")) from error


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not name or not sign:
        raise DomainError("name=value", field="set")
    return name, value
