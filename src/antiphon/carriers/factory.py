"""Choice of the carrier by a connection's kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon.carriers.meta_whatsapp import MetaWhatsAppCarrier
from antiphon.carriers.port import Carrier
from antiphon.carriers.simulator import SimulatorCarrier
from antiphon.carriers.twilio import TwilioCarrier
from antiphon.core.clock import Clock
from antiphon.core.errors import ConfigurationError
from antiphon.core.http import GuardedClient
from antiphon.core.storage import ObjectStore


def create_carrier(
    kind: str,
    connection_id: str,
    credentials: Mapping[str, str],
    settings: Mapping[str, Any],
    *,
    callback_url: str,
    http: GuardedClient,
    store: ObjectStore,
    clock: Clock,
) -> Carrier:
    """The carrier of one connection. Raises ConfigurationError for an unknown kind."""
    if kind == "simulator":
        return SimulatorCarrier(connection_id, credentials, store, clock)
    if kind == "twilio":
        return TwilioCarrier(credentials, settings, callback_url, http, clock)
    if kind == "meta_whatsapp":
        return MetaWhatsAppCarrier(credentials, settings, http, clock)
    raise ConfigurationError(f"unknown carrier {kind!r}")
