"""Refusals of the voicegrams domain."""

from __future__ import annotations

from antiphon.core.errors import DomainError


class VoicegramStateError(DomainError):
    """The voicegram is not in a state that allows the step (`invalid_state`)."""

    code = "invalid_state"
