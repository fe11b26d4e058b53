"""Commands that run processes: server, worker, migration."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
from typing import Annotated, NoReturn

import typer

from antiphon.app import App, close_services, create_jobs, create_services, create_worker
from antiphon.cli.demo import Demo, banner, describe, ensure_demo
from antiphon.cli.output import (
    BAD_USE,
    DataDirOption,
    JsonOption,
    errors_in_one_line,
    fail,
    load_settings,
    print_result,
    run_async,
)
from antiphon.cli.processes import run_family, run_single
from antiphon.cli.session import open_services
from antiphon.core.db.lock import ServerLock
from antiphon.logs import configure_logs
from antiphon.migrations.startup import ensure_migrated
from antiphon.settings import Settings

BACKLOG = 2048


@errors_in_one_line
def serve(
    host: Annotated[str | None, typer.Option("--host")] = None,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535)] = None,
    data_dir: DataDirOption = None,
    demo: Annotated[bool, typer.Option("--demo", help="Create the demo account if there is none.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Migrate the store and serve everything on one origin."""
    settings = load_settings(data_dir, host=host, port=port)
    configure_logs(settings)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    with contextlib.ExitStack() as stack:
        if not settings.database_url:
            stack.enter_context(ServerLock(settings.data_dir / "server.lock"))
        listener = stack.enter_context(_listen(settings))
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        made = run_async(_prepare(settings, demo))
        _run_server(settings, listener, made, as_json)


def _leave(number: int, frame: object) -> NoReturn:
    """A stop on request is a success; the server raises the signal again once it has shut down."""
    raise SystemExit(0)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        fail(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}", BAD_USE)
    listener.listen(BACKLOG)
    return listener


async def _prepare(settings: Settings, with_demo: bool) -> Demo | None:
    if not with_demo:
        await ensure_migrated(settings)
        return None
    async with open_services(settings) as services:
        return await ensure_demo(services)


def _run_server(settings: Settings, listener: socket.socket, made: Demo | None, as_json: bool) -> None:
    places = {"url": settings.origin} | (describe(made, settings) if made else {})
    text = f"\nAntiphon serves {settings.origin}\n" + (banner(places) + "\n" if made else "")
    announcement = json.dumps(places) if as_json else text
    if settings.server_processes > 1:
        started = run_family(settings, listener, announcement)
    else:
        started = run_single(App(settings), listener, announcement)
    if not started:
        fail("the server did not start; the log above says why")


@errors_in_one_line
def worker(data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """Run background jobs in a process of its own (PostgreSQL; on SQLite the server runs them)."""
    settings = load_settings(data_dir)
    configure_logs(settings)
    if not settings.database_url:
        fail("a worker of its own needs database_url: on SQLite the server runs the jobs", BAD_USE)
    if settings.storage == "local":
        typer.echo("antiphon: objects are on the local disk; workers elsewhere would not see them", err=True)
    run_async(_work(settings, as_json))


async def _work(settings: Settings, as_json: bool) -> None:
    await ensure_migrated(settings)
    services = create_services(settings)
    await services.database.start()
    job_worker = create_worker(services, create_jobs(services))
    running = asyncio.create_task(job_worker.run())
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    print_result(as_json, {"worker": "running"}, "Antiphon worker is running")
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({stopping, running}, return_when=asyncio.FIRST_COMPLETED)
    await job_worker.stop()
    stopping.cancel()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await close_services(services)


@errors_in_one_line
def migrate_command(data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """Bring the store to the newest schema."""
    settings = load_settings(data_dir)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    from antiphon.migrations.runner import migrate

    before, after = run_async(migrate(settings))
    text = f"schema {after}" if before == after else f"schema {before or 'empty'} to {after}"
    print_result(as_json, {"before": before or None, "after": after}, text)
