"""Background work of webhooks: lanes, their wake-ups, and upkeep."""

from __future__ import annotations

from antiphon.core.clock import MINUTE
from antiphon.core.jobs.policy import RetryPolicy
from antiphon.core.jobs.registry import JobContext, JobRegistry, Payload
from antiphon.domain.services import Services
from antiphon.domain.webhooks.commands import PURGE_BATCH, erase_secrets, purge_history
from antiphon.domain.webhooks.lane_run import LaneRun
from antiphon.domain.webhooks.lanes import (
    DELIVER_JOB,
    WAKE_JOB,
    abandon_lane,
    continue_lane,
    sweep_lanes,
    wake_lane,
)
from antiphon.domain.webhooks.schedule import ATTEMPT_SECONDS
from antiphon.domain.webhooks.sender import Sender

TURN_SECONDS = 20.0
_RETRY = RetryPolicy(max_attempts=10, max_ms=MINUTE)


class WebhookJobs:
    """The jobs of the delivery engine.

    A lane longer than `turn_seconds` goes to the end of the queue, so that slow receivers cannot hold every
    slot of a worker.
    """

    def __init__(
        self,
        services: Services,
        *,
        attempt_seconds: float = ATTEMPT_SECONDS,
        turn_seconds: float = TURN_SECONDS,
    ) -> None:
        self._database = services.database
        self._sender = Sender(services, timeout_seconds=attempt_seconds)
        self._concurrency = services.settings.webhook_concurrency_per_receiver
        self._turn_seconds = turn_seconds

    def register(self, registry: JobRegistry) -> None:
        registry.add(DELIVER_JOB, self.deliver, retry=_RETRY, on_exhausted=self.abandon)
        registry.add(WAKE_JOB, self.wake, retry=_RETRY)
        registry.add_schedule("webhooks.sweep", "* * * * *", self.sweep)
        registry.add_schedule("webhooks.upkeep", "17 * * * *", self.keep_up)

    async def deliver(self, payload: Payload, context: JobContext) -> None:
        account_id, subscription_id, lane_id = _lane(payload)
        run = LaneRun(
            self._database,
            self._sender,
            account_id,
            subscription_id,
            lane_id,
            concurrency=self._concurrency,
            turn_seconds=self._turn_seconds,
        )
        if not await run.run():
            turn = int(payload["turn"]) + 1
            await self._database.write(continue_lane, account_id, subscription_id, lane_id, turn)

    async def abandon(self, payload: Payload, error: Exception) -> None:
        await self._database.write(abandon_lane, *_lane(payload))

    async def wake(self, payload: Payload, context: JobContext) -> None:
        await self._database.write(wake_lane, str(payload["account_id"]), str(payload["subscription_id"]))

    async def sweep(self, payload: Payload, context: JobContext) -> None:
        await self._database.write(sweep_lanes)

    async def keep_up(self, payload: Payload, context: JobContext) -> None:
        await self._database.write(erase_secrets)
        while await self._database.write(purge_history) == PURGE_BATCH:
            pass


def _lane(payload: Payload) -> tuple[str, str, str]:
    return str(payload["account_id"]), str(payload["subscription_id"]), str(payload["lane_id"])
