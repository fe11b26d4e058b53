"""Learns src/antiphon/speech/insight/rules/weights.json from the labelled messages; `--check` only compares.

Splits named `heldout` are never read. Logistic regression, AdaGrad over a fixed order: equal input gives
equal weights.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
from collections import Counter
from math import exp
from pathlib import Path
from typing import Any

from antiphon.speech.insight import InsightHints
from antiphon.speech.insight.rules.reading import features_of

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests/speech/insight/data"
WEIGHTS = ROOT / "src/antiphon/speech/insight/rules/weights.json"
NOW_MS = 1_790_000_000_000
FIELDS = ("intent", "sentiment", "urgency")
EPOCHS = 30
RATE = 0.25
DECAY = 0.3
LEAST_SEEN = 2
LEAST_WEIGHT = 0.06

Example = tuple[dict[str, dict[str, float]], dict[str, str]]


def examples() -> list[Example]:
    """Features per field and labels of every message and phrase to learn from."""
    found: list[Example] = []
    for name in ("messages.jsonl", "messages_2.jsonl"):
        for line in (DATA / name).read_text("utf-8").splitlines():
            message: dict[str, Any] = json.loads(line)
            if message["split"].startswith("dev"):
                hints = InsightHints(now_ms=NOW_MS, **message["hints"])
                found.append((features_of(message["text"], hints), message["expected"]))
    for line in (DATA / "phrases.tsv").read_text("utf-8").splitlines():
        intent, urgency, sentiment, text = line.split("\t")
        labels = {"intent": intent, "urgency": urgency, "sentiment": sentiment}
        found.append((features_of(text, InsightHints(now_ms=NOW_MS)), labels))
    return found


def learn(samples: list[tuple[dict[str, float], str]]) -> dict[str, Any]:
    """Labels and weights of one field."""
    labels = sorted({label for _, label in samples})
    seen = Counter(feature for features, _ in samples for feature in features)
    rows = [
        ([(f, v) for f, v in features.items() if seen[f] >= LEAST_SEEN], labels.index(label))
        for features, label in samples
    ]
    every = range(len(labels))
    weights: dict[str, list[float]] = {f: [0.0] * len(labels) for f, n in seen.items() if n >= LEAST_SEEN}
    past: dict[str, list[float]] = {f: [1e-4] * len(labels) for f in weights}
    order = list(range(len(rows)))
    shuffle = random.Random(7)  # noqa: S311  the same order every time is wanted
    for _ in range(EPOCHS):
        shuffle.shuffle(order)
        for index in order:
            features, truth = rows[index]
            totals = [0.0] * len(labels)
            for feature, value in features:
                known = weights[feature]
                for label in every:
                    totals[label] += known[label] * value
            top = max(totals)
            powers = [exp(t - top) for t in totals]
            whole = sum(powers)
            errors = [p / whole - (label == truth) for label, p in enumerate(powers)]
            for feature, value in features:
                known, sums = weights[feature], past[feature]
                pull = DECAY / seen[feature]
                for label in every:
                    slope = errors[label] * value + pull * known[label]
                    sums[label] += slope * slope
                    known[label] -= RATE * slope / sums[label] ** 0.5
    kept = {
        feature: [[label, round(w, 2)] for label, w in enumerate(known) if abs(w) >= LEAST_WEIGHT]
        for feature, known in sorted(weights.items())
    }
    return {"labels": labels, "weights": {feature: pairs for feature, pairs in kept.items() if pairs}}


def digest() -> str:
    """Of everything the weights are learnt from; `weights.json` carries it."""
    lines = [
        line
        for name in ("messages.jsonl", "messages_2.jsonl")
        for line in (DATA / name).read_text("utf-8").splitlines()
        if json.loads(line)["split"].startswith("dev")
    ]
    lines += (DATA / "phrases.tsv").read_text("utf-8").splitlines()
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def train(found: list[Example]) -> dict[str, Any]:
    return {
        field: learn([(features[field], labels[field]) for features, labels in found]) for field in FIELDS
    }


def as_text(document: dict[str, Any]) -> str:
    lines = [f'"learnt_from":"{digest()}"']
    for field, model in document.items():
        weights = ",\n".join(
            f"{json.dumps(feature)}:{json.dumps(pairs, separators=(',', ':'))}"
            for feature, pairs in model["weights"].items()
        )
        lines.append(
            f'{json.dumps(field)}:{{"labels":{json.dumps(model["labels"])},"weights":{{\n{weights}\n}}}}'
        )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    text = as_text(train(examples()))
    if "--check" in sys.argv[1:]:
        if text != WEIGHTS.read_text("utf-8"):
            sys.exit("weights.json is not what scripts/train_insight.py learns from the messages")
        return
    WEIGHTS.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
