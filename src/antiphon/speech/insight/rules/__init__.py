"""Rules engine for insight; each module finds one field."""

from __future__ import annotations

from .engine import RulesEngine

__all__ = ["RulesEngine"]
