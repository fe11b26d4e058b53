"""From a stored connection to the carrier behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from antiphon.carriers.factory import create_carrier
from antiphon.carriers.port import Carrier
from antiphon.core.errors import ErrorCategory, ServiceError
from antiphon.domain.numbers.commands import CALLBACK_TOKEN, open_credentials, report_connection
from antiphon.domain.numbers.destinations import FORWARDING
from antiphon.domain.numbers.records import Connection, Number
from antiphon.domain.services import Services


def callback_url(origin: str, carrier: str, token: str) -> str:
    """Where the carrier reports to."""
    return f"{origin}/api/carriers/{carrier}/{token}"


def open_carrier(services: Services, connection: Connection, numbers: Sequence[Number] = ()) -> Carrier:
    """The carrier with the connection's opened credentials. Raises CipherError, ConfigurationError.

    `numbers` are those whose calls it may have to put through.
    """
    forwarding = {
        number.e164: {**_forwarding(number), "is_recorded": number.is_recorded} for number in numbers
    }
    credentials = open_credentials(services.cipher, connection)
    return create_carrier(
        connection.carrier,
        connection.id,
        credentials,
        {**connection.settings, "forwarding": forwarding},
        callback_url=callback_url(
            services.settings.origin, connection.carrier, credentials.get(CALLBACK_TOKEN, "")
        ),
        http=services.http,
        store=services.store,
        clock=services.clock,
    )


def _forwarding(number: Number) -> Mapping[str, Any]:
    destination = number.call_destination
    return destination if destination is not None and destination["type"] == FORWARDING else {}


@asynccontextmanager
async def watched(services: Services, connection: Connection) -> AsyncIterator[Carrier]:
    """The carrier, for requests that show whether it refuses the connection's access."""
    try:
        yield open_carrier(services, connection)
    except ServiceError as failure:
        if failure.category is ErrorCategory.AUTH:
            await services.database.write(
                report_connection, connection.account_id, connection.id, failure.message
            )
        raise
