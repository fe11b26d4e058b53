"""All commands; each also takes --json."""

from __future__ import annotations

import sys

import typer
from typer.exceptions import TyperException

from antiphon import __version__
from antiphon.cli import accounts, calls, carriers, demo, doctor, serve, simulate, speech
from antiphon.cli.output import FAILURE, one_line, print_result

app = typer.Typer(
    name="antiphon",
    help="Self-hosted voice and messaging platform.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("serve")(serve.serve)
app.command("worker")(serve.worker)
app.command("migrate")(serve.migrate_command)
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)
app.command("transcribe")(speech.transcribe)
app.add_typer(accounts.account_app, name="account")
app.add_typer(accounts.user_app, name="user")
app.add_typer(accounts.key_app, name="key")
app.add_typer(accounts.channel_app, name="channel")
app.add_typer(calls.calls_app, name="calls")
app.add_typer(speech.models_app, name="models")
app.add_typer(simulate.simulate_app, name="simulate")
app.add_typer(carriers.carrier_app, name="carrier")
app.add_typer(carriers.number_app, name="number")


@app.command("version")
def version(as_json: bool = typer.Option(False, "--json", help="Print one JSON object.")) -> None:
    """Print the version."""
    print_result(as_json, {"version": __version__}, __version__)


def main() -> None:
    """Run a command; a wrong command line is one line on standard error and exit code 2."""
    try:
        code = app(prog_name="antiphon", standalone_mode=False)
    except TyperException as error:
        message = error.format_message()
        if message:
            one_line(f"{message.rstrip('.')} (see --help)")
        sys.exit(error.exit_code)
    except typer.Abort:
        sys.exit(FAILURE)
    sys.exit(code)
