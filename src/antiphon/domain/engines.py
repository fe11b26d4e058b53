"""Speech engines as the settings and the models folder name them."""

from __future__ import annotations

from antiphon.settings import Settings
from antiphon.speech.insight.factory import InsightConfig
from antiphon.speech.models import ModelStore
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
