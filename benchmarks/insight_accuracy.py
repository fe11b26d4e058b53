"""Accuracy of the insight rules per field on the labelled messages; `--json` for one object.

The `dev` splits are what rules and weights were made from; only the `heldout` ones tell of new messages.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from antiphon.speech.insight import Insight, InsightHints
from antiphon.speech.insight.rules import RulesEngine
from antiphon.speech.insight.rules.model import load_models
from antiphon.speech.insight.rules.reading import features_of

COST_MS = 5.0
DATA = Path(__file__).resolve().parent.parent / "tests/speech/insight/data"
NOW_MS = 1_790_000_000_000
EXACT = ("urgency", "sentiment", "intent", "callback")
LISTS = ("names", "phones", "emails")


def load_messages(data: Path = DATA) -> list[dict[str, Any]]:
    """Every labelled message, the older set first."""
    return [
        json.loads(line)
        for name in ("messages.jsonl", "messages_2.jsonl")
        for line in (data / name).read_text("utf-8").splitlines()
        if line.strip()
    ]


def hints_of(message: dict[str, Any]) -> InsightHints:
    return InsightHints(now_ms=NOW_MS, **message["hints"])


def predicted(found: Insight) -> dict[str, Any]:
    return {
        "urgency": found.urgency,
        "sentiment": found.sentiment,
        "intent": found.intent,
        "callback": found.callback_required,
        "names": list(found.names),
        "phones": list(found.phones),
        "emails": list(found.emails),
        "deadlines": [item.deadline for item in found.action_items],
    }


def score(pairs: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> dict[str, float]:
    """Figures 0..1 over (expected, predicted) pairs; `deadlines` is F1 over the deadlines named."""
    figures = {field: _share(want[field] == got[field] for want, got in pairs) for field in EXACT}
    figures["action_count"] = _share(len(want["deadlines"]) == len(got["deadlines"]) for want, got in pairs)
    for field in LISTS:
        for name, value in zip(("precision", "recall", "f1"), _overlap(pairs, field), strict=True):
            figures[f"{field}_{name}"] = value
    figures["deadlines_f1"] = _overlap(pairs, "deadlines")[2]
    return figures


def _share(hits: Iterable[bool]) -> float:
    values = list(hits)
    return sum(values) / len(values)


def _overlap(
    pairs: Sequence[tuple[dict[str, Any], dict[str, Any]]], field: str
) -> tuple[float, float, float]:
    hits = wanted = given = 0
    for want, got in pairs:
        expected = [v.lower() for v in want[field] if v is not None]
        remaining = list(expected)
        answers = [v.lower() for v in got[field] if v is not None]
        wanted, given = wanted + len(expected), given + len(answers)
        for answer in answers:
            if answer in remaining:
                remaining.remove(answer)
                hits += 1
    precision, recall = hits / max(given, 1), hits / max(wanted, 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def measure(*, failures: bool = False) -> dict[str, dict[str, float]]:
    """Figures per split; `ms_per_message` is CPU time of this thread after one warm-up round."""
    engine = RulesEngine()
    messages = load_messages()
    for message in messages:
        engine.analyse_sync(message["text"], hints_of(message))
    pairs: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = defaultdict(list)
    spent: dict[str, float] = defaultdict(float)
    for message in messages:
        started = time.thread_time()
        found = engine.analyse_sync(message["text"], hints_of(message))
        spent[message["split"]] += time.thread_time() - started
        want, got = message["expected"], predicted(found)
        pairs[message["split"]].append((want, got))
        if failures:
            _print_failures(message, want, got)
    return {
        split: {"messages": len(found), **score(found), "ms_per_message": spent[split] * 1000 / len(found)}
        for split, found in sorted(pairs.items())
    }


def _print_failures(message: dict[str, Any], want: dict[str, Any], got: dict[str, Any]) -> None:
    if message["split"].startswith("heldout"):
        return
    wrong = [f"{k}: want {want[k]!r}, got {got[k]!r}" for k in want if want[k] != got[k]]
    features = features_of(message["text"], hints_of(message))
    for field, model in load_models().items():
        if want[field] != got[field]:
            wrong.append(f"{field} because of {model.reasons(features[field], got[field])}")
    if wrong:
        print(f"{message['id']}: {message['text']}\n    " + "\n    ".join(wrong), file=sys.stderr)


def as_figures(figures: dict[str, dict[str, float]]) -> list[dict[str, Any]]:
    """Rows of scripts/bench; only the cost has a target."""
    rows: list[dict[str, Any]] = []
    for split, fields in figures.items():
        for field, value in fields.items():
            row: dict[str, Any] = {"figure": f"{split}: {field}", "value": round(value, 3), "met": None}
            if field == "ms_per_message":
                row |= {"target": f"at most {COST_MS}", "met": value <= COST_MS}
            rows.append(row)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--failures", action="store_true", help="print each dev message that differs and why, on stderr"
    )
    options = parser.parse_args()
    figures = measure(failures=options.failures)
    if options.json:
        print(json.dumps({"figures": as_figures(figures)}))
        return
    splits = list(figures)
    print(f"{'field':<18}" + "".join(f"{split:>10}" for split in splits))
    for field in figures[splits[0]]:
        cells = "".join(
            f"{figures[s][field]:>10.0f}" if field == "messages" else f"{figures[s][field]:>10.3f}"
            for s in splits
        )
        print(f"{field:<18}{cells}")


if __name__ == "__main__":
    main()
