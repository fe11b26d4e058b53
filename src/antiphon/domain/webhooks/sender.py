"""One attempt: render, sign, send, judge."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import structlog

from antiphon.core.http import HttpFailure
from antiphon.domain.services import Services
from antiphon.domain.voicegrams.links import ListenLinks
from antiphon.domain.webhooks.commands import secret_context
from antiphon.domain.webhooks.dialect import AudioLink, Dialect, Sign
from antiphon.domain.webhooks.outcomes import INTERNAL, outcome_of, outcome_of_failure
from antiphon.domain.webhooks.records import AttemptResult, Delivery, Outcome, Receiver, Subscription
from antiphon.domain.webhooks.schedule import ATTEMPT_SECONDS, MAX_RESPONSE_BYTES

log = structlog.get_logger(__name__)

_decode = msgspec.json.Decoder(dict).decode


@dataclass(frozen=True, slots=True)
class OpenReceiver:
    """A receiver with its secrets at work; lives as long as a lane's turn.

    Until `both_until` requests are signed with the secret before a rotation too.
    """

    subscription: Subscription
    dialect: Dialect
    sign: Sign
    sign_both: Sign
    both_until: int


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
        context = secret_context(subscription.id)
        dialect = self._dialects[subscription.contract]
        secret = self._cipher.open(receiver.sealed_secret or "", context).decode()
        sign = dialect.signer(secret)
        if receiver.sealed_previous_secret is None or receiver.previous_until is None:
            return OpenReceiver(subscription, dialect, sign, sign, 0)
        previous = self._cipher.open(receiver.sealed_previous_secret, context).decode()
        both = dialect.signer(secret, previous)
        return OpenReceiver(subscription, dialect, sign, both, receiver.previous_until)

    async def attempt(self, receiver: OpenReceiver, delivery: Delivery) -> AttemptResult:
        """Send once; every failure is an outcome."""
        started_at = self._clock.now()
        outcome = await self._send(receiver, delivery, started_at)
        return AttemptResult(delivery, outcome, started_at, self._clock.now())

    async def _send(self, receiver: OpenReceiver, delivery: Delivery, now: int) -> Outcome:
        try:
            body = render_body(receiver.dialect, self._links, receiver.subscription, delivery, now)
            sign = receiver.sign_both if now < receiver.both_until else receiver.sign
            response = await self._http.request(
                "POST",
                receiver.subscription.url,
                headers=sign(delivery.event_id, now // 1000, body),
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


def render_body(
    dialect: Dialect, links: ListenLinks, subscription: Subscription, delivery: Delivery, now: int
) -> bytes:
    """The body of an attempt made at `now`; again the same for the same time."""
    audio_link = None
    if delivery.listener_id is not None and delivery.link_expires_at is not None:
        url = links.url(delivery.object_id, delivery.listener_id, delivery.link_expires_at)
        audio_link = AudioLink(url, delivery.link_expires_at)
    return dialect.render(
        delivery.event_id,
        delivery.event_type,
        _decode(delivery.data),
        subscription,
        delivery,
        now,
        audio_link,
    )
