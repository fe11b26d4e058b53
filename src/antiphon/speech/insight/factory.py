"""Chooses the insight engine by setting."""

from __future__ import annotations

from dataclasses import dataclass, field

from antiphon.core.errors import ConfigurationError

from .port import InsightEngine


@dataclass(frozen=True, slots=True)
class InsightConfig:
    """`engine` is `rules` or `openai`; the rest belongs to `openai`. `timeout_s` covers one request."""

    engine: str = "rules"
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    model: str | None = None
    timeout_s: float = 60.0
    allowed_networks: tuple[str, ...] | None = None


def create_insight(config: InsightConfig) -> InsightEngine:
    """The engine `config.engine` names; raises `ConfigurationError` when it is unknown or lacks a setting."""
    if config.engine == "rules":
        from .rules import RulesEngine

        return RulesEngine()
    if config.engine == "openai":
        if not config.base_url or not config.model:
            raise ConfigurationError("insight engine `openai` needs a base URL and a model")
        if not config.base_url.startswith(("http://", "https://")):
            raise ConfigurationError("insight base URL must start with http:// or https://")
        from .openai_compatible import OpenAICompatibleEngine

        return OpenAICompatibleEngine(
            config.base_url,
            config.model,
            config.api_key,
            timeout_s=config.timeout_s,
            allowed_networks=config.allowed_networks,
        )
    raise ConfigurationError(f"unknown insight engine `{config.engine}`; known: rules, openai")
