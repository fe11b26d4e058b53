"""Something to look at in a new account: a page to record on, a simulated number, messages on it."""

from __future__ import annotations

from dataclasses import dataclass

from antiphon.core.clock import MINUTE
from antiphon.core.db.transaction import WriteTx
from antiphon.domain.accounts.records import Account
from antiphon.domain.channels.commands import create_channel
from antiphon.domain.channels.queries import list_channels
from antiphon.domain.channels.records import ChannelKind
from antiphon.domain.conversations.commands import receive_message
from antiphon.domain.conversations.records import Channel as MessageChannel
from antiphon.domain.conversations.records import InboundMessage
from antiphon.domain.demo_story import moment, tell_story
from antiphon.domain.numbers.commands import SIMULATOR, create_simulator
from antiphon.domain.numbers.queries import list_numbers
from antiphon.domain.services import Services

GREETING = "Leave us a voice message. We read every one."
QUOTE = "Tell us what you need. We answer with a price within a day."
MESSAGES = (
    (
        "+13125550131",
        MessageChannel.SMS,
        "Example: dental practice",
        55,
        "Hello, is there a free hour on Friday?",
    ),
    (
        "+13125550132",
        MessageChannel.WHATSAPP,
        "Example: florist",
        42,
        "The delivery is at the wrong door again. Please call me back, it is urgent.",
    ),
    (
        "+13125550133",
        MessageChannel.SMS,
        "Example: garage",
        18,
        "Thank you, the invoice is right now.",
    ),
    ("+13125550131", MessageChannel.SMS, "Example: dental practice", 3, "Friday at ten would be best."),
)
"""Who writes, how, under which name, how many minutes ago, and what; people of the two weeks' story."""


@dataclass(frozen=True, slots=True)
class DemoData:
    """`number` is empty where the operator has no simulated numbers."""

    channel_slug: str
    number: str = ""


def add_demo_data(tx: WriteTx, services: Services, account: Account, *, with_story: bool = False) -> DemoData:
    """Fill a new account, plainly marked as examples; with two weeks of a business on request."""
    channel = create_channel(
        tx, account.id, kind=ChannelKind.CAMPAIGN, name="Hello", slug="hello", greeting=GREETING
    )
    slug = channel.slug or ""
    if services.settings.simulated_numbers == "none":
        if with_story:
            fill_demo(tx, account.id)
        return DemoData(slug)
    number = create_simulator(tx, services.cipher, account.id)
    for index, (sender, kind, name, minutes, body) in enumerate(MESSAGES):
        message = InboundMessage(
            carrier=SIMULATOR,
            carrier_message_id=f"demo-{account.id}-{index}",
            channel=kind,
            number=number,
            from_address=sender,
            body=body,
            name=name,
        )
        with moment(tx, tx.now - minutes * MINUTE):
            receive_message(tx, account.id, message)
    if with_story:
        fill_demo(tx, account.id)
    return DemoData(slug, number.e164)


def fill_demo(tx: WriteTx, account_id: str) -> None:
    """Tell two weeks of a business in the account, once."""
    own = {channel.slug: channel for channel in list_channels(tx, account_id)}
    hello = own.get("hello") or create_channel(
        tx, account_id, kind=ChannelKind.CAMPAIGN, name="Hello", slug="hello", greeting=GREETING
    )
    quote = own.get("quote") or create_channel(
        tx, account_id, kind=ChannelKind.CAMPAIGN, name="Ask for a quote", slug="quote", greeting=QUOTE
    )
    number = next((item for item in list_numbers(tx, account_id) if item.carrier == SIMULATOR), None)
    tell_story(tx, account_id, number, {"hello": hello, "quote": quote})
