from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from browser_desk import browsers, chromium, desk, receiver, server, speech_file, two_weeks, used_server

__all__ = [
    "browsers",
    "chromium",
    "desk",
    "receiver",
    "server",
    "speech_file",
    "two_weeks",
    "used_server",
]
FOLDER = Path(__file__).resolve().parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """A loaded machine is slow to show what is right."""
    expect.set_options(timeout=60_000)
    yield
    expect.set_options(timeout=None)
