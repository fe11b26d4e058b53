from __future__ import annotations

from carrier_world import api, world

__all__ = ["api", "world"]
