"""Settings: `ANTIPHON_*` over `antiphon.toml` over the defaults that `antiphon.default.toml` explains."""

from __future__ import annotations

import os
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


def settings_file() -> Path:
    """Where the file of settings is looked for."""
    return Path(os.environ.get("ANTIPHON_CONFIG", "antiphon.toml"))


class Settings(BaseSettings):
    """Every operator setting; the annotated default file documents each one.

    Raises pydantic.ValidationError for unknown or impossible values.
    """

    model_config = SettingsConfigDict(env_prefix="ANTIPHON_", extra="forbid", env_ignore_empty=True)

    # Server
    environment: Literal["development", "production"] = "development"
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    base_url: str = ""
    data_dir: Path = Path("data")
    trusted_proxies: Annotated[list[IPv4Network | IPv6Network], NoDecode] = []
    metrics_public: bool = False
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    request_log_days: int = Field(30, ge=1)

    # Stores
    database_url: str = ""
    database_full_sync: bool = False
    database_pool_size: int = Field(10, ge=1)
    redis_url: str = ""
    server_processes: int = Field(1, ge=1)
    storage: Literal["local", "s3"] = "local"
    s3_bucket: str = ""
    s3_prefix: str = ""
    s3_endpoint: str = ""
    s3_region: str = "us-east-1"
    s3_access_key: str = ""
    s3_secret_key: SecretStr = SecretStr("")

    # Background work
    run_jobs_in_server: bool = True
    job_lease_seconds: float = Field(30.0, gt=0)
    job_concurrency: int = Field(100, ge=20)
    finished_job_days: int = Field(7, ge=0)

    # Mail
    mail: Literal["console", "smtp"] = "console"
    mail_from: str = "Antiphon <antiphon@localhost>"
    smtp_host: str = "localhost"
    smtp_port: int = 587
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"

    # Webhooks
    allow_insecure_webhooks: bool = False
    webhook_allowed_networks: Annotated[list[IPv4Network | IPv6Network], NoDecode] = []
    webhook_concurrency_per_receiver: int = Field(10, ge=1)

    # Speech
    speech_processes: int = Field(0, ge=0)
    speech_idle_seconds: float = Field(60.0, gt=0)
    transcription_engine: Literal["auto", "pocketsphinx", "vosk", "faster-whisper", "openai"] = "auto"
    transcription_model_dir: str = ""
    transcription_base_url: str = ""
    transcription_api_key: SecretStr = SecretStr("")
    transcription_model: str = "whisper-1"
    insight_engine: Literal["rules", "openai"] = "rules"
    insight_base_url: str = ""
    insight_api_key: SecretStr = SecretStr("")
    insight_model: str = ""
    models_base_url: str = ""

    # Product
    workspace_domain: str = ""
    blocked_subdomains: Annotated[list[str], NoDecode] = []
    plan_features: dict[str, str] = {}
    simulated_numbers: Literal["demo", "all", "none"] = "demo"
    simulator: Literal["auto", "on", "off"] = "auto"

    @field_validator("webhook_allowed_networks", "trusted_proxies", "blocked_subdomains", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @model_validator(mode="after")
    def _check_together(self) -> Settings:
        if self.server_processes > 1 and not self.database_url:
            raise ValueError("several server processes need database_url: SQLite has one server process")
        if self.server_processes > 1 and not self.redis_url:
            raise ValueError("several server processes need redis_url: rate limits are shared there")
        if self.storage == "s3" and not self.s3_bucket:
            raise ValueError("storage s3 needs s3_bucket")
        return self

    @property
    def origin(self) -> str:
        """The public origin of every link, without a trailing slash."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def is_development(self) -> bool:
        return self.environment == "development"

    @property
    def has_simulator(self) -> bool:
        """Whether admins may play the outside world (contracts/votel.md 11.5)."""
        return self.simulator == "on" or (self.simulator == "auto" and self.is_development)

    @property
    def sqlite_path(self) -> Path:
        return self.data_dir / "antiphon.db"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = TomlConfigSettingsSource(settings_cls, settings_file())
        return init_settings, env_settings, toml
