"""Linear models learnt by `scripts/train_insight.py`: one weight per feature and label, in `weights.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import exp

Weights = Mapping[str, tuple[tuple[int, float], ...]]


@dataclass(frozen=True, slots=True)
class LinearModel:
    """`weights` maps a feature to (index of a label, weight) pairs; what is not listed weighs nothing."""

    labels: tuple[str, ...]
    weights: Weights

    def scores(self, features: Mapping[str, float]) -> dict[str, float]:
        """Sum of weight times value per label; higher is likelier."""
        totals = [0.0] * len(self.labels)
        for feature, value in features.items():
            for label, weight in self.weights.get(feature, ()):
                totals[label] += weight * value
        return dict(zip(self.labels, totals, strict=True))

    def best(self, features: Mapping[str, float]) -> str:
        """The likeliest label; the earlier one of equals."""
        scores = self.scores(features)
        return max(scores, key=lambda label: scores[label])

    def share(self, features: Mapping[str, float], label: str) -> float:
        """0..1, how likely `label` is among the labels."""
        scores = self.scores(features)
        top = max(scores.values())
        powers = {name: exp(score - top) for name, score in scores.items()}
        return powers[label] / sum(powers.values())

    def reasons(self, features: Mapping[str, float], label: str, count: int = 5) -> list[tuple[str, float]]:
        """The features that speak most for `label`, with what each adds to its score."""
        index = self.labels.index(label)
        parts = [
            (feature, round(weight * value, 3))
            for feature, value in features.items()
            for at, weight in self.weights.get(feature, ())
            if at == index
        ]
        return sorted(parts, key=lambda part: -part[1])[:count]


@cache
def load_models() -> dict[str, LinearModel]:
    """The packaged models by field: `intent`, `sentiment`, `urgency`."""
    document = json.loads(resources.files(__package__).joinpath("weights.json").read_text("utf-8"))
    return {
        field: LinearModel(
            tuple(model["labels"]),
            {
                feature: tuple((int(label), weight) for label, weight in pairs)
                for feature, pairs in model["weights"].items()
            },
        )
        for field, model in document.items()
        if field != "learnt_from"
    }
