"""Who causes a change: every write knows it, and with it every event and audit entry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """`kind` as in votel.md 1: `user` in the dashboard, `api` by a user's key, `system` for neither."""

    kind: str
    id: str | None = None
    name: str = ""
    key_id: str | None = None
    ip: str | None = None


SYSTEM = Actor("system", name="System")

_current: ContextVar[Actor] = ContextVar("actor", default=SYSTEM)


def current_actor() -> Actor:
    return _current.get()


def set_actor(actor: Actor) -> None:
    """Name the actor for the rest of this task, as a request does once it knows who asks."""
    _current.set(actor)


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    """Name the actor within a block."""
    token = _current.set(actor)
    try:
        yield
    finally:
        _current.reset(token)
