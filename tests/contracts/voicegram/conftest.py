from __future__ import annotations

from voicegram_fixtures import make_receiver, open_world, receiver, world

__all__ = ["make_receiver", "open_world", "receiver", "world"]
