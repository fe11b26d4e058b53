"""What the filters of lists may ask of leads and conversations (contracts/votel.md 0.7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Numeric,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSON

from antiphon.core.db.filters import FilterField, Frame, Kind, Test, compile_filter
from antiphon.core.db.transaction import ReadTx
from antiphon.core.phones import normalise_phone
from antiphon.domain.accounts.queries import get_account
from antiphon.domain.accounts.tables import memberships, users
from antiphon.domain.contacts.pipelines import Stage, list_pipelines
from antiphon.domain.contacts.queries import ALL_CHANNELS, list_fields
from antiphon.domain.contacts.records import Field
from antiphon.domain.contacts.tables import (
    contact_addresses,
    contact_tags,
    contacts,
    suppressions,
    tags,
)
from antiphon.domain.contacts.tags import key_of
from antiphon.domain.conversations.queries import WINDOW_MS
from antiphon.domain.conversations.tables import conversation_stars, conversations

_ACCOUNT: BindParameter[str] = bindparam("account_id")
_CUSTOM = "custom."
_CONSENT = "consent."
_LEAD = "lead."
_NUMBER = r"^-?[0-9]+(\.[0-9]+)?$"
_SPACING = re.compile(r"[\s()./-]")
_CONSENT_KINDS = {"sms": "phone", "whatsapp": "phone", "call": "phone", "email": "email"}

c = contacts.c
v = conversations.c
a = contact_addresses.c

Find = Callable[[str], FilterField | None]


def lead_condition(tx: ReadTx, account_id: str, value: Mapping[str, Any]) -> ColumnElement[bool]:
    """The filter as a condition on contacts. Raises FilterError."""
    return compile_filter(value, lead_fields(tx, account_id), _frame(tx, account_id))


def conversation_condition(
    tx: ReadTx, account_id: str, user_id: str, value: Mapping[str, Any]
) -> ColumnElement[bool]:
    """The filter as a condition on conversations; stars are those of the user. Raises FilterError."""
    of_leads = lead_fields(tx, account_id)
    own = _conversation_fields(user_id)

    def find(name: str) -> FilterField | None:
        if name in own:
            return own[name]
        field = of_leads(name.removeprefix(_LEAD))
        return None if field is None else _of_lead(field)

    return compile_filter(value, find, _frame(tx, account_id))


def _frame(tx: ReadTx, account_id: str) -> Frame:
    return Frame(tx.dialect, tx.now, ZoneInfo(get_account(tx, account_id).timezone))


def _column(kind: Kind, expression: ColumnElement[Any]) -> FilterField:
    return FilterField(kind, lambda test: test(expression))


def _word(expression: ColumnElement[Any]) -> FilterField:
    """An id or a fixed word, stored in lower case."""
    return FilterField(Kind.TEXT, lambda test: test(expression), str.lower)


def _related(
    kind: Kind,
    key: ColumnElement[Any],
    keys: Select[Any],
    value: ColumnElement[Any],
    plain: Callable[[str], str] | None = None,
) -> FilterField:
    """A value in another table: `keys` selects the rows that `key` may name."""
    return FilterField(kind, lambda test: key.in_(keys.where(test(value))), plain)


def _none(kind: Kind) -> FilterField:
    """What no lead has yet."""
    return FilterField(kind, lambda test: false())


# Leads

_WORDS = ("id", "lifecycle_stage", "owner_id")
_TEXTS = (
    *("first_name", "last_name", "company", "job_title", "website", "lead_source", "address", "city"),
    *("state", "postal_code", "country", "timezone", "language", "deal_currency"),
)
_OWN: dict[str, FilterField] = {
    **{name: _word(c[name]) for name in _WORDS},
    **{name: _column(Kind.TEXT, c[name]) for name in _TEXTS},
    "name": _column(
        Kind.TEXT,
        func.coalesce(
            func.nullif(func.trim(c.first_name.concat(" ").concat(c.last_name)), ""),
            c.company,
        ),
    ),
    "score": _column(Kind.NUMBER, c.score),
    "deal_value": _column(Kind.NUMBER, c.deal_value),
    "date_of_birth": _column(Kind.DATE, c.date_of_birth),
    "dnd": _column(Kind.FLAG, c.dnd),
    "created_at": _column(Kind.MOMENT, c.created_at),
    "updated_at": _column(Kind.MOMENT, c.updated_at),
    "last_activity_at": _column(Kind.MOMENT, func.nullif(c.last_activity_at, 0)),
    "owner_name": _related(
        Kind.TEXT,
        c.owner_id,
        select(users.c.id)
        .join(memberships, memberships.c.user_id == users.c.id)
        .where(memberships.c.account_id == _ACCOUNT),
        users.c.name,
    ),
    **{
        name: _related(
            kind,
            c.id,
            select(v.contact_id).where(v.account_id == _ACCOUNT, v.deleted_at.is_(None)),
            column,
            plain,
        )
        for name, kind, column, plain in (
            ("conversation_id", Kind.TEXT, v.id, str.lower),
            ("last_inbound_at", Kind.MOMENT, v.last_inbound_at, None),
        )
    },
    "tags": _related(
        Kind.LIST,
        c.id,
        select(contact_tags.c.contact_id)
        .join(tags, tags.c.id == contact_tags.c.tag_id)
        .where(contact_tags.c.account_id == _ACCOUNT, tags.c.account_id == _ACCOUNT),
        tags.c.name_key,
        key_of,
    ),
    **dict.fromkeys(("lists", "workflow_ids", "campaign_ids"), _none(Kind.LIST)),
    **dict.fromkeys(
        ("booking_count", "no_show_count", "open_task_count"), _column(Kind.NUMBER, literal_column("0"))
    ),
}


def lead_fields(tx: ReadTx, account_id: str) -> Find:
    """Every field of contracts/votel.md 0.7 by its name; conditions are on contacts of the account."""
    country = get_account(tx, account_id).country
    stages = [stage for pipeline in list_pipelines(tx, account_id) for stage in pipeline.stages]
    custom = {field.field_name: field for field in list_fields(tx, account_id) if not field.is_builtin}
    known = {
        **_OWN,
        **_addresses("email", str.lower),
        **_addresses("phone", lambda text: _plain_phone(text, country)),
        **_stage_fields(stages),
        **{f"{_CONSENT}{channel}": _consent(channel) for channel in _CONSENT_KINDS},
        **{f"{_CUSTOM}{name}": _custom(field, tx.dialect) for name, field in custom.items()},
    }
    return known.get


def _plain_phone(text: str, country: str) -> str:
    """E.164 of a whole number; of a part of one what is left without spacing."""
    return normalise_phone(text, country) or _SPACING.sub("", text).lower()


def _addresses(kind: str, plain: Callable[[str], str]) -> dict[str, FilterField]:
    """The primary address, and all of a kind."""
    every = select(a.contact_id).where(a.account_id == _ACCOUNT, a.kind == kind)
    return {
        kind: _related(Kind.TEXT, c.id, every.where(a.position == 0), a.value, plain),
        f"{kind}s": _related(Kind.LIST, c.id, every, a.value, plain),
    }


def _stage_fields(stages: Sequence[Stage]) -> dict[str, FilterField]:
    """What the stage says, in words: a new account's stages are in no table."""

    def of_stage(read: Callable[[Stage], str]) -> ColumnElement[Any]:
        if not stages:
            return null()
        return case({stage.id: literal(read(stage), Text) for stage in stages}, value=c.pipeline_stage_id)

    name = _column(Kind.TEXT, of_stage(lambda stage: stage.name))
    return {
        "pipeline_id": _word(of_stage(lambda stage: stage.pipeline_id)),
        "pipeline_stage_id": _word(c.pipeline_stage_id),
        "pipeline_stage": name,
        "pipeline_stage_name": name,
        "deal_status": _word(of_stage(lambda stage: stage.kind)),
    }


def _consent(channel: str) -> FilterField:
    """`denied` where the primary address of the channel is suppressed, as the lead shows it."""
    s = suppressions.c
    denied = c.id.in_(
        select(a.contact_id)
        .join(suppressions, and_(s.account_id == a.account_id, s.address == a.value))
        .where(
            a.account_id == _ACCOUNT,
            a.kind == _CONSENT_KINDS[channel],
            a.position == 0,
            s.channel.in_((channel, ALL_CHANNELS)),
            s.lifted_at.is_(None),
        )
    )
    return _word(case((denied, "denied"), else_="unknown"))


def _custom(field: Field, dialect: str) -> FilterField:
    stored: ColumnElement[Any]
    if dialect == "sqlite":
        stored = func.json_extract(c.custom, f'$."{field.field_name}"')
    else:
        stored = cast(c.custom, JSON).op("->>", return_type=Text())(field.field_name)
    if field.data_type == "number" and not field.is_phone:
        number: ColumnElement[Any] = cast(stored, Numeric)
        if dialect != "sqlite":
            number = case((stored.regexp_match(_NUMBER), number))
        return _column(Kind.NUMBER, number)
    return _column(Kind.DATE if field.data_type == "date" else Kind.TEXT, stored)


# Conversations


def _of_lead(field: FilterField) -> FilterField:
    return FilterField(
        field.kind,
        lambda test: v.contact_id.in_(
            select(c.id).where(c.account_id == _ACCOUNT, c.deleted_at.is_(None), field.holds(test))
        ),
        field.plain,
    )


def _in_channels(test: Test) -> ColumnElement[bool]:
    """The list is short, stored as JSON, and of known words."""
    return or_(
        *(
            and_(v.channels.contains(f'"{name}"', autoescape=True), test(literal(name, Text)))
            for name in ("sms", "whatsapp", "email", "webchat", "call", "voicegram", "note")
        )
    )


def _conversation_fields(user_id: str) -> dict[str, FilterField]:
    starred = v.id.in_(
        select(conversation_stars.c.conversation_id).where(
            conversation_stars.c.account_id == _ACCOUNT, conversation_stars.c.user_id == user_id
        )
    )
    return {
        "id": _word(v.id),
        "lead_id": _word(v.contact_id),
        "status": _word(v.status),
        "snoozed_until": _column(Kind.MOMENT, v.snoozed_until),
        "is_unread": _column(Kind.FLAG, v.is_unread),
        "unread_count": _column(Kind.NUMBER, v.unread_count),
        "is_flagged": _column(Kind.FLAG, v.is_flagged),
        "is_starred": FilterField(Kind.FLAG, lambda test: test(case((starred, true()), else_=false()))),
        "assigned_to_id": _word(v.assigned_to_id),
        "assigned_to_name": _related(
            Kind.TEXT,
            v.assigned_to_id,
            select(users.c.id)
            .join(memberships, memberships.c.user_id == users.c.id)
            .where(memberships.c.account_id == _ACCOUNT),
            users.c.name,
        ),
        "channels": FilterField(Kind.LIST, _in_channels, str.lower),
        "last_message.channel": _word(v.last_message_channel),
        "last_message.direction": _word(v.last_message_direction),
        "last_message.snippet": _column(Kind.TEXT, v.last_message_snippet),
        "last_message.author.kind": _word(v.last_message_author_kind),
        "last_message.created_at": _column(
            Kind.MOMENT, case((v.last_message_id.is_not(None), v.last_message_at))
        ),
        "ai.mode": _word(literal("off", Text)),
        "last_inbound_at": _column(Kind.MOMENT, v.last_inbound_at),
        "last_outbound_at": _column(Kind.MOMENT, v.last_outbound_at),
        "whatsapp_window_expires_at": _column(Kind.MOMENT, v.last_whatsapp_at + WINDOW_MS),
        "created_at": _column(Kind.MOMENT, v.created_at),
        "updated_at": _column(Kind.MOMENT, v.updated_at),
    }
