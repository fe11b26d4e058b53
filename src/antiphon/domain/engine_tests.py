"""Trying an account's engine for real (contracts/votel.md 11.1)."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
import msgspec

from antiphon.core.errors import AntiphonError, DomainError, ErrorCategory, ServiceError
from antiphon.domain.accounts.engines import (
    DEFAULT,
    OPENAI_COMPATIBLE,
    EngineChoice,
    EngineKind,
    open_engine_key,
)
from antiphon.domain.engines import (
    allowed_networks,
    chosen_insight,
    chosen_synthesis,
    chosen_transcription,
)
from antiphon.domain.services import Services
from antiphon.speech.insight.in_worker import open_insight
from antiphon.speech.insight.port import InsightHints
from antiphon.speech.openai_errors import connection_failure, http_failure, unreadable_answer
from antiphon.speech.openai_session import open_session
from antiphon.speech.synthesis.factory import SynthesisConfig, create_synthesiser, synthesise
from antiphon.speech.transcription.factory import choose_engine as choose_recogniser
from antiphon.speech.transcription.factory import transcribe_file
from antiphon.speech.transcription.port import Transcript

SENTENCE = "Please call me back on Monday morning."
TEST_SECONDS = 60.0
EMBEDDING_SECONDS = 20.0
MAX_ANSWER = 1 << 20


@dataclass(frozen=True, slots=True)
class EngineTest:
    """How a test went: `heard` is what was recognised, `duration_ms` the length of what was spoken."""

    engine: str
    latency_ms: int = 0
    error: str | None = None
    heard: str | None = None
    confidence: float | None = None
    duration_ms: int | None = None


def effective_engine(services: Services, account_id: str, choice: EngineChoice) -> str | None:
    """The name of the engine that works now; None where there is none. Reads the disk: call in a thread."""
    if choice.profile == OPENAI_COMPATIBLE:
        return f"openai:{choice.model}"
    if choice.kind is EngineKind.STT:
        config = chosen_transcription(services, account_id, choice)
        name = choose_recogniser(config)
        return f"openai:{config.model}" if name == "openai" else name
    if choice.kind is EngineKind.LLM:
        insight = chosen_insight(services, account_id, choice)
        return f"openai:{insight.model}" if insight.engine == "openai" else insight.engine
    if choice.kind is EngineKind.TTS:
        return create_synthesiser(chosen_synthesis(services, account_id, choice)).name
    return None


async def try_engine(
    services: Services, account_id: str, choice: EngineChoice, recording: bytes | None = None
) -> EngineTest:
    """Let the engine work once: recognise a spoken sentence (or the recording), speak one, read one."""
    started = services.clock.now()
    name: str | None = None
    try:
        name = await asyncio.to_thread(effective_engine, services, account_id, choice)
        async with asyncio.timeout(TEST_SECONDS):
            found = await _try(services, account_id, choice, recording)
    except (AntiphonError, OSError) as error:
        text = "No answer in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
        key = open_engine_key(services.cipher, account_id, choice)
        found = EngineTest("", error=text.replace(key, "***") if key else text)
    return replace(found, engine=name or choice.kind.value, latency_ms=max(0, services.clock.now() - started))


async def speak_test_sentence(services: Services) -> bytes:
    """The sentence that recognition hears in tests, as WAV. Raises AntiphonError when nothing can speak."""
    with tempfile.TemporaryDirectory(prefix="antiphon-") as folder:
        path = Path(folder, "audio.wav")
        await _speak(services, SynthesisConfig(), path)
        return await asyncio.to_thread(path.read_bytes)


async def _try(
    services: Services, account_id: str, choice: EngineChoice, recording: bytes | None
) -> EngineTest:
    with tempfile.TemporaryDirectory(prefix="antiphon-") as folder:
        path = Path(folder, "audio.wav")
        if choice.kind is EngineKind.TTS:
            return await _speak(services, chosen_synthesis(services, account_id, choice), path)
        if choice.kind is EngineKind.STT:
            if recording is None:
                await _speak(services, SynthesisConfig(), path)
            else:
                await asyncio.to_thread(path.write_bytes, recording)
            return await _listen(services, account_id, choice, path)
    if choice.kind is EngineKind.LLM:
        return await _read(services, account_id, choice)
    return await _embed(services, account_id, choice)


async def _speak(services: Services, config: SynthesisConfig, target: Path) -> EngineTest:
    made = await services.media.run(synthesise, config, SENTENCE, target, timeout=TEST_SECONDS)
    return EngineTest(made.engine, duration_ms=made.duration_ms)


async def _listen(services: Services, account_id: str, choice: EngineChoice, path: Path) -> EngineTest:
    config = chosen_transcription(services, account_id, choice)
    heard: Transcript = await services.media.run(transcribe_file, config, path, timeout=TEST_SECONDS)
    error = None if heard.text.strip() else "Nothing was recognised"
    return EngineTest(heard.engine, error=error, heard=heard.text, confidence=heard.confidence)


async def _read(services: Services, account_id: str, choice: EngineChoice) -> EngineTest:
    engine = open_insight(chosen_insight(services, account_id, choice), services.media)
    try:
        hints = InsightHints(now_ms=services.clock.now(), country="US", timezone="UTC", language="en")
        insight = await engine.analyse(SENTENCE, hints)
    finally:
        await engine.close()
    return EngineTest(insight.engine, error=insight.note)


async def _embed(services: Services, account_id: str, choice: EngineChoice) -> EngineTest:
    if choice.profile == DEFAULT:
        raise DomainError("No embedding engine is chosen", field="kind")
    key = open_engine_key(services.cipher, account_id, choice)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    timeout = aiohttp.ClientTimeout(total=EMBEDDING_SECONDS)
    body = {"model": choice.model, "input": SENTENCE}
    try:
        async with (
            open_session(allowed_networks(services.settings), timeout, headers) as session,
            session.post(f"{choice.base_url}/embeddings", json=body, allow_redirects=False) as response,
        ):
            raw = await response.content.read(MAX_ANSWER)
            if response.status != 200:
                raise http_failure("embedding", response.status, raw.decode(errors="replace"))
    except (aiohttp.ClientError, TimeoutError) as error:
        raise connection_failure("embedding", error) from error
    try:
        vector = msgspec.json.decode(raw)["data"][0]["embedding"]
    except (msgspec.DecodeError, LookupError, TypeError) as error:
        raise unreadable_answer("embedding") from error
    if not isinstance(vector, list) or not vector:
        raise ServiceError(ErrorCategory.SERVER, "the answer holds no vector", service="embedding")
    return EngineTest(choice.model)
