"""Typed rows of integrations, and the kinds there are (contracts/votel.md 11.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Field:
    """What a connection needs; a secret one is kept encrypted and never read back."""

    name: str
    label: str
    is_required: bool = False
    is_secret: bool = False


@dataclass(frozen=True, slots=True)
class Integration:
    key: str
    name: str
    category: str
    fields: tuple[Field, ...]

    @property
    def is_carrier(self) -> bool:
        return self.category == "carrier"


INTEGRATIONS: Mapping[str, Integration] = {
    item.key: item
    for item in (
        Integration(
            "twilio",
            "Twilio",
            "carrier",
            (
                Field("account_sid", "Account SID", is_required=True, is_secret=True),
                Field("auth_token", "Auth token", is_required=True, is_secret=True),
                Field("base_url", "Address of the API"),
                Field("messaging_service_sid", "Messaging service SID"),
                Field("forward_to", "Put incoming calls through to"),
                Field("answers_keywords", "Twilio itself answers STOP, START and HELP: true or false"),
            ),
        ),
        Integration(
            "meta_whatsapp",
            "WhatsApp Cloud API",
            "carrier",
            (
                Field("access_token", "Access token", is_required=True, is_secret=True),
                Field("app_secret", "App secret", is_required=True, is_secret=True),
                Field("verify_token", "Verify token", is_required=True, is_secret=True),
                Field("base_url", "Address of the API"),
                Field("version", "Version of the API"),
            ),
        ),
        Integration(
            "smtp",
            "Mail server",
            "mail",
            (
                Field("host", "Host", is_required=True),
                Field("port", "Port"),
                Field("security", "starttls, tls or none"),
                Field("username", "User name"),
                Field("password", "Password", is_secret=True),
                Field("sender", "Sender", is_required=True),
            ),
        ),
        Integration(
            "openai_compatible",
            "OpenAI-compatible service",
            "ai",
            (
                Field("base_url", "Address of the API", is_required=True),
                Field("api_key", "API key", is_secret=True),
            ),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class ServiceConnection:
    """A connection to a service that is no carrier."""

    id: str
    account_id: str
    key: str
    label: str
    settings: dict[str, Any]
    status: str
    last_error: str | None
    created_at: int
    updated_at: int
    sealed_secrets: str = field(repr=False)
