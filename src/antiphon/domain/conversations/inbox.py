"""Reads of conversations: one, the pages of the inbox, and the messages of a thread."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    func,
    literal_column,
    select,
    true,
    tuple_,
)

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.search import Mode
from antiphon.core.db.transaction import AnyRow, ReadTx
from antiphon.core.errors import NotFoundError
from antiphon.domain.accounts.tables import account_counters, users
from antiphon.domain.contacts.pipelines import Stage, list_pipelines, stages_by_id
from antiphon.domain.contacts.queries import (
    contact_needles,
    get_contact,
    get_contacts,
    matching_contacts,
)
from antiphon.domain.contacts.records import Contact
from antiphon.domain.contacts.tables import contact_search, contacts
from antiphon.domain.conversations.queries import escaped, get_messages
from antiphon.domain.conversations.records import (
    Channel,
    Conversation,
    ConversationFilters,
    ConversationPage,
    ConversationStatus,
    Direction,
    LastMessage,
    ThreadPage,
)
from antiphon.domain.conversations.tables import conversation_stars, conversations, messages

NOBODY = "none"

c = conversations.c
m = messages.c

_assignee = users.alias("assignee")
_author = users.alias("author")
_ROW = (
    c.id,
    c.account_id,
    c.contact_id,
    c.status,
    c.snoozed_until,
    c.assigned_to_id,
    _assignee.c.name.label("assigned_to_name"),
    c.is_unread,
    c.unread_count,
    c.is_flagged,
    c.channels,
    c.last_message_at,
    c.last_message_id,
    c.last_message_channel,
    c.last_message_direction,
    c.last_message_snippet,
    c.last_message_author_kind,
    c.last_message_author_id,
    _author.c.name.label("last_message_author_name"),
    c.last_inbound_at,
    c.last_outbound_at,
    c.last_person_at,
    c.last_whatsapp_at,
    c.created_at,
    c.updated_at,
)
_JOINED = conversations.outerjoin(_assignee, _assignee.c.id == c.assigned_to_id).outerjoin(
    _author, _author.c.id == c.last_message_author_id
)
_ONE = Prepared(
    select(*_ROW)
    .select_from(_JOINED)
    .where(c.account_id == bindparam("account_id"), c.id == bindparam("id"), c.deleted_at.is_(None))
)
# An expression keeps SQLite from reading all of an account.
_SEVERAL = (
    select(*_ROW)
    .select_from(_JOINED)
    .where(
        (c.account_id == bindparam("account_id")).is_(true()),
        c.id.in_(bindparam("ids", expanding=True)),
        c.deleted_at.is_(None),
    )
)
_BY_CONTACT = Prepared(
    select(c.id).where(
        c.account_id == bindparam("account_id"),
        c.contact_id == bindparam("contact_id"),
        c.deleted_at.is_(None),
    )
)
_BY_CONTACTS = select(c.id, c.contact_id).where(
    c.account_id == bindparam("account_id"),
    c.contact_id.in_(bindparam("contact_ids", expanding=True)),
    c.deleted_at.is_(None),
)
_MEMBERS = Prepared(select(c.members).where(c.account_id == bindparam("account_id"), c.id == bindparam("id")))
_STARS = select(conversation_stars.c.conversation_id).where(
    conversation_stars.c.account_id == bindparam("account_id"),
    conversation_stars.c.user_id == bindparam("user_id"),
)
_STARS_OF = _STARS.where(conversation_stars.c.conversation_id.in_(bindparam("ids", expanding=True)))
_COUNTERS = select(func.coalesce(func.sum(account_counters.c.value), 0)).where(
    account_counters.c.account_id == bindparam("account_id"),
    account_counters.c.name.in_(bindparam("names", expanding=True)),
)

_OF_CONTACT = ("pipeline_id", "pipeline_stage_id")
# Written as the indexes have them: SQLite uses a partial index for the same words only.
_NOT_CLOSED = c.status != literal_column("'closed'")
_CONDITIONS: dict[str, ColumnElement[bool]] = {
    "open": _NOT_CLOSED,
    "status": c.status == bindparam("status"),
    "unread": c.is_unread.is_(True),
    "seen": c.is_unread.is_(False),
    "flagged": c.is_flagged.is_(True),
    "unflagged": c.is_flagged.is_(False),
    "starred": c.id.in_(_STARS),
    "unstarred": c.id.not_in(_STARS),
    "channel": c.channels.like(bindparam("channel"), escape="/"),
    "assigned": c.assigned_to_id == bindparam("assigned_to_id"),
    "unassigned": c.assigned_to_id.is_(None),
    "manual": c.last_person_at.is_not(None),
    "tag": c.contact_id.in_(
        select(contacts.c.id).where(
            contacts.c.account_id == bindparam("account_id"),
            contacts.c.deleted_at.is_(None),
            contacts.c.tags.like(bindparam("tag"), escape="/"),
        )
    ),
    **{
        name: c.contact_id.in_(
            select(contacts.c.id).where(
                contacts.c.account_id == bindparam("account_id"),
                contacts.c.deleted_at.is_(None),
                contacts.c[name] == bindparam(name),
            )
        )
        for name in _OF_CONTACT
    },
}
# From the narrowest to the widest; an index serves a list whose conditions it has.
_INDEXES = (
    ("ix_conversations_manual", {"open", "manual"}),
    ("ix_conversations_unread", {"open", "unread"}),
    ("ix_conversations_flagged", {"open", "flagged"}),
    ("ix_conversations_assigned", {"open", "assigned"}),
    ("ix_conversations_unassigned", {"open", "unassigned"}),
    ("ix_conversations_status", {"status"}),
    ("ix_conversations_open", {"open"}),
    ("ix_conversations_all", set[str]()),
)
_COUNTED = {
    ("open",): ("conversations.open", "conversations.snoozed"),
    (): ("conversations.open", "conversations.snoozed", "conversations.closed"),
    ("open", "unread"): ("conversations.unread",),
    ("open", "flagged"): ("conversations.flagged",),
    ("open", "unassigned"): ("conversations.none",),
}


@lru_cache(maxsize=512)
def _statements(
    active: tuple[str, ...], text: tuple[Mode, int] | None, *, oldest: bool
) -> tuple[Prepared, Prepared]:
    page, count = _build(active, text, oldest=oldest)
    return Prepared(page), Prepared(count)


def _build(
    active: tuple[str, ...],
    text: tuple[Mode, int] | None,
    *,
    oldest: bool,
    condition: ColumnElement[bool] | None = None,
) -> tuple[Select[Any], Select[Any]]:
    """The ids of a page, and the total."""
    conditions = [
        c.account_id == bindparam("account_id"),
        c.deleted_at.is_(None),
        *(_CONDITIONS[name] for name in active),
    ]
    if text is not None:
        conditions.append(c.contact_id.in_(matching_contacts(*text)))
    if condition is not None:
        conditions.append(condition)
    key = c.last_person_at if "manual" in active else c.last_message_at
    order = (key.asc(), c.id.asc()) if oldest else (key.desc(), c.id.desc())
    page: Select[Any] = select(c.id).where(*conditions)
    count: Select[Any] = select(func.count()).select_from(conversations).where(*conditions)
    if text is None and condition is None and not {"starred", "tag", *_OF_CONTACT} & set(active):
        index = next(name for name, needed in _INDEXES if needed <= set(active))
        page = page.with_hint(conversations, f"INDEXED BY {index}", "sqlite")
        count = count.with_hint(conversations, f"INDEXED BY {index}", "sqlite")
    page = page.order_by(*order).limit(bindparam("limit")).offset(bindparam("offset"))
    return page, count


def list_conversations(
    tx: ReadTx, account_id: str, filters: ConversationFilters, limit: int, offset: int = 0
) -> ConversationPage:
    """A page of the inbox with the exact total (contracts/votel.md 1.1)."""
    active, parameters = _active(filters)
    parameters |= {"account_id": account_id, "user_id": filters.starred_by}
    text = None
    needles = contact_needles(filters.search or "")
    if needles is not None:
        mode = needles.mode(tx.dialect)
        text = mode, len(needles.texts)
        parameters |= contact_search.parameters(tx, mode, account_id, needles)
    page: Select[Any] | Prepared
    count: Select[Any] | Prepared
    oldest = filters.sort == "oldest"
    if filters.condition is None:
        page, count = _statements(active, text, oldest=oldest)
    else:
        page, count = _build(active, text, oldest=oldest, condition=filters.condition)
    counters = _counters(active, filters) if text is None and filters.condition is None else None
    if counters is None:
        total = int(tx.scalar(count, parameters))
    else:
        total = int(tx.scalar(_COUNTERS, {"account_id": account_id, "names": counters}))
    if offset >= total:
        return ConversationPage([], total)
    rows = tx.all(page, {**parameters, "limit": limit, "offset": offset})
    return ConversationPage(get_conversations(tx, account_id, [row.id for row in rows]), total)


def _active(filters: ConversationFilters) -> tuple[tuple[str, ...], dict[str, Any]]:
    names: list[str] = []
    parameters: dict[str, Any] = {}
    if filters.status is not None:
        names.append("status")
        parameters["status"] = filters.status
    if filters.status is None and filters.sort != "all":
        names.append("open")
    for value, yes, no in (
        (filters.unread, "unread", "seen"),
        (filters.flagged, "flagged", "unflagged"),
        (filters.starred, "starred", "unstarred"),
    ):
        if value is not None:
            names.append(yes if value else no)
    if filters.assigned_to_id == NOBODY:
        names.append("unassigned")
    elif filters.assigned_to_id is not None:
        names.append("assigned")
        parameters["assigned_to_id"] = filters.assigned_to_id
    if filters.channel is not None:
        names.append("channel")
        parameters["channel"] = f'%"{filters.channel}"%'
    if filters.tag is not None:
        names.append("tag")
        parameters["tag"] = f"%{escaped(msgspec.json.encode(filters.tag).decode())}%"
    for name in _OF_CONTACT:
        if (wanted := getattr(filters, name)) is not None:
            names.append(name)
            parameters[name] = wanted
    if filters.sort == "manual":
        names.append("manual")
    return tuple(names), parameters


def _counters(active: tuple[str, ...], filters: ConversationFilters) -> list[str] | None:
    """The counters that make the total, or None when it is counted."""
    if active == ("status",) and filters.status in list(ConversationStatus):
        return [f"conversations.{filters.status}"]
    if active == ("open", "assigned") and filters.assigned_to_id is not None:
        return [assigned_counter(filters.assigned_to_id)]
    names = _COUNTED.get(active)
    return None if names is None else list(names)


def assigned_counter(user_id: str) -> str:
    """The account's counter of the conversations of a person that are not closed."""
    return f"conv.{user_id.replace('-', '')}"


def get_conversations(tx: ReadTx, account_id: str, ids: Sequence[str]) -> list[Conversation]:
    """Those of the ids that exist, in their order, with their contacts."""
    if not ids:
        return []
    rows = {row.id: row for row in tx.all(_SEVERAL, {"account_id": account_id, "ids": list(ids)})}
    people = get_contacts(tx, account_id, list({row.contact_id for row in rows.values()}))
    stages = _stages(tx, account_id, people.values())
    return [
        _conversation(rows[conversation_id], people.get(rows[conversation_id].contact_id), stages)
        for conversation_id in ids
        if conversation_id in rows
    ]


def get_conversation(tx: ReadTx, account_id: str, conversation_id: str) -> Conversation:
    """Raises NotFoundError."""
    row = _row(tx, account_id, conversation_id)
    try:
        contact = get_contact(tx, account_id, row.contact_id)
    except NotFoundError:
        return _conversation(row, None, {})
    return _conversation(row, contact, _stages(tx, account_id, [contact]))


def renew_conversation(tx: ReadTx, known: Conversation) -> Conversation:
    """The conversation as it is now, with the contact as it was read. Raises NotFoundError."""
    people = [] if known.contact is None else [known.contact]
    stages = _stages(tx, known.account_id, people)
    return _conversation(_row(tx, known.account_id, known.id), known.contact, stages)


def _stages(tx: ReadTx, account_id: str, people: Iterable[Contact]) -> Mapping[str, Stage]:
    """The account's stages, where any of the people is in one."""
    if not any(person.profile.pipeline_stage_id for person in people):
        return {}
    return stages_by_id(list_pipelines(tx, account_id))


def _row(tx: ReadTx, account_id: str, conversation_id: str) -> AnyRow:
    row = tx.first(_ONE, {"account_id": account_id, "id": conversation_id})
    if row is None:
        raise NotFoundError("Conversation not found")
    return row


def find_conversation_id(tx: ReadTx, account_id: str, contact_id: str) -> str | None:
    """The contact's conversation: its id."""
    found: str | None = tx.scalar(_BY_CONTACT, {"account_id": account_id, "contact_id": contact_id})
    return found


def find_conversation_ids(tx: ReadTx, account_id: str, contact_ids: Collection[str]) -> dict[str, str]:
    """The conversations of several contacts, by contact."""
    if not contact_ids:
        return {}
    rows = tx.all(_BY_CONTACTS, {"account_id": account_id, "contact_ids": list(contact_ids)})
    return {row.contact_id: row.id for row in rows}


def list_followers(tx: ReadTx, account_id: str, conversation_id: str) -> list[str]:
    """The users who are to be told of what is written there (contracts/vocatech.md 5.3, `members`)."""
    row = tx.first(_MEMBERS, {"account_id": account_id, "id": conversation_id})
    return [] if row is None else msgspec.json.decode(row.members, type=list[str])


def list_starred(tx: ReadTx, account_id: str, user_id: str, ids: Sequence[str]) -> set[str]:
    """Those of the conversations that the person has starred."""
    if not ids:
        return set()
    rows = tx.all(_STARS_OF, {"account_id": account_id, "user_id": user_id, "ids": list(ids)})
    return {row.conversation_id for row in rows}


@lru_cache(maxsize=32)
def _thread(*, channel: bool, bound: str) -> tuple[Prepared, Prepared]:
    """The ids of a part of a thread, and how many messages it has."""
    conditions = [
        m.account_id == bindparam("account_id"),
        m.conversation_id == bindparam("conversation_id"),
        m.deleted_at.is_(None),
    ]
    if channel:
        conditions.append(m.channel == bindparam("channel"))
    count: Select[Any] = select(func.count()).select_from(messages).where(*conditions)
    page: Select[Any] = select(m.id).where(*conditions)
    place = tuple_(m.created_at, m.id)
    edge = tuple_(bindparam("edge_at"), bindparam("edge_id"))
    if bound == "before":
        page = page.where(place < edge)
    elif bound == "after":
        page = page.where(place > edge)
    order = (m.created_at.asc(), m.id.asc()) if bound == "after" else (m.created_at.desc(), m.id.desc())
    # Of a thread there are few messages; the index of the account's channel would read all of them.
    for_sqlite = "INDEXED BY ix_messages_thread"
    return (
        Prepared(page.with_hint(messages, for_sqlite, "sqlite").order_by(*order).limit(bindparam("limit"))),
        Prepared(count.with_hint(messages, for_sqlite, "sqlite")),
    )


_PLACE = Prepared(
    select(m.created_at).where(
        m.account_id == bindparam("account_id"),
        m.id == bindparam("id"),
        m.conversation_id == bindparam("conversation_id"),
    )
)


def list_thread(
    tx: ReadTx,
    account_id: str,
    conversation_id: str,
    *,
    limit: int,
    before: str | None = None,
    after: str | None = None,
    channel: str | None = None,
) -> ThreadPage:
    """The newest messages, those before a message, or those that follow one; newest first in any case.

    Raises NotFoundError when the conversation or the message named is not there.
    """
    get_conversation(tx, account_id, conversation_id)
    parameters: dict[str, Any] = {
        "account_id": account_id,
        "conversation_id": conversation_id,
        "channel": channel,
        "limit": limit + 1,
    }
    bound, edge = ("before", before) if before is not None else ("after", after)
    if edge is not None:
        at = tx.scalar(_PLACE, {**parameters, "id": edge})
        if at is None:
            raise NotFoundError("Message not found")
        parameters |= {"edge_at": at, "edge_id": edge}
    page, count = _thread(channel=channel is not None, bound=bound if edge is not None else "")
    ids = [row.id for row in tx.all(page, parameters)]
    found = get_messages(tx, account_id, ids[:limit])
    return ThreadPage(found, int(tx.scalar(count, parameters)), len(ids) > limit)


def _conversation(row: AnyRow, contact: Contact | None, stages: Mapping[str, Stage]) -> Conversation:
    last = None
    if row.last_message_id is not None:
        name = row.last_message_author_name
        author_id = row.last_message_author_id
        if row.last_message_author_kind == "lead":
            author_id = row.contact_id
            name = None if contact is None else contact.name
        last = LastMessage(
            row.last_message_id,
            Channel(row.last_message_channel),
            Direction(row.last_message_direction),
            row.last_message_snippet or "",
            row.last_message_author_kind,
            author_id,
            name,
            row.last_message_at,
        )
    return Conversation(
        row.id,
        row.account_id,
        row.contact_id,
        ConversationStatus(row.status),
        row.snoozed_until,
        row.assigned_to_id,
        row.assigned_to_name,
        row.is_unread,
        row.unread_count,
        row.is_flagged,
        tuple(msgspec.json.decode(row.channels)),
        row.last_message_at,
        last,
        row.last_inbound_at,
        row.last_outbound_at,
        row.last_person_at,
        row.last_whatsapp_at,
        row.created_at,
        row.updated_at,
        contact,
        None if contact is None else stages.get(contact.profile.pipeline_stage_id or ""),
    )
