from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from browser_desk import chromium, desk, receiver, server, speech_file, two_weeks, used_server

__all__ = ["chromium", "desk", "receiver", "server", "speech_file", "two_weeks", "used_server"]


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """A loaded machine is slow to show what is right."""
    expect.set_options(timeout=60_000)
    yield
    expect.set_options(timeout=None)
