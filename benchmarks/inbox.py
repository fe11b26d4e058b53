"""The inbox: its lists with 200,000 contacts and 1,000,000 messages against 2,000, and voicegrams.

`python benchmarks/inbox.py [--contacts N] [--messages N] [--voicegrams N] [--small N] [--rounds N]
[--postgres URL] [--json]`. Queries run as the routes run them, on the store itself, without HTTP. Figures are
medians of processor time of the thread that works, which other programs on the machine do not change; on
PostgreSQL they are medians of the time that passes. The database of `--postgres` must be empty.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _common import Figure, figure, run
from antiphon.app import close_services, create_services
from antiphon.core.clock import MINUTE
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.ids import new_id
from antiphon.domain.accounts.commands import add_to_counter, create_account, create_user
from antiphon.domain.accounts.records import Role
from antiphon.domain.channels.commands import create_channel
from antiphon.domain.channels.records import ChannelKind
from antiphon.domain.contacts.tables import contact_addresses, contacts
from antiphon.domain.conversations.inbox import assigned_counter, list_conversations, list_thread
from antiphon.domain.conversations.queries import LOGGED_COUNTER, counter_name, list_messages
from antiphon.domain.conversations.records import (
    WRITTEN,
    Channel,
    ConversationFilters,
    MessageFilters,
)
from antiphon.domain.conversations.tables import conversations, messages
from antiphon.domain.services import Services
from antiphon.domain.voicegrams.queries import list_voicegrams
from antiphon.domain.voicegrams.records import VoicegramFilters
from antiphon.domain.voicegrams.tables import voicegrams
from antiphon.migrations.runner import migrate
from antiphon.settings import Settings

BATCH = 5000
GROWTH_TARGET = 1.5
PAGE = 25
OWN = "+15550100100"


class Account:
    def __init__(self, account_id: str, user_id: str, thread: str) -> None:
        self.id, self.user_id, self.thread = account_id, user_id, thread


async def fill(services: Services, name: str, people: int, texts: int, recordings: int) -> Account:
    """An account with so many conversations, messages spread over them, and voicegrams."""
    write = services.database.write
    account = await write(create_account, name=name)
    email = f"{account.id}@example.org"
    user_id = await write(
        create_user, account.id, email=email, name="Owner", role=Role.OWNER, password_hash=None
    )
    ids: list[tuple[str, str]] = []
    for start in range(0, people, BATCH):
        ids += await write(_people, account.id, user_id, start, min(BATCH, people - start), texts // people)
    for start in range(0, texts, BATCH):
        await write(_texts, account.id, ids, start, min(BATCH, texts - start))
    await write(_counters, account.id, user_id, people, texts)
    channel = await write(create_channel, account.id, kind=ChannelKind.CAMPAIGN, name="Survey", slug="survey")
    for start in range(0, recordings, BATCH):
        await write(_voicegrams, account.id, channel.id, start, min(BATCH, recordings - start))
    await write(add_to_counter, account.id, "voicegrams", recordings)
    return Account(account.id, user_id, ids[len(ids) // 2][1])


def _number(number: int) -> str:
    return f"+1{3_000_000_000 + number}"


def _state(number: int) -> tuple[str, bool, bool, bool]:
    """Status, unread, assigned to the owner, flagged: a tenth each, three in four closed."""
    status = "closed" if number % 4 else "snoozed" if number % 40 == 0 else "open"
    return status, number % 10 == 0, number % 8 == 0, number % 100 == 0


def _people(
    tx: WriteTx, account_id: str, user_id: str, start: int, count: int, each: int
) -> list[tuple[str, str]]:
    made, rows, addresses, threads = [], [], [], []
    for number in range(start, start + count):
        contact_id, conversation_id = new_id(), new_id()
        made.append((contact_id, conversation_id))
        status, unread, mine, flagged = _state(number)
        rows.append(
            {
                "id": contact_id,
                "account_id": account_id,
                "number": number + 1,
                "first_name": "Ada",
                "last_name": f"Example {number}",
                "company": "",
                "source": "phone",
                "custom": "{}",
                "tags": "[]",
                "search_text": f"\tada example {number}",
                "interaction_count": each,
                "created_at": tx.now,
                "updated_at": tx.now,
            }
        )
        addresses.append(
            {
                "id": new_id(),
                "account_id": account_id,
                "contact_id": contact_id,
                "kind": "phone",
                "position": 0,
                "value": _number(number),
                "is_verified": False,
            }
        )
        at = tx.now - number * MINUTE
        threads.append(
            {
                "id": conversation_id,
                "account_id": account_id,
                "contact_id": contact_id,
                "status": status,
                "assigned_to_id": user_id if mine else None,
                "is_unread": unread,
                "unread_count": int(unread),
                "is_flagged": flagged,
                "members": "[]",
                "channels": '["sms"]',
                "last_message_at": at,
                "last_message_id": new_id(),
                "last_message_channel": "sms",
                "last_message_direction": "inbound",
                "last_message_snippet": "Is the drill press here?",
                "last_message_author_kind": "lead",
                "last_inbound_at": at,
                "last_person_at": at if number % 3 == 0 else None,
                "created_at": at,
                "updated_at": at,
            }
        )
    tx.execute(contacts.insert(), rows)
    tx.execute(contact_addresses.insert(), addresses)
    tx.execute(conversations.insert(), threads)
    return made


def _texts(tx: WriteTx, account_id: str, ids: list[tuple[str, str]], start: int, count: int) -> None:
    rows = []
    for number in range(start, start + count):
        person = number % len(ids)
        contact_id, conversation_id = ids[person]
        at = tx.now - number * 1000
        rows.append(
            {
                "id": new_id(),
                "account_id": account_id,
                "conversation_id": conversation_id,
                "contact_id": contact_id,
                "channel": "sms",
                "kind": "sms",
                "direction": "inbound",
                "status": "read",
                "carrier": "simulator",
                "from_address": _number(person),
                "to_address": OWN,
                "remote_address": _number(person),
                "body": f"Is order {number} here?",
                "message_type": "text",
                "is_from_bot": False,
                "author_kind": "lead",
                "source": "inbound",
                "created_at": at,
                "search_text": f"ada example {person}\tis order {number} here?",
            }
        )
    tx.execute(messages.insert(), rows)


def _counters(tx: WriteTx, account_id: str, user_id: str, people: int, texts: int) -> None:
    found: Counter[str] = Counter()
    for number in range(people):
        status, unread, mine, flagged = _state(number)
        found[f"conversations.{status}"] += 1
        if status != "closed":
            found["conversations.unread"] += unread
            found["conversations.flagged"] += flagged
            found[assigned_counter(user_id) if mine else "conversations.none"] += 1
    found[counter_name(Channel.SMS)] = found[LOGGED_COUNTER] = texts
    found["contacts"] = people
    for name, value in found.items():
        add_to_counter(tx, account_id, name, value)


def _voicegrams(tx: WriteTx, account_id: str, channel_id: str, start: int, count: int) -> None:
    tx.execute(
        voicegrams.insert(),
        [
            {
                "id": new_id(),
                "account_id": account_id,
                "channel_id": channel_id,
                "status": "completed",
                "sender_email": f"person{number}@example.org",
                "client_id": new_id(),
                "created_at": tx.now - number * MINUTE,
                "completed_at": tx.now - number * MINUTE,
                "duration_ms": 30_000,
                "source_container": "matroska",
                "transcript_text": "Please send the price list. " * 10,
                "transcript_confidence": 0.9,
                "summary": "{}",
                "urgency": "low",
                "callback_required": False,
                "tags": "[]",
                "notes": "",
                "is_read": number % 10 != 0,
                "search_text": f"person{number}@example.org please send the price list",
            }
            for number in range(start, start + count)
        ],
    )


def _processor_ms(tx: ReadTx, work: Callable[..., object], *parameters: Any, **options: Any) -> float:
    clock = time.thread_time if tx.dialect == "sqlite" else time.perf_counter
    started = clock()
    work(tx, *parameters, **options)
    return (clock() - started) * 1000


async def cost(services: Services, rounds: int, *parameters: Any, **options: Any) -> float:
    read = services.database.read
    await read(_processor_ms, *parameters, **options)
    return statistics.median([await read(_processor_ms, *parameters, **options) for _ in range(rounds)])


async def compare(services: Services, small: Account, large: Account, rounds: int) -> list[Figure]:
    lists: dict[str, Callable[[Account], tuple[Any, ...]]] = {}

    def conversations_by(**filters: Any) -> Callable[[Account], tuple[Any, ...]]:
        def parameters(account: Account) -> tuple[Any, ...]:
            own: dict[str, Any] = {
                name: account.user_id if value == "me" else value for name, value in filters.items()
            }
            return list_conversations, account.id, ConversationFilters(**own), PAGE

        return parameters

    lists["conversations, newest"] = conversations_by()
    lists["conversations, oldest"] = conversations_by(sort="oldest")
    lists["conversations, all"] = conversations_by(sort="all")
    lists["conversations, open"] = conversations_by(status="open")
    lists["conversations, closed"] = conversations_by(status="closed")
    lists["conversations, unread"] = conversations_by(unread=True)
    lists["conversations, mine"] = conversations_by(assigned_to_id="me")
    lists["conversations, none"] = conversations_by(assigned_to_id="none")
    lists["message log"] = lambda account: (
        list_messages,
        account.id,
        MessageFilters(channels=WRITTEN, is_log=True),
        PAGE,
    )
    figures = []
    for name, parameters in lists.items():
        costs = {}
        for size, account in (("small", small), ("large", large)):
            costs[size] = await cost(services, rounds, *parameters(account))
        figures += _growth(name, costs["small"], costs["large"])
    thread = [
        await cost(services, rounds, list_thread, account.id, account.thread, limit=PAGE)
        for account in (small, large)
    ]
    figures += _growth("thread", *thread)
    recorded = [
        await cost(services, rounds, list_voicegrams, account.id, VoicegramFilters(), limit=PAGE, page=1)
        for account in (small, large)
    ]
    figures += _growth("voicegrams", *recorded)
    for name, filters in (
        ("flagged", ConversationFilters(flagged=True)),
        ("manual", ConversationFilters(sort="manual")),
        ("unread and mine", ConversationFilters(unread=True, assigned_to_id=large.user_id)),
        ("channel", ConversationFilters(channel="sms")),
        ("search, one", ConversationFilters(search="example 1234")),
    ):
        value = await cost(services, rounds, list_conversations, large.id, filters, PAGE)
        figures.append(figure(f"conversations, {name}, large, ms", value))
    return figures


def _growth(name: str, small: float, large: float) -> list[Figure]:
    ratio = large / small
    return [
        figure(f"{name}, large, ms", large),
        figure(f"{name}, large against small", ratio, f"<= {GROWTH_TARGET}", ratio <= GROWTH_TARGET),
    ]


async def measure(options: argparse.Namespace) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="antiphon-bench-") as folder:
        settings = Settings(data_dir=Path(folder), database_url=options.postgres)
        await migrate(settings)
        services = create_services(settings)
        await services.database.start()
        try:
            per_person = max(1, options.messages // options.contacts)
            small = await fill(services, "Small", options.small, options.small * per_person, options.small)
            large = await fill(services, "Large", options.contacts, options.messages, options.voicegrams)
            return await compare(services, small, large, options.rounds)
        finally:
            await close_services(services)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=200_000)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--voicegrams", type=int, default=100_000)
    parser.add_argument("--small", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--postgres", default="")
    run(measure, parser)
