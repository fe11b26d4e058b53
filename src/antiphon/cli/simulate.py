"""The simulated phone network: calls and messages that reach a running server as a carrier's would."""

from __future__ import annotations

import asyncio
import mimetypes
import tempfile
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import aiohttp
import typer

from antiphon.carriers.port import CarrierEvent, MediaReference, MessageReceived, whatsapp_type
from antiphon.carriers.simulator import SIGNATURE_HEADER, encode_callback, recording_prefix, sign_callback
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
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import AntiphonError, DomainError
from antiphon.core.http import service_session
from antiphon.core.ids import new_id
from antiphon.core.phones import normalise_phone
from antiphon.domain.numbers.commands import CALLBACK_TOKEN, create_simulator, open_credentials
from antiphon.domain.numbers.network import callback_url
from antiphon.domain.numbers.records import Number
from antiphon.domain.services import Services
from antiphon.domain.simulation import (
    GREETING,
    Ends,
    Line,
    find_ends,
    is_recorded,
    parse_script,
    plan_call,
    record_conversation,
    voicemail_lines,
)

simulate_app = typer.Typer(help="Calls and messages of the simulated phone network.", no_args_is_help=True)

MAX_MEDIA_BYTES = 16 * 1024 * 1024


class Recording(StrEnum):
    """What becomes of the recording."""

    GOOD = "good"
    NONE = "none"
    MISSING = "missing"
    CUT = "cut"
    EMPTY = "empty"
    NOISE = "noise"


ServerOption = Annotated[
    str | None,
    typer.Option("--server", help="The server's origin; default that of the settings.", show_default=False),
]
DelayOption = Annotated[float, typer.Option("--delay", min=0, max=600, help="Seconds between callbacks.")]
OutOfOrderOption = Annotated[bool, typer.Option("--out-of-order", help="Send callbacks in reverse order.")]
TwiceOption = Annotated[bool, typer.Option("--twice", help="Send every callback twice.")]


@simulate_app.command("call")
@errors_in_one_line
def simulate_call(
    sender: Annotated[str, typer.Option("--from", help="Who calls.")],
    recipient: Annotated[str, typer.Option("--to", help="Who is called; one of both is a simulated number.")],
    say: Annotated[str | None, typer.Option("--say", help="What the outside party says.")] = None,
    script: Annotated[
        Path | None, typer.Option("--script", help="Lines `caller: ...`, `agent: ...`.")
    ] = None,
    recording: Annotated[Recording, typer.Option("--recording", help="What becomes of it.")] = Recording.GOOD,
    delay: DelayOption = 0,
    out_of_order: OutOfOrderOption = False,
    twice: TwiceOption = False,
    server: ServerOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Play a two-party conversation; numbers ending in 01 to 04 are busy, absent, a mailbox, broken."""
    if say is not None and script is not None:
        raise DomainError("give either --say or --script", field="say")
    lines: list[Line] = []
    if script is not None:
        lines = parse_script(_text_of(script))
    elif say is not None:
        lines = [Line("agent", GREETING), Line("caller", say)]
    settings = load_settings(data_dir)

    async def run() -> dict[str, Any]:
        async with open_services(settings) as services:
            ends = await services.database.read(find_ends, _phone(sender, "from"), _phone(recipient, "to"))
            sid = f"SIMCALL{new_id().replace('-', '')}"
            talk_ms, key = 0, None
            if is_recorded(ends.outside):
                if not lines:
                    raise DomainError("give either --say or --script", field="say")
                talk_ms, key = await _record(services, ends, sid, lines, recording)
            now = services.clock.now()
            events = plan_call(ends, sid, now=now, talk_ms=talk_ms, recording_key=key)
            await _post(services, ends, _arranged(events, out_of_order, twice), delay, server)
            return {
                "call_sid": sid,
                "direction": ends.direction,
                "account_id": ends.number.account_id,
                "number": ends.number.e164,
                "outside_number": ends.outside,
                "duration_ms": talk_ms,
                "callbacks": len(events) * (2 if twice else 1),
            }

    data = run_async(run())
    print_result(
        as_json,
        data,
        f"{data['direction']} call {data['call_sid']}, {data['duration_ms'] / 1000:.1f} s, "
        f"{data['callbacks']} callbacks",
    )


@simulate_app.command("message")
@errors_in_one_line
def simulate_message(
    sender: Annotated[str, typer.Option("--from", help="Who writes.")],
    recipient: Annotated[str, typer.Option("--to", help="A simulated number.")],
    text: Annotated[str, typer.Option("--text", help="The words; STOP and START are obeyed.")] = "",
    whatsapp: Annotated[bool, typer.Option("--whatsapp", help="WhatsApp instead of SMS.")] = False,
    media: Annotated[Path | None, typer.Option("--media", help="A file to attach.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="The sender's profile name.")] = None,
    twice: TwiceOption = False,
    server: ServerOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let somebody write to a simulated number."""
    if not text and media is None:
        raise DomainError("give --text, --media or both", field="text")
    settings = load_settings(data_dir)

    async def run() -> dict[str, Any]:
        async with open_services(settings) as services:
            ends = await services.database.read(find_ends, _phone(sender, "from"), _phone(recipient, "to"))
            if ends.direction != "inbound":
                raise DomainError("is not a simulated number", field="to")
            message_id = f"SIM{new_id().replace('-', '')}"
            attached = () if media is None else (await _attach(services, ends, message_id, media),)
            event = MessageReceived(
                message_id,
                "whatsapp" if whatsapp else "sms",
                ends.outside,
                ends.number.e164,
                text,
                services.clock.now(),
                name=name,
                message_type=whatsapp_type(attached[0].content_type) if attached else "text",
                media=attached,
            )
            await _post(services, ends, _arranged([event], False, twice), 0, server)
            return {
                "carrier_message_id": message_id,
                "account_id": ends.number.account_id,
                "channel": event.channel,
                "from": ends.outside,
                "to": ends.number.e164,
            }

    data = run_async(run())
    print_result(as_json, data, f"{data['channel']} message {data['carrier_message_id']} delivered")


@simulate_app.command("number")
@errors_in_one_line
def simulate_number(
    account: AccountOption, data_dir: DataDirOption = None, as_json: JsonOption = False
) -> None:
    """Give an account the simulated carrier and a number on it."""
    settings = load_settings(data_dir)

    async def run() -> Number:
        async with open_services(settings) as services:

            def make(tx: WriteTx) -> Number:
                return create_simulator(tx, services.cipher, find_account(tx, account).id)

            return await services.database.write(make)

    number = run_async(run())
    print_result(as_json, {"number": number.e164, "connection_id": number.connection_id}, number.e164)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DomainError(f"{path} is no text that can be read", field="script") from error


def _phone(text: str, field: str) -> str:
    number = normalise_phone(text, "US")
    if number is None:
        raise DomainError("is not a phone number", field=field)
    return number


def _arranged(events: Sequence[CarrierEvent], out_of_order: bool, twice: bool) -> list[CarrierEvent]:
    ordered = list(reversed(events)) if out_of_order else list(events)
    return [event for event in ordered for _ in range(2 if twice else 1)]


async def _record(
    services: Services, ends: Ends, sid: str, lines: list[Line], recording: Recording
) -> tuple[int, str | None]:
    """Speak the conversation and store it: its length in milliseconds and its key."""
    if ends.outside.endswith("03"):
        lines = voicemail_lines(lines)
    key = f"{recording_prefix(ends.connection.id)}{sid}.wav"
    with tempfile.TemporaryDirectory(prefix="antiphon-") as folder:
        path = Path(folder, "call.wav")
        duration_ms = await asyncio.to_thread(record_conversation, lines, path)
        sound = await asyncio.to_thread(path.read_bytes)
    if recording is Recording.NONE:
        return duration_ms, None
    if recording is not Recording.MISSING:
        spoiled = {
            Recording.CUT: sound[: len(sound) // 2],
            Recording.EMPTY: b"",
            Recording.NOISE: b"this is no sound " * 64,
        }
        await services.store.put(key, spoiled.get(recording, sound))
    return duration_ms, key


async def _attach(services: Services, ends: Ends, message_id: str, path: Path) -> MediaReference:
    try:
        data = await asyncio.to_thread(path.read_bytes)
    except OSError as error:
        raise DomainError(f"{path} cannot be read", field="media") from error
    if len(data) > MAX_MEDIA_BYTES:
        raise DomainError("is larger than 16 MiB", field="media")
    key = f"{recording_prefix(ends.connection.id)}{message_id}"
    await services.store.put(key, data)
    return MediaReference(_content_type(path), carrier_media_id=key, filename=path.name)


def _content_type(path: Path) -> str:
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"


async def _post(
    services: Services, ends: Ends, events: Sequence[CarrierEvent], delay: float, server: str | None
) -> None:
    """Send each event as a callback of its own. Raises AntiphonError."""
    credentials = open_credentials(services.cipher, ends.connection)
    origin = (server or services.settings.origin).rstrip("/")
    url = callback_url(origin, ends.connection.carrier, credentials[CALLBACK_TOKEN])
    async with service_session(total_seconds=30) as session:
        for position, event in enumerate(events):
            if position and delay:
                await asyncio.sleep(delay)
            body = encode_callback([event])
            headers = {
                "Content-Type": "application/json",
                SIGNATURE_HEADER: sign_callback(credentials["secret"], body, services.clock.now()),
            }
            try:
                async with session.post(url, data=body, headers=headers) as response:
                    if response.status >= 300:
                        raise AntiphonError(f"the server at {origin} answered {response.status}")
            except (aiohttp.ClientError, TimeoutError) as error:
                raise AntiphonError(f"no server answers at {origin}: {error}") from error
