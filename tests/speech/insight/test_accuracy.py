from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]
# A little under what was measured on the dev split.
FLOORS = {
    "urgency": 0.90,
    "sentiment": 0.91,
    "intent": 0.89,
    "callback": 0.98,
    "action_count": 0.92,
    "names_f1": 0.97,
    "phones_f1": 0.98,
    "emails_f1": 0.98,
    "deadlines_f1": 0.95,
}


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    path = ROOT / "benchmarks" / "insight_accuracy.py"
    spec = importlib.util.spec_from_file_location("insight_accuracy", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["insight_accuracy"] = module
    spec.loader.exec_module(module)
    return module


def test_rules_keep_their_accuracy_on_the_dev_messages(benchmark: ModuleType) -> None:
    """contracts/voicegram.md 5: every field of `data.summary`, on labelled messages."""
    figures = benchmark.measure()["dev"]
    below = {field: figures[field] for field, floor in FLOORS.items() if figures[field] < floor}
    assert not below


def test_the_labelled_set_is_whole(benchmark: ModuleType) -> None:
    """contracts/voicegram.md 5: at least 80 messages, unique, with every label."""
    messages = benchmark.load_messages()
    splits = Counter(message["split"] for message in messages)
    assert splits["dev"] >= 80
    assert splits["heldout"] >= 30
    assert len({m["id"] for m in messages}) == len({m["text"] for m in messages}) == len(messages)
    labels = {"urgency", "sentiment", "intent", "callback", "names", "phones", "emails", "deadlines"}
    assert all(set(m["expected"]) == labels for m in messages)
