"""Worker processes for media: untrusted decoding and recognisers that hold the interpreter lock."""

from __future__ import annotations

import asyncio
import io
import os
import pickle
import signal
import sys
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, is_dataclass
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

import structlog

import antiphon
from antiphon.core.errors import AntiphonError, ErrorCategory, ServiceError
from antiphon.speech.worker_main import HEADER, READY

log = structlog.get_logger(__name__)

T = TypeVar("T")

MAX_REPLY_BYTES = 256 * 1024 * 1024
START_SECONDS = 60.0
LONGEST_HOLD = 1.0
CALM_AFTER = 0.02
_SERVICE = "media worker"


class Lane(StrEnum):
    """Which workers take a call: a waiting person before short media work, that before recognition."""

    UPLOAD = "upload"
    QUICK = "quick"
    HEAVY = "heavy"


@dataclass(frozen=True, slots=True)
class _Rules:
    """`address_space` in bytes, 0 for no limit."""

    niceness: int
    address_space: int


_UPLOAD_RULES = _Rules(niceness=0, address_space=2 * 1024**3)
_QUICK_RULES = _Rules(niceness=5, address_space=2 * 1024**3)


class MediaPool:
    """Runs functions in worker processes that start on demand and leave when idle.

    `max_workers` bounds the heavy lane (default: usable cores); the upload lane has two processes, the quick
    lane one. `memory_bytes` limits the address space of a heavy worker. A worker that crashes, hangs or is
    killed fails only its own call, with a `ServiceError` of category `server`. All workers die with this
    process. Results are plain values, paths, and enumerations and dataclasses of `antiphon.speech`.
    """

    def __init__(
        self, *, max_workers: int | None = None, idle_seconds: float = 60.0, memory_bytes: int = 0
    ) -> None:
        heavy = _Rules(niceness=10, address_space=memory_bytes)
        self._lanes = {
            Lane.UPLOAD: _LanePool(min(2, usable_cores()), idle_seconds, _UPLOAD_RULES),
            Lane.QUICK: _LanePool(1, idle_seconds, _QUICK_RULES),
            Lane.HEAVY: _LanePool(max_workers or usable_cores(), idle_seconds, heavy),
        }
        self._attended = 0
        self._calm = _Calm()
        self._hold = _Hold([self._lanes[Lane.QUICK], self._lanes[Lane.HEAVY]])

    async def run(
        self,
        function: Callable[..., T],
        *args: object,
        timeout: float = 60.0,  # noqa: ASYNC109 - the worker is killed, not only the wait
        lane: Lane = Lane.HEAVY,
    ) -> T:
        """Call an importable function in a worker; `timeout` in seconds counts from when the worker has it.

        Raises what the function raises when that is an `AntiphonError`, else `ServiceError`.
        """
        call = pickle.dumps((function, args))
        return cast(T, _unpack(await self._lanes[lane].call(call, timeout)))

    def expect(self, lane: Lane) -> None:
        """Start a worker in the background, or keep one that waits, for a call that will come soon."""
        self._lanes[lane].expect()

    @contextmanager
    def attended(self) -> Iterator[None]:
        """While a person waits for an answer: `calm` holds other work back, and running work stands still.

        It stands still for one second at the most, and then runs for as long as it has stood.
        """
        self._attended += 1
        if self._attended == 1:
            self._calm.end()
            self._hold.begin()
        try:
            yield
        finally:
            self._attended -= 1
            if self._attended == 0:
                self._hold.end()
                self._calm.begin()

    async def calm(self, seconds: float = LONGEST_HOLD) -> None:
        """Return when nobody has waited for an answer for a moment, after `seconds` at the latest.

        Where that long was waited in vain, nothing waits for as long again.
        """
        await self._calm.wait(seconds)

    async def warm(self) -> None:
        """Have one worker of each lane running."""
        await asyncio.gather(*(lane.warm() for lane in self._lanes.values()))

    def is_idle(self, lane: Lane) -> bool:
        """Whether no worker of the lane has a call."""
        return not self._lanes[lane].busy

    @property
    def worker_count(self) -> int:
        return sum(lane.worker_count for lane in self._lanes.values())

    async def close(self) -> None:
        """End all workers; running calls fail with `ServiceError`, later calls too."""
        self._hold.end()
        self._calm.close()
        await asyncio.gather(*(lane.close() for lane in self._lanes.values()))


def usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


class _Calm:
    """Whether nobody waits for an answer; it comes a moment after the last one, as people come in crowds."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._event.set()
        self._not_before = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(CALM_AFTER, self._event.set)

    def end(self) -> None:
        self.close()
        self._event.clear()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def wait(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        if self._event.is_set() or loop.time() < self._not_before:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            self._not_before = loop.time() + seconds


class _Hold:
    """Stops the processes of some lanes for a moment, so that those who wait have all cores."""

    def __init__(self, lanes: Sequence[_LanePool]) -> None:
        self._lanes = lanes
        self._held: list[_Worker] = []
        self._began = 0.0
        self._not_before = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        loop = asyncio.get_running_loop()
        self._held = [worker for lane in self._lanes for worker in lane.busy]
        if not self._held or loop.time() < self._not_before:
            self._held = []
            return
        self._began = loop.time()
        for worker in self._held:
            worker.send_signal(signal.SIGSTOP)
        self._timer = loop.call_later(LONGEST_HOLD, self.end)

    def end(self) -> None:
        if self._timer is None:
            return
        self._timer.cancel()
        self._timer = None
        for worker in self._held:
            worker.send_signal(signal.SIGCONT)
        self._held = []
        now = asyncio.get_running_loop().time()
        self._not_before = now + (now - self._began)


class _LanePool:
    def __init__(self, size: int, idle_seconds: float, rules: _Rules) -> None:
        self._size = size
        self._slots = asyncio.Semaphore(size)
        self._waiting: deque[asyncio.Future[_Worker]] = deque()
        self._growing = 0
        self._idle_seconds = idle_seconds
        self._rules = rules
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()
        self._aside: set[asyncio.Task[None]] = set()
        self._closed = False
        self._starting = False

    @property
    def worker_count(self) -> int:
        return len(self._all)

    @property
    def busy(self) -> list[_Worker]:
        return [worker for worker in self._all if worker not in self._idle]

    async def call(self, body: bytes, seconds: float) -> bytes:
        async with self._slots:
            worker = await self._take()
            try:
                answer = await worker.call(body, seconds)
            except BaseException:
                await self._discard(worker)
                raise
            await self._give_back(worker)
            return answer

    def expect(self) -> None:
        for worker in self._idle:
            worker.cancel_leave()
            worker.leave_after(self._idle_seconds, self._leave)
        if not self._all and not self._starting and not self._closed:
            self._starting = True
            self._run_aside(self._start_expected())

    async def _start_expected(self) -> None:
        try:
            await self.warm()
        except (ServiceError, OSError):
            log.warning("a media worker did not start ahead of its call", exc_info=True)
        finally:
            self._starting = False

    async def warm(self) -> None:
        async with self._slots:
            await self._give_back(await self._take())

    async def close(self) -> None:
        self._closed = True
        self._refuse(_stopped())
        await asyncio.gather(*(self._discard(worker) for worker in tuple(self._all)), *self._aside)

    async def _take(self) -> _Worker:
        while self._idle:
            worker = self._idle.pop()
            worker.cancel_leave()
            if worker.alive:
                return worker
            await self._discard(worker)
        if self._closed:
            raise _stopped()
        if not self._all:
            return await self._start()
        # Another one takes a second to start; who is busy may be free before.
        self._grow()
        place: asyncio.Future[_Worker] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:
                await self._give_back(place.result())
            raise

    async def _start(self) -> _Worker:
        worker = await _Worker.start(self._rules)
        self._all.add(worker)
        return worker

    def _grow(self) -> None:
        """Start another worker for those who wait, unless as many as there may be are there or starting."""
        if len(self._all) + self._growing < self._size and not self._closed:
            self._growing += 1
            self._run_aside(self._start_another())

    async def _start_another(self) -> None:
        try:
            worker = await self._start()
        except (ServiceError, OSError) as error:
            self._growing -= 1
            log.warning("a media worker did not start", exc_info=True)
            # While another one works, those who wait for this one wait for that one.
            if not self._all and not self._growing:
                self._refuse(error)
            return
        self._growing -= 1
        await self._give_back(worker)

    def _refuse(self, error: Exception) -> None:
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_exception(error)

    async def _give_back(self, worker: _Worker) -> None:
        if self._closed or not worker.alive:
            await self._discard(worker)
            return
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(worker)
                return
        self._idle.append(worker)
        worker.leave_after(self._idle_seconds, self._leave)

    def _leave(self, worker: _Worker) -> None:
        if worker in self._idle:
            self._idle.remove(worker)
            self._run_aside(self._discard(worker))

    def _run_aside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)

    async def _discard(self, worker: _Worker) -> None:
        self._all.discard(worker)
        worker.cancel_leave()
        if worker in self._idle:
            self._idle.remove(worker)
        if any(not place.done() for place in self._waiting):
            self._grow()
        await asyncio.shield(worker.kill())


def _stopped() -> ServiceError:
    return ServiceError(ErrorCategory.SERVER, "the media workers are stopped", service=_SERVICE)


class _Worker:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    async def start(cls, rules: _Rules) -> _Worker:
        root = str(Path(antiphon.__file__).parents[1])
        search_path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "antiphon.speech.worker_main",
            str(os.getpid()),
            str(rules.niceness),
            str(rules.address_space),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": search_path},
        )
        worker = cls(process)
        try:
            async with asyncio.timeout(START_SECONDS):
                ready = await worker._receive()
            if ready != READY:
                raise ServiceError(ErrorCategory.SERVER, "a media worker started wrongly", service=_SERVICE)
        except TimeoutError as error:
            await worker.kill()
            raise ServiceError(
                ErrorCategory.SERVER, "a media worker did not start", service=_SERVICE
            ) from error
        except BaseException:
            await asyncio.shield(worker.kill())
            raise
        return worker

    @property
    def alive(self) -> bool:
        """Asked of the system: the event loop is told of an end a moment later."""
        if self._process.returncode is not None:
            return False
        if not hasattr(os, "waitid"):  # older Pythons on macOS
            return True
        try:
            ended = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return False
        return ended is None

    async def call(self, body: bytes, seconds: float) -> bytes:
        try:
            async with asyncio.timeout(seconds):
                await self._send(body)
                return await self._receive()
        except TimeoutError as error:
            message = f"a media worker took longer than {seconds:g} s"
            raise ServiceError(ErrorCategory.SERVER, message, service=_SERVICE) from error

    async def _send(self, body: bytes) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        with suppress(BrokenPipeError, ConnectionResetError):
            pipe.write(HEADER.pack(len(body)) + body)
            await pipe.drain()

    async def _receive(self) -> bytes:
        pipe = self._process.stdout
        assert pipe is not None
        try:
            size = HEADER.unpack(await pipe.readexactly(HEADER.size))[0]
            if size > MAX_REPLY_BYTES:
                raise ServiceError(
                    ErrorCategory.SERVER, "a media worker's reply is too large", service=_SERVICE
                )
            return await pipe.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionResetError) as error:
            raise ServiceError(ErrorCategory.SERVER, "a media worker died", service=_SERVICE) from error

    def leave_after(self, seconds: float, leave: Callable[[_Worker], None]) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, leave, self)

    def cancel_leave(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def send_signal(self, number: signal.Signals) -> None:
        if self.alive:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._process.wait()


def _unpack(reply: bytes) -> object:
    try:
        succeeded, value = _ReplyUnpickler(io.BytesIO(reply)).load()
    except Exception as error:
        raise ServiceError(ErrorCategory.SERVER, f"unreadable reply: {error}", service=_SERVICE) from error
    if succeeded:
        return value
    kind, arguments, attributes = value
    failure = cast(AntiphonError, kind.__new__(kind, *arguments))
    failure.__dict__.update(attributes)
    raise failure


class _ReplyUnpickler(pickle.Unpickler):
    """Reads data only: a worker that a hostile file took over must not reach this process."""

    _known: ClassVar[dict[tuple[str, str], type]] = {}

    def find_class(self, module: str, name: str) -> Any:
        found = self._known.get((module, name))
        if found is None:
            found = self._known[module, name] = self._allowed(module, name)
        return found

    def _allowed(self, module: str, name: str) -> type:
        if module == "antiphon.core.errors" or module.startswith("antiphon.speech."):
            found = super().find_class(module, name)
            if isinstance(found, type) and (issubclass(found, AntiphonError | Enum) or is_dataclass(found)):
                return found
        if (module, name) == ("pathlib", type(Path()).__name__):
            return type(Path())
        raise pickle.UnpicklingError(f"{module}.{name} is not allowed in a reply")
