"""Refusals of the channels domain."""

from __future__ import annotations

from antiphon.core.errors import DomainError


class ChannelError(DomainError):
    """A refused channel: `required`, `invalid` or `taken`."""
