"""From transcript to meaning: one port, the built-in rules and any OpenAI-compatible chat model."""

from __future__ import annotations

from .factory import InsightConfig, create_insight
from .port import ActionItem, Insight, InsightEngine, InsightHints, empty_insight

__all__ = [
    "ActionItem",
    "Insight",
    "InsightConfig",
    "InsightEngine",
    "InsightHints",
    "create_insight",
    "empty_insight",
]
