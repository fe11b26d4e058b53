"""Refusals of the channels domain."""

from __future__ import annotations

from antiphon.core.errors import DomainError


class ChannelError(DomainError):
    """A refused channel: `required`, `invalid` or `taken`."""


class CodeError(DomainError):
    """`code_wrong` (with `tries_left`) or `code_void` (contracts/votel.md 18)."""
