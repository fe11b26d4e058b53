from __future__ import annotations

import subprocess
import sys

import pytest

from antiphon.core.errors import ConfigurationError
from antiphon.speech.insight import InsightConfig, create_insight


def test_rules_are_the_default() -> None:
    """contracts/voicegram.md 5: the built-in rules engine needs no setting."""
    assert create_insight(InsightConfig()).name == "rules"


def test_chat_model_by_setting() -> None:
    """contracts/voicegram.md 5: the engine is shown by name."""
    config = InsightConfig("openai", base_url="http://localhost:1/v1", model="small", api_key="secret-key")
    assert create_insight(config).name == "openai:small"
    assert "secret-key" not in repr(config)


@pytest.mark.parametrize(
    "config",
    [
        InsightConfig("magic"),
        InsightConfig("openai"),
        InsightConfig("openai", base_url="http://localhost:1/v1"),
        InsightConfig("openai", base_url="localhost", model="m"),
    ],
)
def test_settings_that_cannot_work_are_refused(config: InsightConfig) -> None:
    """contracts/voicegram.md 5: a wrong setting is the operator's error, not a failed step."""
    with pytest.raises(ConfigurationError):
        create_insight(config)


def test_slow_libraries_stay_out_of_server_start() -> None:
    """contracts/voicegram.md 5: the engine loads its libraries with the first message."""
    code = (
        "import sys; from antiphon.speech.insight import InsightConfig, create_insight;"
        "create_insight(InsightConfig());"
        "print([m for m in ('dateparser', 'phonenumbers', 'vaderSentiment') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
