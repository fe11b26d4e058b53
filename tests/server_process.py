"""A real server in processes of its own, and a visitor who talks to it over HTTP."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from waiting import eventually

SOURCE = Path(__file__).resolve().parent.parent / "src"
PATIENCE = 180.0
"""Seconds until a process counts as stuck; generous, since the machine may be loaded."""

Places = dict[str, str]


async def until(condition: Callable[[], bool | Awaitable[bool]]) -> None:
    """`eventually` for processes: patient, and sparing with the processors that they need."""
    await eventually(condition, PATIENCE, every=0.05)


def process_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with only these `ANTIPHON_*` settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANTIPHON_")}
    given = {f"ANTIPHON_{name.upper()}": value for name, value in settings.items()}
    return {**kept, "PYTHONPATH": str(SOURCE), **given}


def antiphon(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "antiphon", *arguments]


def descendants(pid: int) -> set[tuple[int, str]]:
    """Processes below `pid`, as id and start time: ids alone are used again."""
    found: set[tuple[int, str]] = set()
    for child in children(pid):
        found |= {(child, started_at(child))} | descendants(child)
    return {item for item in found if item[1]}


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return sorted(int(child) for task in tasks for child in _read(task).split())


def started_at(pid: int) -> str:
    """Start time of a live process, "" for none; a zombie is none."""
    fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return "" if not fields or fields[0] == "Z" else fields[19]


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


class Process:
    """One `antiphon` command that runs until it is stopped; settings by keyword, output in files."""

    def __init__(
        self, folder: Path, name: str, arguments: Sequence[str], settings: Mapping[str, str]
    ) -> None:
        self.settings = dict(settings)
        self._folder = folder
        self.arguments = arguments
        self._output = folder / f"{name}.out"
        self._log = folder / f"{name}.log"
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._popen is not None
        return self._popen.pid

    @property
    def log(self) -> str:
        """Everything on standard error since the first start."""
        return _read(self._log)

    @property
    def output(self) -> str:
        """Standard output since the last start."""
        return _read(self._output)

    @property
    def is_running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    async def start(self) -> None:
        """Returns once the command has announced itself on standard output."""
        self.spawn()
        await until(lambda: "\n" in self.output or not self.is_running)
        assert self.is_running, f"the process ended:\n{self.log}"

    def spawn(self) -> None:
        assert not self.is_running
        with self._output.open("wb") as output, self._log.open("ab") as log:
            self._popen = subprocess.Popen(
                antiphon(*self.arguments),
                cwd=self._folder,
                env=process_environment(self.settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=log,
            )

    async def exit_code(self) -> int:
        popen = self._popen
        assert popen is not None
        await until(lambda: popen.poll() is not None)
        assert popen.returncode is not None
        return popen.returncode

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; its exit code."""
        assert self._popen is not None
        self._popen.send_signal(how)
        return await self.exit_code()

    async def kill_hard(self) -> None:
        """SIGKILL; returns once its child processes have died of that too."""
        below = descendants(self.pid)
        await self.stop(signal.SIGKILL)
        for pid, start in below:
            # What a test has stopped while it was starting notices its parent's death only when it goes on.
            if started_at(pid) == start:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
        await until(lambda: not any(started_at(pid) == start for pid, start in below))

    def abandon(self) -> None:
        """End whatever is left, for the end of a test."""
        if self._popen is not None:
            below = descendants(self._popen.pid)
            self._popen.kill()
            self._popen.wait()
            for pid, start in below:
                if started_at(pid) == start:
                    os.kill(pid, signal.SIGKILL)


class Server(Process):
    """`antiphon serve --demo` on a free port, over `folder/data`."""

    def __init__(self, folder: Path, *options: str, **settings: str) -> None:
        arguments = ["serve", "--demo", "--json", "--port", "0", *options]
        super().__init__(folder, "server", arguments, {"data_dir": str(folder / "data"), **settings})
        self.places: Places = {}
        self._session: aiohttp.ClientSession | None = None

    @property
    def data_dir(self) -> Path:
        return Path(self.settings["data_dir"])

    @property
    def port(self) -> int:
        return urlsplit(self.places["url"]).port or 80

    @property
    def url(self) -> str:
        """Its loopback address, whatever it listens on."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Returns once `/readyz` answers 200."""
        await super().start()
        self.places = json.loads(self.output)
        assert self.places["token"] == json.loads((self.data_dir / "demo.json").read_text())["token"]
        await self.reconnect()

        async def ready() -> bool:
            return (await self.call("GET", "/readyz"))[0] == 200

        await until(ready)

    async def exit_code(self) -> int:
        code = await super().exit_code()
        await self.close()
        return code

    async def reconnect(self) -> None:
        """Drop open connections: which of several processes answers next is open again."""
        await self.close()
        self._session = aiohttp.ClientSession(self.url, timeout=aiohttp.ClientTimeout(PATIENCE))

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def restart(self, **settings: str) -> None:
        """Start again after a stop or kill, with changed settings."""
        self.settings |= settings
        await self.start()

    async def call(
        self, method: str, path: str, *, token: str | None = None, **options: Any
    ) -> tuple[int, Any, Mapping[str, str]]:
        """Status, decoded JSON or text, headers."""
        assert self._session is not None
        headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **options.pop("headers", {})}
        async with self._session.request(method, path, headers=headers, **options) as response:
            text = await response.text()
            is_json = "json" in response.headers.get("Content-Type", "")
            return response.status, json.loads(text) if is_json else text, response.headers

    async def api(self, method: str, path: str, **options: Any) -> Any:
        """A successful call of the Voicegram contract with the demo account's token."""
        status, body, _ = await self.call(method, f"/api/v1{path}", token=self.places["token"], **options)
        assert 200 <= status < 300, (status, body)
        return body

    async def add_webhook(self, url: str) -> str:
        """Subscribe to everything; the secret."""
        made = await self.api("POST", "/webhook-subscriptions", json={"url": url})
        return str(made["secret"])


class Visitor:
    """Somebody on the demo account's hosted page."""

    def __init__(self, server: Server, address: str = "visitor@example.org") -> None:
        self._server = server
        self.address = address
        self._channel = ""
        self._token = ""

    def _code_in_log(self) -> str | None:
        mails = self._server.log.split(f"mail to {self.address}:")
        found = re.search(r"\b(\d{6})\b", mails[-1]) if len(mails) > 1 else None
        return found and found[1]

    async def prove(self, find_code: Callable[[], str | None] | None = None) -> None:
        """Ask for a code, read it from the mail (by default the server's log), exchange it for a token."""
        find_code = find_code or self._code_in_log
        _, channel, _ = await self._server.call("GET", "/api/public/recording/demo/hello")
        self._channel = channel["channel_id"]
        asked = {"channel_id": self._channel, "email": self.address}
        status, body, _ = await self._server.call("POST", "/api/public/recording/codes", json=asked)
        assert status == 204, body
        await until(lambda: find_code() is not None)
        status, body, _ = await self._server.call(
            "POST", "/api/public/recording/codes/verify", json={**asked, "code": find_code()}
        )
        assert status == 200, body
        self._token = body["sender_token"]

    async def upload(self, audio: bytes, client_id: str = "") -> tuple[int, Any, Mapping[str, str]]:
        form = aiohttp.FormData()
        form.add_field("channel_id", self._channel)
        form.add_field("sender_token", self._token)
        form.add_field("client_id", client_id)
        form.add_field(
            "audio", io.BytesIO(audio), filename="message", content_type="application/octet-stream"
        )
        return await self._server.call("POST", "/api/public/recording/voicegrams", data=form)

    async def leave(self, audio: bytes, client_id: str = "") -> str:
        """Upload successfully; the voicegram's id."""
        status, body, _ = await self.upload(audio, client_id)
        assert status == 202, (status, body, self._server.log[-4000:])
        assert body["status"] == "processing"
        return str(body["id"])
