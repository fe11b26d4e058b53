"""Refusals of the accounts domain."""

from __future__ import annotations

from antiphon.core.errors import DomainError


class SignInError(DomainError):
    """Wrong email, password or code: one answer for all (contracts/votel.md 18)."""

    code = "sign_in_failed"


class LinkError(DomainError):
    """A mailed link that is unknown, used or expired (`link_void`)."""


class SubdomainError(DomainError):
    """`invalid`, `reserved` or `taken` (contracts/voicegram.md 9)."""


class TakenError(DomainError):
    code = "taken"


class ForbiddenError(DomainError):
    """The acting user may not do this (contracts/vocatech.md 5.6)."""

    code = "forbidden"


class LastOneError(DomainError):
    """An account keeps an active admin and an active owner: `last_admin`, `last_owner`."""

    code = "last_owner"
