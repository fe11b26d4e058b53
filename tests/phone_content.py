"""One of everything that the contracts of calls and messages show."""

from __future__ import annotations

from dataclasses import dataclass

from antiphon.core.clock import SECOND
from antiphon.core.db.transaction import WriteTx
from antiphon.domain.accounts.members import create_member
from antiphon.domain.calls.records import CallStatus, NewSegment, SegmentType, Turn
from antiphon.domain.contacts.commands import resolve_contact
from antiphon.domain.conversations.attachments import store_media
from antiphon.domain.conversations.commands import receive_message
from antiphon.domain.conversations.queries import get_message
from antiphon.domain.conversations.records import Channel, InboundMedia, InboundMessage
from antiphon.domain.numbers.commands import create_simulator
from antiphon.domain.services import Services
from antiphon.domain.webhooks.commands import create_subscription
from call_fixtures import make_call

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(64)


@dataclass(frozen=True)
class Content:
    """Ids as the contracts show them; `member`, `contact_number` and `webhook` are integers."""

    number: str
    call: str
    contact: str
    contact_number: int
    text: str
    whatsapp: str
    media: str
    member: int
    webhook: int

    @property
    def names(self) -> set[str]:
        """What only this account's answers may hold."""
        return {self.number, self.call, self.contact, self.text, self.whatsapp, self.media}


async def fill(services: Services, account_id: str, mark: str, remote: str) -> Content:
    """A call with journey and transcript, its contact, messages with a picture, a member, a webhook.

    `mark` is a word in each of them, `remote` the outside party's number.
    """
    key = f"media/{mark}"
    await services.store.put(key, PICTURE)
    return await services.database.write(_fill, services, account_id, mark, remote, key)


def _fill(tx: WriteTx, services: Services, account_id: str, mark: str, remote: str, key: str) -> Content:
    number = create_simulator(tx, services.cipher, account_id)
    at = tx.now - 600 * SECOND
    call_id = make_call(
        tx,
        account_id,
        at=at,
        status=CallStatus.COMPLETED,
        remote=remote,
        segments=[NewSegment(SegmentType.EXTENSION, at, at + 87 * SECOND, None, "204", f"Desk {mark}")],
        turns=[Turn(speaker="caller", text=f"hello {mark}", start_ms=0, end_ms=900, confidence=0.9)],
        judged=[(f"Says hello {mark}.", "neutral", 0.0)],
        call_sid=f"SIM-{mark}",
        metadata={"mark": mark},
    )
    contact = resolve_contact(tx, account_id, phone=remote, source="phone")

    def receive(channel: Channel, media: tuple[InboundMedia, ...] = ()) -> str:
        incoming = InboundMessage(
            carrier="simulator",
            carrier_message_id=f"{channel}-{mark}",
            channel=channel,
            number=number,
            from_address=remote,
            body=f"text {mark}",
            media=media,
            message_type="image" if media else "text",
        )
        return receive_message(tx, account_id, incoming).id

    text = receive(Channel.SMS)
    picture = InboundMedia("image/png", carrier_media_id=f"media-{mark}", filename="a.png", caption="Look")
    message = receive(Channel.WHATSAPP, (picture,))
    media_id = _only_media(tx, account_id, message)
    store_media(tx, account_id, media_id, object_key=key, content_type="image/png", size=len(PICTURE))
    member = create_member(
        tx, account_id, name=f"Ada {mark}", email=f"ada@{mark}.example.org", extension="204"
    )
    webhook = create_subscription(
        tx,
        services.cipher,
        services.dialects["vocatech"],
        account_id,
        url="https://127.0.0.1:9/hook",
        name=f"CRM {mark}",
        event_types=("call.ended",),
    )
    assert webhook.subscription.number is not None
    return Content(
        number.e164,
        call_id,
        contact.id,
        contact.number,
        text,
        message,
        media_id,
        member.number,
        webhook.subscription.number,
    )


def _only_media(tx: WriteTx, account_id: str, message_id: str) -> str:
    [item] = get_message(tx, account_id, message_id).media
    return item.id
