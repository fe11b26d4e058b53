"""Handing messages over to carriers, fetching what is attached to received ones."""

from __future__ import annotations

from collections.abc import Sequence

from antiphon.carriers.port import (
    MediaLink,
    NotHandedOver,
    OutboundMessage,
    SendOutcome,
    SendRefused,
    SendUnknown,
)
from antiphon.core.clock import MINUTE, SECOND
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import DomainError, ErrorCategory, NotFoundError, ServiceError
from antiphon.core.jobs.policy import RetryPolicy
from antiphon.core.jobs.registry import JobContext, JobRegistry, Payload
from antiphon.core.mail import Mail, MailFile
from antiphon.core.media_types import HEAD_BYTES, media_type_of
from antiphon.domain.accounts.idempotency import KEPT_MS, purge_keys
from antiphon.domain.contacts.commands import suppress
from antiphon.domain.conversations.attachments import (
    attach_fetched,
    fail_media,
    refuse_attachment,
    store_media,
)
from antiphon.domain.conversations.changes import release_message
from antiphon.domain.conversations.commands import MAX_ATTACHED_BYTES, check_sizes
from antiphon.domain.conversations.delivery import (
    OPTED_OUT,
    OUTCOME_UNKNOWN,
    TEMPLATE,
    apply_status,
    begin_hand_over,
    complete_hand_over,
    fail_message,
    waits_for_earlier,
    withdraw_hand_over,
)
from antiphon.domain.conversations.links import LINK_MS
from antiphon.domain.conversations.queries import get_media, get_message
from antiphon.domain.conversations.records import (
    Channel,
    Media,
    MediaStatus,
    Message,
    MessageStatus,
    Purpose,
    StoredFile,
)
from antiphon.domain.conversations.remote_files import AttachmentError, fetch_file, host_of
from antiphon.domain.conversations.state import wake_conversation
from antiphon.domain.conversations.unsubscribe import (
    check_postal_address,
    signed_off,
    unsubscribe_url,
)
from antiphon.domain.integrations.services import AccountMailers
from antiphon.domain.numbers.commands import report_connection
from antiphon.domain.numbers.network import open_carrier, watched
from antiphon.domain.numbers.queries import get_connection, get_number
from antiphon.domain.numbers.records import Connection, ConnectionStatus, Number
from antiphon.domain.services import Services

SEND_RETRY = RetryPolicy(max_attempts=8, initial_ms=2 * SECOND, factor=3.0, max_ms=5 * MINUTE)
FETCH_RETRY = RetryPolicy(max_attempts=5, initial_ms=2 * SECOND, factor=3.0, max_ms=2 * MINUTE)
RECEIPT_RETRY = RetryPolicy(max_attempts=3, initial_ms=5 * SECOND)
STATUS_RETRY = RetryPolicy(max_attempts=5)
FIRST_WAIT_MS = 200
LONGEST_WAIT_MS = 30 * SECOND
CARRIER_UNAVAILABLE = "carrier_unavailable"


def media_key(account_id: str, message_id: str, media_id: str) -> str:
    return f"messages/{account_id}/{message_id}/{media_id}"


class MessageJobs:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._links = services.media_links
        self._mailers = AccountMailers(services)

    def register(self, registry: JobRegistry) -> None:
        registry.add_schedule("idempotency_keys.purge", "41 * * * *", self._purge_keys)
        registry.add("messages.send", self._send, retry=SEND_RETRY, on_exhausted=self._give_up)
        registry.add("messages.fetch_media", self._fetch, retry=FETCH_RETRY, on_exhausted=self._lose)
        registry.add("messages.simulated_status", self._simulated, retry=STATUS_RETRY)
        registry.add("messages.read_receipt", self._tell_read, retry=RECEIPT_RETRY)
        registry.add("messages.release", self._release, retry=STATUS_RETRY)
        registry.add("conversations.wake", self._wake, retry=STATUS_RETRY)

    async def _send(self, payload: Payload, context: JobContext) -> None:
        account_id, message_id = str(payload["account_id"]), str(payload["message_id"])
        database = self._services.database
        try:
            message = await database.read(get_message, account_id, message_id)
            if await database.write(_wait, account_id, message_id, int(payload.get("waited", 0))):
                return
            if message.status is MessageStatus.QUEUED and not await self._attach(message):
                return
        except NotFoundError:
            return
        if message.channel is Channel.EMAIL:
            await self._send_mail(message)
        else:
            await self._send_by_carrier(message)

    async def _attach(self, message: Message) -> bool:
        """Fetch what the message names by addresses; false when it cannot be had and so failed."""
        pending = [item for item in message.media if item.status is MediaStatus.PENDING and item.source_url]
        files = [
            StoredFile(item.object_key, item.content_type, item.filename, item.size)
            for item in message.media
            if item.object_key is not None
        ]
        try:
            for item in pending:
                files.append(await self._fetch_file(message, item, files))
        except AttachmentError as error:
            if error.retryable:
                raise
            refused = error
        else:
            return True
        await self._services.database.write(
            refuse_attachment, message.account_id, message.id, refused.message
        )
        return False

    async def _fetch_file(self, message: Message, item: Media, others: Sequence[StoredFile]) -> StoredFile:
        services, account_id = self._services, message.account_id
        url = item.source_url or ""
        data = await fetch_file(
            services.http,
            url,
            max_bytes=MAX_ATTACHED_BYTES,
            allow_insecure=services.settings.allow_insecure_webhooks,
        )
        key, content_type = media_key(account_id, message.id, item.id), media_type_of(data[:HEAD_BYTES])
        file = StoredFile(key, content_type, item.filename, len(data))
        try:
            check_sizes(message.carrier, message.channel, [*others, file])
        except DomainError as error:
            raise AttachmentError(ErrorCategory.CALLER, host_of(url), f"makes {error.message}") from error
        await services.store.put(key, data)
        await services.database.write(
            attach_fetched, account_id, item.id, object_key=key, content_type=content_type, size=len(data)
        )
        return file

    async def _send_by_carrier(self, queued: Message) -> None:
        account_id, message_id = queued.account_id, queued.id
        database = self._services.database
        try:
            number, connection = await database.read(_route, account_id, message_id)
        except NotFoundError:
            await database.write(_fail, account_id, message_id, "no_sender", "The number was released")
            return
        carrier = open_carrier(self._services, connection)
        message = await database.write(
            begin_hand_over, account_id, message_id, is_idempotent=carrier.is_idempotent
        )
        if message is None:
            return
        try:
            outcome = await carrier.send_message(self._request(message, number))
        except SendRefused as refusal:
            await database.write(_refuse, account_id, message_id, refusal.code, refusal.message)
        except SendUnknown as unknown:
            await database.write(_fail, account_id, message_id, OUTCOME_UNKNOWN, str(unknown))
        except NotHandedOver as failure:
            await database.write(_withdraw, connection, message_id, failure)
            raise
        else:
            await database.write(_complete, connection, message_id, outcome)

    async def _send_mail(self, queued: Message) -> None:
        """A repetition has the same Message-ID, so that receivers drop the copy."""
        database, account_id = self._services.database, queued.account_id
        message = await database.write(begin_hand_over, account_id, queued.id, is_idempotent=True)
        if message is None:
            return
        files = [
            MailFile(item.filename, item.content_type, await self._services.store.get(item.object_key))
            for item in message.media
            if item.object_key is not None
        ]
        text, html, headers = message.body, message.html, {}
        if message.purpose is Purpose.MARKETING:
            try:
                postal_address = await database.read(check_postal_address, account_id)
            except DomainError as refusal:
                await database.write(_fail, account_id, message.id, "missing_address", refusal.message)
                return
            services = self._services
            url = unsubscribe_url(
                services.settings.origin,
                services.signer,
                account_id,
                message.to_address,
                services.clock.now(),
            )
            text, html = signed_off(text, html, postal_address, url)
            headers = {
                "List-Unsubscribe": f"<{url}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            }
        mail = Mail(
            to=message.to_address,
            subject=message.subject or "",
            text=text,
            html=html,
            headers=headers,
            key=message.id,
            cc=message.cc,
            bcc=message.bcc,
            attachments=tuple(files),
            is_automatic=False,
        )
        try:
            own = await self._mailers(account_id)
            await (own or self._services.mailer).send(mail)
        except DomainError as refusal:
            await database.write(_fail, account_id, message.id, "invalid_address", refusal.message)
        except ServiceError as failure:
            if not failure.retryable:
                await database.write(_fail, account_id, message.id, "mail_refused", failure.message)
                return
            raise
        else:
            sent_id = f"mail:{message.id}"
            await database.write(complete_hand_over, account_id, message.id, sent_id, MessageStatus.SENT)

    async def _tell_read(self, payload: Payload, context: JobContext) -> None:
        account_id, message_id = str(payload["account_id"]), str(payload["message_id"])
        database = self._services.database
        try:
            message = await database.read(get_message, account_id, message_id)
            number, connection = await database.read(_route, account_id, message_id)
        except NotFoundError:
            return
        if message.carrier_message_id is not None:
            async with watched(self._services, connection) as carrier:
                await carrier.mark_read(message.carrier_message_id, number.carrier_number_id)

    async def _release(self, payload: Payload, context: JobContext) -> None:
        await self._services.database.write(
            release_message, str(payload["account_id"]), str(payload["message_id"])
        )

    async def _purge_keys(self, payload: Payload, context: JobContext) -> None:
        await self._services.database.write(purge_keys, self._services.clock.now() - KEPT_MS)

    async def _wake(self, payload: Payload, context: JobContext) -> None:
        await self._services.database.write(
            wake_conversation, str(payload["account_id"]), str(payload["conversation_id"])
        )

    def _request(self, message: Message, number: Number) -> OutboundMessage:
        expires_at = self._services.clock.now() + LINK_MS
        template = (message.content or {}).get(TEMPLATE) if message.message_type == TEMPLATE else None
        return OutboundMessage(
            reference=message.id,
            channel="whatsapp" if message.channel is Channel.WHATSAPP else "sms",
            from_number=message.from_address,
            to_number=message.to_address,
            body=message.body,
            carrier_number_id=number.carrier_number_id,
            template=template,
            media=tuple(
                MediaLink(self._links.url(item.id, expires_at), item.content_type, item.filename)
                for item in message.media
            ),
        )

    async def _give_up(self, payload: Payload, error: Exception) -> None:
        account_id, message_id = str(payload["account_id"]), str(payload["message_id"])
        if isinstance(error, AttachmentError):
            await self._services.database.write(refuse_attachment, account_id, message_id, error.message)
        else:
            await self._services.database.write(
                _fail, account_id, message_id, CARRIER_UNAVAILABLE, str(error)
            )

    async def _fetch(self, payload: Payload, context: JobContext) -> None:
        account_id, media_id = str(payload["account_id"]), str(payload["media_id"])
        database = self._services.database
        try:
            item = await database.read(get_media, account_id, media_id)
            if item.status is not MediaStatus.PENDING:
                return
            _, connection = await database.read(_route, account_id, item.message_id)
        except NotFoundError:
            await self._lose(payload, NotFoundError())
            return
        async with watched(self._services, connection) as carrier:
            fetched = await carrier.fetch_media(url=item.source_url, carrier_media_id=item.carrier_media_id)
        key = media_key(account_id, item.message_id, media_id)
        await self._services.store.put(key, fetched.data)
        known = fetched.content_type != "application/octet-stream"
        await database.write(
            store_media,
            account_id,
            media_id,
            object_key=key,
            content_type=fetched.content_type if known else item.content_type,
            size=len(fetched.data),
        )

    async def _lose(self, payload: Payload, error: Exception) -> None:
        await self._services.database.write(_lose, str(payload["account_id"]), str(payload["media_id"]))

    async def _simulated(self, payload: Payload, context: JobContext) -> None:
        await self._services.database.write(
            _apply_simulated,
            str(payload["account_id"]),
            str(payload["message_id"]),
            MessageStatus(str(payload["status"])),
            str(payload["error_code"]) or None,
        )


def _route(tx: ReadTx, account_id: str, message_id: str) -> tuple[Number, Connection]:
    message = get_message(tx, account_id, message_id)
    if message.number_id is None:
        raise NotFoundError("Number not found")
    number = get_number(tx, account_id, message.number_id)
    return number, get_connection(tx, account_id, number.connection_id)


def _wait(tx: WriteTx, account_id: str, message_id: str, waited: int) -> bool:
    """Come back later when a message written before it on the same channel is still on its way."""
    if not waits_for_earlier(tx, account_id, message_id):
        return False
    tx.enqueue(
        "messages.send",
        {"account_id": account_id, "message_id": message_id, "waited": waited + 1},
        key=f"messages.send:{message_id}:{waited + 1}",
        delay_ms=min(FIRST_WAIT_MS << min(waited, 10), LONGEST_WAIT_MS),
    )
    return True


def _complete(tx: WriteTx, connection: Connection, message_id: str, outcome: SendOutcome) -> None:
    account_id = connection.account_id
    if connection.status is ConnectionStatus.ERROR:
        report_connection(tx, account_id, connection.id, None)
    complete_hand_over(tx, account_id, message_id, outcome.carrier_message_id, MessageStatus(outcome.status))
    for follow_up in outcome.follow_ups:
        tx.enqueue(
            "messages.simulated_status",
            {
                "account_id": account_id,
                "message_id": message_id,
                "status": follow_up.status,
                "error_code": follow_up.error_code or "",
            },
            key=f"messages.simulated_status:{message_id}:{follow_up.status}",
            delay_ms=follow_up.delay_ms,
        )


def _refuse(tx: WriteTx, account_id: str, message_id: str, code: str, error: str) -> None:
    """A carrier's own opt-outs count as ours (contracts/votel.md 9)."""
    if code == OPTED_OUT:
        message = get_message(tx, account_id, message_id)
        suppress(tx, account_id, message.channel.value, message.to_address, "carrier")
    fail_message(tx, account_id, message_id, code, error)


def _fail(tx: WriteTx, account_id: str, message_id: str, code: str, error: str) -> None:
    fail_message(tx, account_id, message_id, code, error)


def _withdraw(tx: WriteTx, connection: Connection, message_id: str, failure: NotHandedOver) -> None:
    withdraw_hand_over(tx, connection.account_id, message_id)
    if failure.category is ErrorCategory.AUTH:
        report_connection(tx, connection.account_id, connection.id, failure.message)


def _lose(tx: WriteTx, account_id: str, media_id: str) -> None:
    try:
        fail_media(tx, account_id, media_id)
    except NotFoundError:
        return


def _apply_simulated(
    tx: WriteTx, account_id: str, message_id: str, status: MessageStatus, error_code: str | None
) -> None:
    apply_status(tx, account_id, status, tx.now, message_id=message_id, error_code=error_code)
