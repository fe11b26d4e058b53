"""Private PostgreSQL and Redis on loopback, for tests and scripts/test-services: standard library only."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

START_SECONDS = 60
ROOM_BYTES = 4 * 1024**3
_MEMORY = Path("/dev/shm")
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current"))


class MissingPartError(Exception):
    """A program that a test group needs is not installed."""


def folder_in_memory(memory: Path = _MEMORY, room: int = ROOM_BYTES) -> Path | None:
    """This user's own folder for temporary files in memory; None where fewer than `room` bytes are free.

    Thousands of databases are made and thrown away, which a disk's queue need not know.
    """
    try:
        system = os.statvfs(memory)
        if (
            system.f_flag & getattr(os, "ST_NOEXEC", 0)
            or min(system.f_bavail * system.f_frsize, _free_memory()) < room
        ):
            return None
        folder = memory / f"antiphon-tests-{os.geteuid()}"
        folder.mkdir(0o755, exist_ok=True)
        return folder if folder.stat().st_uid == os.geteuid() and not folder.is_symlink() else None
    except OSError:
        return None


def _free_memory() -> int:
    """Bytes; of the machine, or of the control group where that allows less."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    if all(path.is_file() for path in _LIMITS):
        limit, used = (path.read_text().strip() for path in _LIMITS)
        free = free if limit == "max" else min(free, int(limit) - int(used))
    return free


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def find_postgres() -> Path:
    """The directory of the newest installed server's programs. Raises MissingPartError."""
    candidates = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )
    if candidates:
        return candidates[-1].parent
    found = shutil.which("initdb")
    if found is None:
        raise MissingPartError("PostgreSQL is not installed")
    return Path(found).resolve().parent


class PostgresServer:
    """A throw-away cluster: trust on loopback, no socket file, no fsync. `url` names no database.

    Commits still reach the operating system, so that they survive a crash of the server (SIGQUIT).
    """

    def __init__(self) -> None:
        self._bin = find_postgres()
        # The server refuses to run as root, and pytest's own directories are closed to other users.
        self._user = "postgres" if os.geteuid() == 0 else None
        self._home = Path(tempfile.mkdtemp(prefix="antiphon-postgres-"))
        if self._user is not None:
            try:
                owner = pwd.getpwnam(self._user)
            except KeyError as error:
                raise MissingPartError("PostgreSQL has no system user") from error
            os.chown(self._home, owner.pw_uid, owner.pw_gid)
        self.port = free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def _spawn(self, *command: str) -> subprocess.Popen[bytes]:
        log = (self._home.parent / f"{self._home.name}.log").open("ab")
        with log:
            return subprocess.Popen(
                [str(self._bin / command[0]), *command[1:]],
                cwd="/",
                user=self._user,
                group=self._user,
                extra_groups=[] if self._user else None,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
            )

    def initialise(self) -> None:
        status = self._spawn(
            "initdb", "-D", str(self._home / "data"), "--username=postgres", "--auth=trust",
            "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
        ).wait()  # fmt: skip
        if status != 0:
            raise RuntimeError(f"initdb failed:\n{self.log()}")

    def log(self) -> str:
        return (self._home.parent / f"{self._home.name}.log").read_text(errors="replace")

    def start(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "off",
            "full_page_writes": "off",
            "max_connections": "200",
            "shared_buffers": "64MB",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._process = self._spawn("postgres", "-D", str(self._home / "data"), *options)
        ready = [str(self._bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        deadline = time.monotonic() + START_SECONDS
        while subprocess.run(ready, check=False).returncode != 0:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{self.log()}")
            time.sleep(0.02)

    def halt(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server but keep its data; SIGINT ends sessions cleanly, SIGQUIT is a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        self.halt(signal.SIGQUIT)
        shutil.rmtree(self._home, ignore_errors=True)
        (self._home.parent / f"{self._home.name}.log").unlink(missing_ok=True)


class RedisServer:
    """A Redis without persistence. `url` names no database number."""

    def __init__(self) -> None:
        program = shutil.which("redis-server")
        if program is None:
            raise MissingPartError("Redis is not installed")
        self._program = program
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [self._program, "--port", str(self.port), "--bind", "127.0.0.1", "--databases", "64"]
        command += ["--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(command, cwd=tempfile.gettempdir(), stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                    connection.sendall(b"PING\r\n")
                    if connection.recv(16).startswith(b"+PONG"):
                        return
            except OSError:
                pass
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("Redis did not start")
            time.sleep(0.02)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
