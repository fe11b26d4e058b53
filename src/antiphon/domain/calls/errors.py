"""Refusals of the calls domain."""

from __future__ import annotations

from antiphon.core.errors import DomainError


class CallStateError(DomainError):
    """The call is not in a state that allows this (`invalid_state`)."""

    code = "invalid_state"
