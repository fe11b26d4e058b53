from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import uvloop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The guarded client works on transports itself, so it is tried on the server's event loop too.

    Fixtures of the session are made anew for every test here: nothing that needs a database belongs here.
    """
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
