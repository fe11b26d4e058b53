"""The queue engine's driver port inside one process: notifications only, no SQL."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Self

from pgqueuer.core.tm import TaskManager
from pgqueuer.ports.driver import Driver, NotifyCallback


class LocalDriver(Driver):
    """Delivers notifications to listeners of the same process; the store makes its queries elsewhere."""

    def __init__(self) -> None:
        self._shutdown = asyncio.Event()
        self._tasks = TaskManager()
        self._listeners: defaultdict[str, list[NotifyCallback]] = defaultdict(list)

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        raise NotImplementedError("the SQLite store runs no engine SQL")

    async def execute(self, query: str, *args: object) -> str:
        raise NotImplementedError("the SQLite store runs no engine SQL")

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        self._listeners[channel].append(callback)

    async def remove_listener(self, channel: str, callback: NotifyCallback) -> None:
        if callback in self._listeners[channel]:
            self._listeners[channel].remove(callback)

    def publish(self, channel: str, payload: str) -> None:
        for callback in tuple(self._listeners[channel]):
            callback(payload)

    async def notify(self, channel: str, payload: str) -> None:
        self.publish(channel, payload)

    @property
    def shutdown(self) -> asyncio.Event:
        return self._shutdown

    @property
    def tm(self) -> TaskManager:
        return self._tasks

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listeners.clear()
