"""Models of the speech engines (contracts/votel.md 11.1)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from antiphon.contracts.votel.inputs import Body, Clean


class Engine(BaseModel):
    """`effective` names the engine that works now; `healthy` is null until it was tested."""

    profile: str
    base_url: str | None
    model: str | None
    has_api_key: bool
    effective: str | None
    healthy: bool | None
    last_error: str | None
    checked_at: str | None
    profiles: list[str]


class Engines(BaseModel):
    llm: Engine
    stt: Engine
    tts: Engine
    embedding: Engine


class EngineChange(Body):
    profile: Annotated[Clean, Field(max_length=64)] = "openai_compatible"
    base_url: Clean | None = None
    model: Clean | None = None
    api_key: Clean | None = None


class EnginesChange(Body):
    """Each engine as an object or as the name of a profile; what is not given stays."""

    llm: EngineChange | Clean | None = None
    stt: EngineChange | Clean | None = None
    tts: EngineChange | Clean | None = None
    embedding: EngineChange | Clean | None = None


class EngineTestRequest(Body):
    kind: Literal["llm", "stt", "tts", "embedding"]


class EngineTestResult(BaseModel):
    """`heard` and `confidence` come from recognition, `duration_ms` is the length of spoken sound."""

    success: bool
    latency_ms: int
    error: str | None
    engine: str
    heard: str | None
    confidence: float | None
    duration_ms: int | None
