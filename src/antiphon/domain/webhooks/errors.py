"""Refusals of the webhooks domain."""

from __future__ import annotations

from antiphon.core.errors import DomainError


class SubscriptionError(DomainError):
    """`invalid_channel`, `conflict`, `limit_reached`, or `expired` when it is too late to reactivate."""
