"""Speech from any service with the OpenAI speech endpoint."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp

from antiphon.core.errors import ConfigurationError
from antiphon.speech.openai_errors import OPENAI_TIMEOUT, connection_failure, http_failure, unreadable_answer
from antiphon.speech.openai_session import open_session


class OpenAISynthesiser:
    """`POST {base_url}/audio/speech` with `response_format` `wav`; `base_url` ends before `/audio`."""

    name = "openai"
    default_voice = "alloy"

    def __init__(
        self, base_url: str, api_key: str, model: str, allowed_networks: tuple[str, ...] | None = None
    ) -> None:
        if not base_url:
            raise ConfigurationError("the openai synthesis engine needs a base URL")
        self._url = f"{base_url.rstrip('/')}/audio/speech"
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._model = model
        self._allowed_networks = allowed_networks

    def write_wav(self, text: str, voice: str, target: Path) -> None:
        audio = asyncio.run(
            self._post({"model": self._model, "input": text, "voice": voice, "response_format": "wav"})
        )
        if audio[:4] != b"RIFF":
            raise unreadable_answer("synthesis")
        target.write_bytes(audio)

    async def _post(self, body: dict[str, str]) -> bytes:
        try:
            async with (
                open_session(self._allowed_networks, OPENAI_TIMEOUT, self._headers) as session,
                session.post(self._url, json=body, allow_redirects=False) as response,
            ):
                if response.status != 200:
                    text = await response.text(errors="replace")
                    raise http_failure(
                        "synthesis", response.status, text, response.headers.get("Retry-After")
                    )
                return await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise connection_failure("synthesis", error) from error
