from __future__ import annotations

import pytest

from antiphon.speech.insight import InsightHints
from antiphon.speech.insight.rules import RulesEngine

# Monday 2026-09-21 14:13 UTC.
NOW_MS = 1_790_000_000_000


@pytest.fixture
def hints() -> InsightHints:
    return InsightHints(now_ms=NOW_MS)


@pytest.fixture(scope="session")
def rules() -> RulesEngine:
    return RulesEngine()
