"""Reads of conversations, messages and media."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, func, or_, select, union_all

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.search import MAX_QUERY_CHARS, Mode, Needles, needles_of
from antiphon.core.db.search_parts import Columns, Listed
from antiphon.core.db.search_text import whole
from antiphon.core.db.transaction import AnyRow, ReadTx
from antiphon.core.errors import NotFoundError
from antiphon.core.ids import is_uuid
from antiphon.core.phones import normalise_phone
from antiphon.domain.accounts.queries import get_account
from antiphon.domain.accounts.tables import account_counters, users
from antiphon.domain.contacts.tables import contacts
from antiphon.domain.conversations.records import (
    CARRIED,
    UNSENT,
    WRITTEN,
    Channel,
    Direction,
    Media,
    MediaStatus,
    Message,
    MessageFilters,
    MessageKind,
    MessagePage,
    MessageStatus,
    Purpose,
)
from antiphon.domain.conversations.tables import (
    INBOUND_PARTS,
    INTERNAL_PARTS,
    OUTBOUND_PARTS,
    UNSENT_PARTS,
    day_counts,
    media,
    message_search,
    messages,
)
from antiphon.domain.numbers.tables import numbers

WINDOW_MS = 24 * 60 * 60 * 1000
"""How long after a WhatsApp message free text may be sent back (contracts/vocatech.md 5.3)."""

LOGGED_COUNTER = "messages.logged"
"""The account's counter of the messages in its log (contracts/votel.md 6)."""

m = messages.c
f = media.c

_LIVE_CONTACT = (contacts.c.account_id == m.account_id) & (contacts.c.id == m.contact_id)
_COLUMNS = (
    m.id,
    m.account_id,
    m.conversation_id,
    contacts.c.id.label("contact"),
    contacts.c.first_name,
    contacts.c.last_name,
    contacts.c.company,
    m.channel,
    m.kind,
    m.direction,
    m.status,
    m.carrier,
    m.carrier_message_id,
    m.number_id,
    m.from_address,
    m.to_address,
    m.remote_address,
    m.body,
    m.content,
    m.message_type,
    m.is_from_bot,
    m.author_user_id,
    m.error_code,
    m.error,
    m.hand_over_started_at,
    m.created_at,
    m.sent_at,
    m.delivered_at,
    m.read_at,
    m.failed_at,
    m.author_kind,
    users.c.name.label("author_name"),
    m.source,
    m.source_id,
    m.subject,
    m.html,
    m.cc,
    m.bcc,
    m.reply_to_message_id,
    m.template_id,
    m.segments,
    m.cost_micros,
    m.metadata,
    m.scheduled_at,
    m.canceled_at,
    m.erased_at,
    m.purpose,
)
_EVERY = (
    select(*_COLUMNS)
    .outerjoin(contacts, _LIVE_CONTACT & contacts.c.deleted_at.is_(None))
    .outerjoin(users, users.c.id == m.author_user_id)
)
_MESSAGE = _EVERY.where(m.deleted_at.is_(None))
_ONE = Prepared(_MESSAGE.where(m.account_id == bindparam("account_id"), m.id == bindparam("id")))
# unscoped: the account is compared as an expression, which keeps SQLite from reading all of an account
_MANY = _MESSAGE.where(
    m.account_id.concat("") == bindparam("account_id"), m.id.in_(bindparam("ids", expanding=True))
)
_IN_LOG = or_(m.deleted_at.is_(None), m.erased_at.is_not(None))
_SENT = m.status.not_in([status.value for status in UNSENT])
# unscoped: as above
_LOGGED = _EVERY.where(
    m.account_id.concat("") == bindparam("account_id"), m.id.in_(bindparam("ids", expanding=True))
)
_BY_CONTACT = (
    _MESSAGE.where(
        _SENT,
        m.account_id == bindparam("account_id"),
        m.contact_id == bindparam("contact_id"),
        m.channel.in_(bindparam("channels", expanding=True)),
    )
    .order_by(m.created_at.desc(), m.id.desc())
    .limit(bindparam("limit"))
)
_MEDIA_COLUMNS = (
    f.id,
    f.account_id,
    f.message_id,
    f.object_key,
    f.source_url,
    f.carrier_media_id,
    f.content_type,
    f.filename,
    f.size,
    f.caption,
    f.status,
    f.created_at,
)
_MEDIA_OF = (
    select(*_MEDIA_COLUMNS)
    .where(
        f.account_id == bindparam("account_id"),
        f.message_id.in_(bindparam("ids", expanding=True)),
        f.deleted_at.is_(None),
    )
    .order_by(f.message_id, f.position)
)
_MEDIA_OF_ONE = Prepared(
    select(*_MEDIA_COLUMNS)
    .where(
        f.account_id == bindparam("account_id"),
        f.message_id == bindparam("message_id"),
        f.deleted_at.is_(None),
    )
    .order_by(f.position)
)
_ONE_MEDIA = (
    select(*_MEDIA_COLUMNS)
    .join(messages, (m.account_id == f.account_id) & (m.id == f.message_id))
    .where(
        f.account_id == bindparam("account_id"),
        f.id == bindparam("id"),
        f.deleted_at.is_(None),
        m.deleted_at.is_(None),
    )
)
# unscoped: a signed link names the attachment only
_LINKED_MEDIA = (
    select(*_MEDIA_COLUMNS)
    .join(messages, (m.account_id == f.account_id) & (m.id == f.message_id))
    .where(f.id == bindparam("id"), f.deleted_at.is_(None), m.deleted_at.is_(None))
)
_KNOWN_REMOTE = (
    select(m.id)
    .where(
        m.account_id == bindparam("account_id"),
        m.remote_address == bindparam("address"),
        m.channel.in_([channel.value for channel in CARRIED]),
        m.deleted_at.is_(None),
        _SENT,
    )
    .limit(1)
)
_LAST_INBOUND = select(func.max(func.coalesce(m.sent_at, m.created_at))).where(
    m.account_id == bindparam("account_id"),
    m.remote_address == bindparam("remote"),
    m.to_address == bindparam("own"),
    m.channel == Channel.WHATSAPP.value,
    m.direction == Direction.INBOUND.value,
    m.created_at >= bindparam("since"),
)
_COUNTERS = select(func.coalesce(func.sum(account_counters.c.value), 0)).where(
    account_counters.c.account_id == bindparam("account_id"),
    account_counters.c.name.in_(bindparam("names", expanding=True)),
)
_EVER_OWN = (
    select(numbers.c.id)
    .where(numbers.c.account_id == bindparam("account_id"), numbers.c.e164 == bindparam("e164"))
    .limit(1)
)


def _conditions(columns: Columns) -> dict[str, ColumnElement[bool]]:
    return {
        "id": columns.id == bindparam("id"),
        "direction": columns.direction == bindparam("direction"),
        "status": columns.status == bindparam("status"),
        "contact_id": columns.contact_id == bindparam("contact_id"),
        "remote": columns.remote_address == bindparam("remote"),
        "address": or_(
            columns.from_address == bindparam("address"), columns.to_address == bindparam("address")
        ),
        "since": columns.created_at >= bindparam("since"),
        "until": columns.created_at <= bindparam("until"),
    }


_CONDITIONS = {
    **_conditions(m),
    "source": m.source == bindparam("source"),
    "author_kind": m.author_kind == bindparam("author_kind"),
    "template_id": m.template_id == bindparam("template_id"),
    "part_of_address": or_(
        m.from_address.like(bindparam("part_of_address"), escape="/"),
        m.to_address.like(bindparam("part_of_address"), escape="/"),
    ),
    "error_codes": m.error_code.in_(bindparam("error_codes", expanding=True)),
    "other_errors": m.error_code.not_in(bindparam("other_errors", expanding=True)),
}

_COUNTED_BY_DAY = frozenset(("log", "direction", "status", "since", "until"))
_WAYS = {
    Direction.INBOUND: INBOUND_PARTS,
    Direction.OUTBOUND: OUTBOUND_PARTS,
    Direction.INTERNAL: INTERNAL_PARTS,
}
_COPIED = frozenset(("log", *_conditions(m)))
"""Filters that the index of the search knows."""
_IN_PARTS = frozenset(("log", "direction", "since", "until"))
"""Filters that the parts and days of a search leave nothing of."""


def _is_sent(columns: Columns) -> ColumnElement[bool]:
    # One by one: a prepared statement takes no list.
    return and_(*(columns.status != status.value for status in UNSENT))


def counter_name(channel: Channel) -> str:
    """The account's counter of the messages of a channel."""
    return f"messages.{channel.value}"


@lru_cache(maxsize=256)
def _statements(
    active: tuple[str, ...], channels: int, text: tuple[Mode, int] | None = None
) -> tuple[Select[Any], Select[Any]]:
    """The ids of a page and the total; each channel is read along its own index."""
    found = () if text is None else (message_search.matching(*text),)

    # Of one party there are few messages; an expression keeps SQLite from the index of the channel.
    by_party = "remote" in active or "contact_id" in active
    channel = m.channel.concat("") if by_party else m.channel

    def part(position: int) -> Select[Any]:
        return select(m.id, m.created_at).where(
            m.account_id == bindparam("account_id"),
            channel == bindparam(f"listed_{position}"),
            *((_IN_LOG,) if "log" in active else (m.deleted_at.is_(None), _SENT)),
            *(_CONDITIONS[name] for name in active if name != "log"),
            *found,
        )

    def ordered(statement: Select[Any]) -> Select[Any]:
        return statement.order_by(m.created_at.desc(), m.id.desc()).limit(bindparam("depth"))

    if channels == 1:
        one = part(0).order_by(m.created_at.desc(), m.id.desc()).limit(bindparam("limit"))
        return one.offset(bindparam("offset")), select(func.count()).select_from(part(0).subquery())
    tops = [ordered(part(position)).subquery() for position in range(channels)]
    merged = union_all(*(select(top.c.id, top.c.created_at) for top in tops)).subquery()
    page: Select[Any] = select(merged.c.id, merged.c.created_at).order_by(
        merged.c.created_at.desc(), merged.c.id.desc()
    )
    page = page.limit(bindparam("limit")).offset(bindparam("offset"))
    counts = [
        select(func.count()).select_from(part(at).subquery()).scalar_subquery() for at in range(channels)
    ]
    return page, select(sum(counts[1:], start=counts[0]))


def list_messages(
    tx: ReadTx, account_id: str, filters: MessageFilters, limit: int, offset: int = 0
) -> MessagePage:
    """Newest first by `created_at`, then by id; with the exact total."""
    values = _values(tx, account_id, filters)
    active = tuple(sorted(values))
    parameters: dict[str, Any] = {"account_id": account_id}
    for value in values.values():
        parameters |= value
    parameters |= {f"listed_{at}": channel.value for at, channel in enumerate(filters.channels)}
    needles = _needles(tx, account_id, filters)
    text = None
    if needles is not None and _COPIED.issuperset(active):
        return _search(tx, account_id, filters, needles, active, parameters, limit, offset)
    if needles is not None:
        mode = needles.mode(tx.dialect)
        text = mode, len(needles.texts)
        parameters |= message_search.parameters(tx, mode, account_id, needles)
    page, count = _statements(active, len(filters.channels), text)
    if active == ("log",) and text is None and filters.channels == WRITTEN:
        total = int(tx.scalar(_COUNTERS, {"account_id": account_id, "names": [LOGGED_COUNTER]}))
    elif active and text is None and _COUNTED_BY_DAY.issuperset(active):
        return _list_by_days(tx, filters, active, parameters, limit, offset)
    elif active:
        total = int(tx.scalar(count, parameters))
    else:
        names = [counter_name(channel) for channel in filters.channels]
        total = int(tx.scalar(_COUNTERS, {"account_id": account_id, "names": names}))
    if offset >= total:
        return MessagePage([], total)
    rows = tx.all(page, {**parameters, "limit": limit, "offset": offset, "depth": limit + offset})
    # unscoped: see the statements
    statement = _LOGGED if filters.is_log else _MANY
    return MessagePage(_sorted(tx, account_id, statement, [row.id for row in rows]), total)


def _search(
    tx: ReadTx,
    account_id: str,
    filters: MessageFilters,
    needles: Needles,
    active: tuple[str, ...],
    parameters: dict[str, Any],
    limit: int,
    offset: int,
) -> MessagePage:
    """As `list_messages`; of the log too, as erased messages have no words."""
    listed: list[BindParameter[str]] = [bindparam(f"listed_{at}") for at in range(len(filters.channels))]
    by = [name for name in active if name in ("direction", "status")]

    def of_list(columns: Columns) -> list[ColumnElement[bool]]:
        sent = () if filters.is_log else (_is_sent(columns),)
        return [columns.channel.in_(listed), *sent, *(columns[name] == bindparam(name) for name in by)]

    ids, total = message_search.find(
        tx,
        account_id,
        needles,
        shape=(active, len(listed)),
        conditions=lambda columns: (
            *of_list(columns),
            *(_conditions(columns)[name] for name in active if name not in ("log", *by)),
        ),
        order=lambda columns: (columns.created_at.desc(), columns.id.desc()),
        parameters={**parameters, "limit": limit, "offset": offset},
        listed=Listed(
            tuple(part for channel in filters.channels for part in _parts(channel, filters.direction)),
            _IN_PARTS.issuperset(active),
            filters.since,
            filters.until,
            UNSENT_PARTS if filters.is_log else (),
        ),
        branches=(lambda columns: [columns.channel == channel for channel in listed])
        if _IN_PARTS.issuperset(active)
        else None,
        counted=of_list if _COUNTED_BY_DAY.issuperset(active) else None,
    )
    return MessagePage(get_messages(tx, account_id, ids), total)


def _list_by_days(
    tx: ReadTx,
    filters: MessageFilters,
    active: tuple[str, ...],
    parameters: dict[str, Any],
    limit: int,
    offset: int,
) -> MessagePage:
    """As `list_messages`; the daily counts give the total and the days that hold the page."""
    channels = len(filters.channels)
    by = tuple(name for name in active if name in ("direction", "status"))
    page, count = _statements(tuple(sorted({*active, "since", "until"})), channels)
    total, window = day_counts.find(
        tx,
        shape=(by, channels, filters.is_log),
        conditions=lambda found: [
            or_(*(found.channel == bindparam(f"listed_{at}") for at in range(channels))),
            *(found[name] == bindparam(name) for name in by),
            *(() if filters.is_log else (found.is_erased == 0, _is_sent(found))),
        ],
        parameters={**parameters, "limit": limit, "offset": offset},
        since=filters.since,
        until=filters.until,
        count=lambda bounds: int(tx.scalar(count, {**parameters, **bounds})),
    )
    if window is None:
        return MessagePage([], total)
    place = {"since": window.since, "until": window.until, "offset": window.offset, "limit": limit}
    rows = tx.all(page, {**parameters, **place, "depth": window.offset + limit})
    # unscoped: see the statements
    statement = _LOGGED if filters.is_log else _MANY
    return MessagePage(_sorted(tx, parameters["account_id"], statement, [row.id for row in rows]), total)


def _parts(channel: Channel, direction: str | None) -> tuple[int, ...]:
    return tuple(
        parts[channel] for way, parts in _WAYS.items() if direction in (None, way) and channel in parts
    )


def _values(tx: ReadTx, account_id: str, filters: MessageFilters) -> dict[str, dict[str, Any]]:
    """The parameters of every active filter, by the name of its condition."""
    found: dict[str, dict[str, Any]] = {
        name: {name: value}
        for name, value in (
            ("direction", filters.direction),
            ("status", filters.status),
            ("contact_id", filters.contact_id),
            ("since", filters.since),
            ("until", filters.until),
            ("source", filters.source),
            ("author_kind", filters.author_kind),
            ("template_id", filters.template_id),
        )
        if value is not None
    }
    if filters.is_log:
        found["log"] = {}
    if filters.part_of_address is not None:
        found["part_of_address"] = {"part_of_address": f"%{escaped(filters.part_of_address)}%"}
    for name, codes in (("error_codes", filters.error_codes), ("other_errors", filters.other_errors)):
        if codes is not None:
            found[name] = {name: list(codes)}
    if filters.address is not None:
        own = tx.scalar(_EVER_OWN, {"account_id": account_id, "e164": filters.address}) is not None
        found |= {"address": {"address": filters.address}} if own else {"remote": {"remote": filters.address}}
    if filters.search is not None and is_uuid(wanted := filters.search.strip().lower()):
        found["id"] = {"id": wanted}
    return found


def _needles(tx: ReadTx, account_id: str, filters: MessageFilters) -> Needles | None:
    """What the search for words, names and a whole number asks for; None without one, or for one of an id."""
    needles = needles_of(filters.search)
    if needles is None or filters.search is None or is_uuid(filters.search.strip().lower()):
        return None
    number = normalise_phone(filters.search[:MAX_QUERY_CHARS], get_account(tx, account_id).country)
    return needles if number is None else Needles((*needles.texts, whole(number)))


def escaped(text: str) -> str:
    return text.replace("/", "//").replace("%", "/%").replace("_", "/_")


def get_messages(tx: ReadTx, account_id: str, ids: list[str]) -> list[Message]:
    """Those of the ids that exist, newest first."""
    if not ids:
        return []
    # unscoped: see the statement
    return _sorted(tx, account_id, _MANY, ids)


def _sorted(tx: ReadTx, account_id: str, statement: Select[Any], ids: list[str]) -> list[Message]:
    rows = sorted(
        tx.all(statement, {"account_id": account_id, "ids": ids}),
        key=lambda row: (row.created_at, row.id),
        reverse=True,
    )
    return _with_media(tx, account_id, rows)


def get_message(tx: ReadTx, account_id: str, message_id: str) -> Message:
    """Raises NotFoundError."""
    row = tx.first(_ONE, {"account_id": account_id, "id": message_id})
    if row is None:
        raise NotFoundError("Message not found")
    files = tx.all(_MEDIA_OF_ONE, {"account_id": account_id, "message_id": message_id})
    return _message(row, tuple(_media(file) for file in files))


def list_recent_of_contact(
    tx: ReadTx, account_id: str, contact_id: str, channels: tuple[Channel, ...], limit: int = 10
) -> list[Message]:
    """The contact's newest messages on these channels (contracts/voicory.md 8.2)."""
    parameters = {
        "account_id": account_id,
        "contact_id": contact_id,
        "channels": [channel.value for channel in channels],
        "limit": limit,
    }
    return _with_media(tx, account_id, tx.all(_BY_CONTACT, parameters))


def get_media(tx: ReadTx, account_id: str, media_id: str) -> Media:
    """Raises NotFoundError; also for an attachment that could not be fetched."""
    row = tx.first(_ONE_MEDIA, {"account_id": account_id, "id": media_id})
    if row is None or row.status == MediaStatus.FAILED.value:
        raise NotFoundError("Media not found")
    return _media(row)


def find_linked_media(tx: ReadTx, media_id: str) -> Media | None:
    """The stored attachment behind a signed link, in whichever account."""
    row = tx.first(_LINKED_MEDIA, {"id": media_id})
    return None if row is None or row.status != MediaStatus.STORED.value else _media(row)


def has_messages_with(tx: ReadTx, account_id: str, address: str) -> bool:
    """Whether there is a conversation with this outside number."""
    return tx.scalar(_KNOWN_REMOTE, {"account_id": account_id, "address": address}) is not None


def is_window_open(tx: ReadTx, account_id: str, own: str, remote: str) -> bool:
    """Whether WhatsApp free text may be sent: the remote wrote to this number within 24 hours."""
    since = tx.now - WINDOW_MS
    # A message may arrive late; its own time is what counts.
    parameters = {"account_id": account_id, "own": own, "remote": remote, "since": since}
    last = tx.scalar(_LAST_INBOUND, parameters)
    return last is not None and last >= since


def _with_media(tx: ReadTx, account_id: str, rows: Any) -> list[Message]:
    ids = [row.id for row in rows]
    attached: defaultdict[str, list[Media]] = defaultdict(list)
    if ids:
        for row in tx.all(_MEDIA_OF, {"account_id": account_id, "ids": ids}):
            attached[row.message_id].append(_media(row))
    return [_message(row, tuple(attached[row.id])) for row in rows]


def _message(row: AnyRow, files: tuple[Media, ...]) -> Message:
    name = None
    if row.contact is not None:
        name = f"{row.first_name} {row.last_name}".strip() or row.company or None
    return Message(
        row.id,
        row.account_id,
        row.conversation_id,
        row.contact,
        name,
        Channel(row.channel),
        MessageKind(row.kind),
        Direction(row.direction),
        MessageStatus(row.status),
        row.carrier,
        row.carrier_message_id,
        row.number_id,
        row.from_address,
        row.to_address,
        row.remote_address,
        row.body,
        None if row.content is None else msgspec.json.decode(row.content),
        row.message_type,
        row.is_from_bot,
        row.author_user_id,
        row.error_code,
        row.error,
        row.hand_over_started_at,
        row.created_at,
        row.sent_at,
        row.delivered_at,
        row.read_at,
        row.failed_at,
        row.author_kind,
        name if row.author_kind == "lead" else row.author_name,
        row.source,
        row.source_id,
        row.subject,
        row.html,
        _emails(row.cc),
        _emails(row.bcc),
        row.reply_to_message_id,
        row.template_id,
        row.segments,
        row.cost_micros,
        {} if row.metadata is None else msgspec.json.decode(row.metadata),
        row.scheduled_at,
        row.canceled_at,
        row.erased_at,
        Purpose(row.purpose),
        files,
    )


def _emails(text: str | None) -> tuple[str, ...]:
    return () if text is None else msgspec.json.decode(text, type=tuple[str, ...])


def _media(row: AnyRow) -> Media:
    return Media(
        row.id,
        row.account_id,
        row.message_id,
        row.object_key,
        row.source_url,
        row.carrier_media_id,
        row.content_type,
        row.filename,
        row.size,
        row.caption,
        MediaStatus(row.status),
        row.created_at,
    )
