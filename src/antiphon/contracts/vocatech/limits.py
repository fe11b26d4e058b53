"""The three buckets of a token (contracts/vocatech.md 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from antiphon.contracts.vocatech.errors import ApiError
from antiphon.core.limits import Decision, Limiter, Window


@dataclass(frozen=True, slots=True)
class Bucket:
    name: str
    window: Window

    def key(self, key_id: str) -> str:
        return f"vocatech:{self.name}:{key_id}"


DEFAULT = Bucket("default", Window(60, 60))
REPORTS = Bucket("reports", Window(30, 60))
MESSAGING = Bucket("messaging", Window(5, 600))


async def hit(limiter: Limiter, bucket: Bucket, key_id: str) -> Decision:
    return await limiter.hit(bucket.key(key_id), (bucket.window,))


async def peek(limiter: Limiter, bucket: Bucket, key_id: str) -> Decision:
    return await limiter.peek(bucket.key(key_id), (bucket.window,))


async def take_back(limiter: Limiter, bucket: Bucket, key_id: str) -> Decision:
    """Uncount the latest hit; returns the bucket as it is then."""
    await limiter.take_back(bucket.key(key_id))
    return await peek(limiter, bucket, key_id)


def headers_of(decision: Decision) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(decision.limit),
        "X-RateLimit-Remaining": str(decision.remaining),
        "X-RateLimit-Reset": str(-(-decision.reset_at_ms // 1000)),
    }


def limited(refusals: Sequence[Decision]) -> ApiError:
    """429, to be repeated when a request would pass all of them."""
    wait = max(decision.retry_after_seconds for decision in refusals)
    return ApiError("rate_limited", headers={"Retry-After": str(wait)})
