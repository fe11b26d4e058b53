"""Refusals of the numbers domain."""

from __future__ import annotations

from antiphon.core.errors import DomainError


class NumberTakenError(DomainError):
    """A live number of some account has this E.164 form (`taken`)."""

    code = "taken"
