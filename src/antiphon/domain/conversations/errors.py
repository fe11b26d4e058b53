"""Refusals of the conversations domain."""

from __future__ import annotations

from antiphon.core.errors import DomainError


class OptedOutError(DomainError):
    """The recipient has opted out of the channel (`opted_out`)."""

    code = "opted_out"


class UnknownSenderError(DomainError):
    """`from` is no number of the account that may send on the channel (`unknown_sender`)."""

    code = "unknown_sender"
