"""Speech engines as an account has chosen them, else as the settings and the models folder name them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

from antiphon.domain.accounts.engines import (
    DEFAULT,
    OPENAI_COMPATIBLE,
    EngineChoice,
    EngineKind,
    get_engine,
    open_engine_key,
)
from antiphon.domain.services import Services
from antiphon.settings import Settings
from antiphon.speech.insight.factory import InsightConfig
from antiphon.speech.insight.in_worker import open_insight
from antiphon.speech.insight.port import InsightEngine
from antiphon.speech.models import ModelStore
from antiphon.speech.synthesis.factory import SynthesisConfig
from antiphon.speech.transcription.factory import TranscriptionConfig


def model_store(settings: Settings) -> ModelStore:
    return ModelStore(settings.data_dir / "models", settings.models_base_url)


def transcription_config(settings: Settings) -> TranscriptionConfig:
    """The recogniser to use now: `auto` follows what `antiphon models` has installed and chosen."""
    engine: str = settings.transcription_engine
    model_dir = settings.transcription_model_dir
    if engine == "auto" and not model_dir:
        engine, model_dir = model_store(settings).transcription_choice()
    return TranscriptionConfig(
        engine=engine,
        model_dir=model_dir,
        base_url=settings.transcription_base_url,
        api_key=settings.transcription_api_key.get_secret_value(),
        model=settings.transcription_model,
    )


def insight_config(settings: Settings) -> InsightConfig:
    return InsightConfig(
        engine=settings.insight_engine,
        base_url=settings.insight_base_url,
        api_key=settings.insight_api_key.get_secret_value(),
        model=settings.insight_model,
    )


def allowed_networks(settings: Settings) -> tuple[str, ...]:
    return tuple(str(network) for network in settings.webhook_allowed_networks)


async def account_transcription(services: Services, account_id: str) -> TranscriptionConfig:
    """The recogniser of the account's recordings. Raises CipherError."""
    choice = await services.database.read(get_engine, account_id, EngineKind.STT)
    return chosen_transcription(services, account_id, choice)


class _Service(TypedDict):
    base_url: str
    api_key: str
    model: str
    allowed_networks: tuple[str, ...]


def _service_of(services: Services, account_id: str, choice: EngineChoice) -> _Service:
    return {
        "base_url": choice.base_url,
        "api_key": open_engine_key(services.cipher, account_id, choice),
        "model": choice.model,
        "allowed_networks": allowed_networks(services.settings),
    }


def chosen_transcription(services: Services, account_id: str, choice: EngineChoice) -> TranscriptionConfig:
    if choice.profile == DEFAULT:
        return transcription_config(services.settings)
    if choice.profile != OPENAI_COMPATIBLE:
        return TranscriptionConfig(engine=choice.profile)
    return TranscriptionConfig(
        engine="openai",
        **_service_of(services, account_id, choice),
    )


def chosen_insight(services: Services, account_id: str, choice: EngineChoice) -> InsightConfig:
    if choice.profile == DEFAULT:
        return insight_config(services.settings)
    if choice.profile != OPENAI_COMPATIBLE:
        return InsightConfig(engine=choice.profile)
    return InsightConfig(
        engine="openai",
        **_service_of(services, account_id, choice),
    )


def chosen_synthesis(services: Services, account_id: str, choice: EngineChoice) -> SynthesisConfig:
    if choice.profile == DEFAULT:
        return SynthesisConfig()
    if choice.profile != OPENAI_COMPATIBLE:
        return SynthesisConfig(engine=choice.profile)
    return SynthesisConfig(
        engine="openai",
        **_service_of(services, account_id, choice),
    )


@asynccontextmanager
async def account_insight(
    services: Services, account_id: str, operators: InsightEngine
) -> AsyncIterator[InsightEngine]:
    """The insight engine of the account; `operators` where it has chosen none. Raises CipherError."""
    choice = await services.database.read(get_engine, account_id, EngineKind.LLM)
    if choice.profile == DEFAULT:
        yield operators
        return
    engine = open_insight(chosen_insight(services, account_id, choice), services.media)
    try:
        yield engine
    finally:
        await engine.close()
