"""Connections with sealed credentials, and numbers (contracts/vocatech.md 5.6, issue 3 section 2)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from antiphon.core.crypto import CipherError, sha256_hex
from antiphon.core.errors import DomainError, NotFoundError
from antiphon.domain.numbers.commands import (
    CALLBACK_TOKEN,
    create_connection,
    create_number,
    create_simulator,
    open_credentials,
    report_connection,
)
from antiphon.domain.numbers.errors import NumberTakenError
from antiphon.domain.numbers.queries import (
    find_connection_by_token,
    find_number,
    get_connection,
    get_number,
    get_own_number,
    list_connections,
    list_numbers,
)
from antiphon.domain.numbers.records import ConnectionStatus
from antiphon.domain.numbers.tables import carrier_connections
from carrier_world import AUTH_TOKEN, CarrierWorld, make_account


async def test_credentials_are_sealed_and_open_for_their_own_row_only(world: CarrierWorld) -> None:
    line = await world.twilio()
    stored = await world.scalar(
        select(carrier_connections.c.sealed_credentials).where(carrier_connections.c.carrier == "twilio")
    )
    assert AUTH_TOKEN not in stored
    opened = open_credentials(world.services.cipher, line.connection)
    assert opened["auth_token"] == AUTH_TOKEN
    assert opened[CALLBACK_TOKEN] == line.token
    with pytest.raises(CipherError):
        world.services.cipher.open(stored, "carrier_connections.sealed_credentials.other")


async def test_a_connection_is_found_by_its_token_and_carrier(world: CarrierWorld) -> None:
    line = await world.twilio()
    find = world.database.read
    found = await find(find_connection_by_token, "twilio", sha256_hex(line.token))
    assert found is not None
    assert found.id == line.connection.id
    assert await find(find_connection_by_token, "simulator", sha256_hex(line.token)) is None
    assert await find(find_connection_by_token, "twilio", sha256_hex("other")) is None


async def test_numbers_belong_to_one_account(world: CarrierWorld) -> None:
    other = await world.database.write(make_account, "Other", "owner@example.org")
    number = world.simulator.number
    read, write = world.database.read, world.database.write
    assert await read(find_number, number.e164) == number
    assert await read(get_own_number, world.account_id, number.e164) == number
    assert await read(get_own_number, other, number.e164) is None
    assert await read(list_numbers, other) == []
    with pytest.raises(NotFoundError):
        await read(get_number, other, number.id)
    with pytest.raises(NotFoundError):
        await read(get_connection, other, number.connection_id)
    with pytest.raises(NotFoundError):
        await write(create_number, other, number.connection_id, "+15550109999")
    theirs = await write(create_simulator, world.services.cipher, other)
    with pytest.raises(NumberTakenError):
        await write(create_number, other, theirs.connection_id, number.e164)


@pytest.mark.parametrize("text", ["", "15550100100", "+0555", "+1 555 0100100", "+155501001001234567"])
async def test_a_number_is_e164(world: CarrierWorld, text: str) -> None:
    with pytest.raises(DomainError, match=r"E\.164"):
        await world.database.write(create_number, world.account_id, world.simulator.connection.id, text)


async def test_an_unknown_carrier_is_refused(world: CarrierWorld) -> None:
    with pytest.raises(DomainError):
        await world.database.write(
            create_connection,
            world.services.cipher,
            world.account_id,
            carrier="pigeon",
            label="",
            credentials={},
        )


async def test_simulated_numbers_are_each_others_next(world: CarrierWorld) -> None:
    made = [
        await world.database.write(create_simulator, world.services.cipher, world.account_id)
        for _ in range(3)
    ]
    assert [number.e164 for number in made] == ["+15550100101", "+15550100102", "+15550100103"]
    assert all(number.voice and number.sms and number.whatsapp for number in made)


async def test_what_a_carrier_refuses_is_shown_at_the_connection(world: CarrierWorld) -> None:
    connection = world.simulator.connection
    await world.database.write(report_connection, world.account_id, connection.id, "wrong password")
    (seen,) = await world.database.read(list_connections, world.account_id)
    assert (seen.status, seen.last_error) == (ConnectionStatus.ERROR, "wrong password")
    await world.database.write(report_connection, world.account_id, connection.id, None)
    (seen,) = await world.database.read(list_connections, world.account_id)
    assert (seen.status, seen.last_error) == (ConnectionStatus.CONNECTED, None)
