"""One attempt: render, sign, send, judge."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import structlog

from antiphon.core.http import HttpFailure
from antiphon.domain.services import Services
from antiphon.domain.webhooks.commands import secret_context
from antiphon.domain.webhooks.dialect import AudioLink, Dialect, Sign
from antiphon.domain.webhooks.outcomes import INTERNAL, outcome_of, outcome_of_failure
from antiphon.domain.webhooks.records import AttemptResult, Delivery, Outcome, Receiver, Subscription
from antiphon.domain.webhooks.schedule import ATTEMPT_SECONDS, MAX_RESPONSE_BYTES

log = structlog.get_logger(__name__)

_decode = msgspec.json.Decoder(dict).decode


@dataclass(frozen=True, slots=True)
class OpenReceiver:
    """A receiver with its secret at work; lives as long as a lane's turn."""

    subscription: Subscription
    dialect: Dialect
    sign: Sign


class Sender:
    """Makes attempts; `timeout_seconds` covers one attempt whole (contracts/voicegram.md 7.1)."""

    def __init__(self, services: Services, *, timeout_seconds: float = ATTEMPT_SECONDS) -> None:
        self._http = services.http
        self._clock = services.clock
        self._cipher = services.cipher
        self._links = services.links
        self._dialects = services.dialects
        self._timeout = timeout_seconds

    def open(self, receiver: Receiver) -> OpenReceiver:
        """Ready to send. Raises CipherError when the secret was sealed with another key."""
        subscription = receiver.subscription
        sealed = receiver.sealed_secret or ""
        secret = self._cipher.open(sealed, secret_context(subscription.id)).decode()
        dialect = self._dialects[subscription.contract]
        return OpenReceiver(subscription, dialect, dialect.signer(secret))

    async def attempt(self, receiver: OpenReceiver, delivery: Delivery) -> AttemptResult:
        """Send once; every failure is an outcome."""
        started_at = self._clock.now()
        outcome = await self._send(receiver, delivery, started_at)
        return AttemptResult(delivery, outcome, started_at, self._clock.now())

    async def _send(self, receiver: OpenReceiver, delivery: Delivery, now: int) -> Outcome:
        try:
            body = receiver.dialect.render(
                delivery.event_id,
                delivery.event_type,
                _decode(delivery.data),
                receiver.subscription,
                delivery,
                now,
                self._audio_link(delivery),
            )
            response = await self._http.request(
                "POST",
                receiver.subscription.url,
                headers=receiver.sign(delivery.event_id, now // 1000, body),
                body=body,
                timeout_seconds=self._timeout,
                max_response_bytes=MAX_RESPONSE_BYTES,
            )
        except HttpFailure as failure:
            return outcome_of_failure(failure)
        except Exception:
            # One delivery that cannot be built must not hold up its receiver's others.
            log.exception("webhook attempt failed", delivery_id=delivery.id, event_type=delivery.event_type)
            return INTERNAL
        return outcome_of(response)

    def _audio_link(self, delivery: Delivery) -> AudioLink | None:
        if delivery.listener_id is None or delivery.link_expires_at is None:
            return None
        url = self._links.url(delivery.object_id, delivery.listener_id, delivery.link_expires_at)
        return AudioLink(url, delivery.link_expires_at)
