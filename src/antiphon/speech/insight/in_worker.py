"""The rules in a media worker: their dictionaries stay out of the server's memory and off its event loop."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from antiphon.speech.insight.factory import InsightConfig, create_insight
from antiphon.speech.insight.port import Insight, InsightEngine, InsightHints
from antiphon.speech.workers import Lane, MediaPool

if TYPE_CHECKING:
    from antiphon.speech.insight.rules import RulesEngine

TIMEOUT = 30.0


@lru_cache(maxsize=1)
def _rules() -> RulesEngine:
    # Here, for the server imports this module and never the rules.
    from antiphon.speech.insight.rules import RulesEngine

    return RulesEngine()


def analyse_by_rules(text: str, hints: InsightHints, segments: Sequence[str] | None) -> Insight:
    return _rules().analyse_sync(text, hints, segments)


class WorkerRules:
    """See `InsightEngine`. Raises ServiceError when the worker dies or hangs."""

    name = "rules"

    def __init__(self, media: MediaPool) -> None:
        self._media = media

    async def analyse(
        self, text: str, hints: InsightHints, segments: Sequence[str] | None = None, *, final: bool = False
    ) -> Insight:
        return await self._media.run(
            analyse_by_rules, text, hints, segments, timeout=TIMEOUT, lane=Lane.QUICK
        )

    async def close(self) -> None:
        return None


def open_insight(config: InsightConfig, media: MediaPool) -> InsightEngine:
    """The configured engine, the built-in one in a worker. Raises ConfigurationError."""
    return WorkerRules(media) if config.engine == "rules" else create_insight(config)
