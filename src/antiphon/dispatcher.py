"""Picks the contract by the first path words and strips nothing (contracts/README.md, path map)."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

VOICEGRAM_WORDS = frozenset({"me", "channels", "voicegrams", "webhook-subscriptions"})
VOICORY_WORDS = frozenset({"calls", "customers", "messages"})


class Dispatcher:
    """Chooses by path alone, never by a header."""

    def __init__(
        self, *, voicegram: ASGIApp, voicory: ASGIApp, vocatech: ASGIApp, votel: ASGIApp, web: ASGIApp
    ) -> None:
        self._voicegram = voicegram
        self._voicory = voicory
        self._vocatech = vocatech
        self._votel = votel
        self._web = web
        self._documented = {
            "voicegram": voicegram,
            "voicory": voicory,
            "vocatech": vocatech,
            "votel": votel,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._choose(scope["path"])(scope, receive, send)

    def _choose(self, path: str) -> ASGIApp:
        words = path.split("/", 4)
        first = words[1] if len(words) > 1 else ""
        second = words[2] if len(words) > 2 else ""
        if first == "api":
            third = words[3] if len(words) > 3 else ""
            if second == "listen" or (second == "v1" and third in VOICEGRAM_WORDS):
                return self._voicegram
            if second == "v1" and third in VOICORY_WORDS:
                return self._voicory
            return self._votel
        if first == "v1":
            return self._vocatech
        if first in ("docs", "openapi"):
            name = second.removesuffix(".json")
            return self._documented.get(name, self._web)
        return self._web
