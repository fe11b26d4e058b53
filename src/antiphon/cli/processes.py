"""Server processes: one in the foreground, or several on one port (PostgreSQL and Redis)."""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
from typing import Any, cast

import typer
import uvicorn
from prometheus_client.multiprocess import mark_process_dead
from uvicorn.config import STARTUP_FAILURE
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.supervisors import Multiprocess

from antiphon.app import App, create_app
from antiphon.contracts.http import RequestInfo
from antiphon.core.metrics import SHARED_DIRECTORY
from antiphon.logs import configure_logs
from antiphon.settings import Settings

CHILD = "antiphon.cli.processes:create_child"
# A process answers the supervisor only once its imports are done, and a loaded machine takes long for them.
ANSWER_SECONDS = 60
_PR_SET_PDEATHSIG = 1


class PairedWrites:
    """A transport that sends the head of an answer and its body in one piece.

    Each piece is a call of the kernel and wakes the client, to whom a head alone is no use. Only one piece
    waits, and until the event loop's next turn at most, so streams keep their pace and their flow control.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: bytes | None = None
        self.is_closing = transport.is_closing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if self._waiting is None:
            self._waiting = data
            self._loop.call_soon(self._send)
        else:
            pieces = (self._waiting, data)
            self._waiting = None
            self._transport.writelines(pieces)

    def close(self) -> None:
        self._send()
        self._transport.close()

    def _send(self) -> None:
        data, self._waiting = self._waiting, None
        if data is not None and not self._transport.is_closing():
            self._transport.write(data)


class _Connection(HttpToolsProtocol):
    """Ends answers that last when the server stops; it would wait for them otherwise."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the library
        super().connection_made(cast(asyncio.Transport, PairedWrites(transport, self.loop)))

    def shutdown(self) -> None:
        super().shutdown()
        info = None if self.cycle is None else self.cycle.scope.get("antiphon.request")
        if isinstance(info, RequestInfo) and info.on_shutdown is not None:
            info.on_shutdown()


def create_config(app: Any, **options: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=_Connection,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
        **options,
    )


class _Server(uvicorn.Server):
    """Says where it is once it answers."""

    def __init__(self, config: uvicorn.Config, announcement: str) -> None:
        super().__init__(config)
        self._announcement = announcement

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            typer.echo(self._announcement)


def run_single(app: App, listener: socket.socket, announcement: str) -> bool:
    """Serve in this process; false when the start failed."""
    server = _Server(create_config(app), announcement)
    server.run(sockets=[listener])
    return server.started


class _Family(Multiprocess):
    """Says where it is once every process answers; replaces a process that dies."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], announcement: str) -> None:
        super().__init__(config, sockets)
        self._announcement = announcement
        self._announced = False
        self.failed = False

    def keep_subprocess_alive(self) -> None:
        before = {process.pid for process in self.processes}
        super().keep_subprocess_alive()
        for pid in before - {process.pid for process in self.processes}:
            mark_process_dead(pid)  # type: ignore[no-untyped-call]  # the library has no types here
        self.failed = any(process.exitcode == STARTUP_FAILURE for process in self.processes)
        if not self._announced and all(process.is_ready(ANSWER_SECONDS) for process in self.processes):
            self._announced = True
            typer.echo(self._announcement)


def run_family(settings: Settings, listener: socket.socket, announcement: str) -> bool:
    """Serve with `server_processes` processes; false when their start failed.

    The store must be migrated: the processes do not do it.
    """
    # Options of the command reach the processes, which read their settings anew, through the environment.
    os.environ["ANTIPHON_HOST"] = settings.host
    os.environ["ANTIPHON_PORT"] = str(settings.port)
    os.environ["ANTIPHON_DATA_DIR"] = str(settings.data_dir)
    config = create_config(
        CHILD,
        factory=True,
        workers=settings.server_processes,
        timeout_worker_healthcheck=ANSWER_SECONDS,
    )
    with tempfile.TemporaryDirectory(prefix="antiphon-figures-") as figures:
        os.environ[SHARED_DIRECTORY] = figures
        family = _Family(config, [listener], announcement)
        family.run()
    return not family.failed


def create_child() -> App:
    """The application of one of several processes; it ends when its parent dies."""
    parent = multiprocessing.parent_process()
    if sys.platform == "linux" and parent is not None:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent.pid:
            raise SystemExit(0)
    app = create_app()
    configure_logs(app.settings)
    return app
