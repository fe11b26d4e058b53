"""The database port: plain synchronous functions run inside one transaction, on either store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from antiphon.core.db.prepared import Query
from antiphon.core.db.transaction import ReadTx, WriteTx

P = ParamSpec("P")
T = TypeVar("T")


class Database(Protocol):
    """One unit of work per call; nobody else commits.

    `read` runs `fn(tx, ...)` without write access. `write` runs it in a transaction that commits when the
    function returns and leaves no trace when it raises; events and jobs of the transaction commit with it.
    `fetch` is a `read` of one prepared statement for hot paths: nothing but the driver takes part.
    """

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def read(self, fn: Callable[Concatenate[ReadTx, P], T], *args: P.args, **kwargs: P.kwargs) -> T: ...

    async def fetch(self, query: Query[T], **parameters: Any) -> T: ...

    async def write(
        self, fn: Callable[Concatenate[WriteTx, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T: ...

    def add_jobs_listener(self, listener: Callable[[], None]) -> None:
        """Call `listener` on the event loop after a commit that enqueued jobs."""
        ...
