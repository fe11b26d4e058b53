from __future__ import annotations

from browser_desk import chromium, desk, receiver, server, speech_file

__all__ = ["chromium", "desk", "receiver", "server", "speech_file"]
