"""Typed rows of numbers and carrier connections."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class ConnectionStatus(StrEnum):
    CONNECTED = "connected"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Connection:
    """An account's access to one carrier; `sealed_credentials` is opened with `commands.open_credentials`."""

    id: str
    account_id: str
    carrier: str
    label: str
    settings: dict[str, Any]
    status: ConnectionStatus
    last_error: str | None
    created_at: int
    sealed_credentials: str | None = field(default=None, repr=False)
    updated_at: int | None = None


@dataclass(frozen=True, slots=True)
class NewConnection:
    """A connection at the moment its callback token is made."""

    connection: Connection
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the account; `carrier` is that of its connection."""

    id: str
    account_id: str
    connection_id: str
    carrier: str
    e164: str
    label: str
    voice: bool
    sms: bool
    whatsapp: bool
    carrier_number_id: str | None
    created_at: int
    call_destination: dict[str, Any] | None = None
    fallback: dict[str, Any] | None = None
    is_recorded: bool = True
    is_default: bool = False
    updated_at: int | None = None
    connection_status: str = "connected"
