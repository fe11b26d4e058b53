"""Errors as data: a domain error carries a stable code, an outside service's error a retry category."""

from __future__ import annotations

from enum import StrEnum


class AntiphonError(Exception):
    """Base of every error the product raises on purpose."""


class DomainError(AntiphonError):
    """A refused command or an absent object. Contracts map `code` to their own envelope.

    `field` names the input at fault (a dotted path, "" for the whole request); `details` are extra facts.
    """

    code = "invalid"

    def __init__(
        self, message: str = "", *, field: str = "", code: str | None = None, **details: object
    ) -> None:
        super().__init__(message or (code or self.code))
        self.message = message or (code or self.code)
        self.field = field
        self.details = details
        if code is not None:
            self.code = code


class NotFoundError(DomainError):
    code = "not_found"


class ConfigurationError(AntiphonError):
    """The settings or the installation cannot work; the message is for the operator."""


class StoreBusyError(AntiphonError):
    """The database stayed locked by another process beyond the wait; nothing was written."""


class ErrorCategory(StrEnum):
    """Why an outside service failed; decides retry once for all callers."""

    AUTH = "auth"
    QUOTA = "quota"
    RATE_LIMIT = "rate_limit"
    CONNECTIVITY = "connectivity"
    SERVER = "server"
    CALLER = "caller"


RETRYABLE = frozenset({ErrorCategory.RATE_LIMIT, ErrorCategory.CONNECTIVITY, ErrorCategory.SERVER})


class ServiceError(AntiphonError):
    """A failure of an engine, carrier, mail server or store outside this process.

    `retry_after_ms` is the service's own wish, when it gave one.
    """

    def __init__(
        self, category: ErrorCategory, message: str, *, service: str = "", retry_after_ms: int | None = None
    ) -> None:
        super().__init__(message)
        self.category = category
        self.message = message
        self.service = service
        self.retry_after_ms = retry_after_ms

    @property
    def retryable(self) -> bool:
        return self.category in RETRYABLE
