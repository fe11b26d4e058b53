"""Refusals of the contacts domain."""

from __future__ import annotations

from antiphon.core.errors import DomainError


class ContactFieldError(DomainError):
    """A field that the account does not have, or a value that it cannot hold; `field` is its label."""

    code = "invalid"
