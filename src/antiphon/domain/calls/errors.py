"""Refusals of the calls domain."""

from __future__ import annotations

from antiphon.core.errors import DomainError


class RecordingError(DomainError):
    """The recording cannot be had: `missing`, `too_large`."""

    code = "missing"
