"""Writes of recording channels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from antiphon.core.clock import DAY
from antiphon.core.db.prepared import Prepared
from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import Event
from antiphon.core.ids import new_id
from antiphon.domain.accounts.audit import Target, changed, record
from antiphon.domain.accounts.statuses import tell_status
from antiphon.domain.accounts.subdomains import SLUG, slugify
from antiphon.domain.channels.errors import ChannelError
from antiphon.domain.channels.queries import get_channel
from antiphon.domain.channels.records import Channel, ChannelKind, ChannelStatus
from antiphon.domain.channels.snapshot import snapshot
from antiphon.domain.channels.tables import channels

NAME_LENGTH = 200
MISSED_MS = 7 * DAY
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*")
_SLUG_TAKEN = select(channels.c.id).where(
    channels.c.account_id == bindparam("account_id"),
    channels.c.slug == bindparam("slug"),
    channels.c.deleted_at.is_(None),
)
_COUNT = Prepared(
    channels.update()
    .where(channels.c.account_id == bindparam("p_account"), channels.c.id == bindparam("p_channel"))
    .values(voicegram_count=channels.c.voicegram_count + bindparam("p_amount"))
)

_SET_STATUS = (
    channels.update()
    .where(
        channels.c.account_id == bindparam("p_account"),
        channels.c.id == bindparam("p_channel"),
        channels.c.status != bindparam("p_status"),
        channels.c.deleted_at.is_(None),
    )
    .values(status=bindparam("p_status"))
)
# unscoped: scheduled, for every account
_MISSED = (
    select(channels.c.account_id, channels.c.id)
    .where(
        channels.c.kind == ChannelKind.DOMAIN.value,
        channels.c.status == ChannelStatus.ACTIVE.value,
        channels.c.is_active.is_(True),
        channels.c.deleted_at.is_(None),
        channels.c.last_seen_at < bindparam("before"),
    )
    .limit(200)
)


def create_channel(
    tx: WriteTx,
    account_id: str,
    *,
    kind: ChannelKind,
    name: str,
    host: str | None = None,
    slug: str | None = None,
    greeting: str = "",
    notify_emails: Sequence[str] = (),
    is_active: bool = True,
) -> Channel:
    """Create a channel: a domain is named by its host, a campaign by a display name.

    Raises ChannelError `required`, `invalid` or `taken` with the field at fault.
    """
    name = name.strip()
    if kind is ChannelKind.DOMAIN:
        host = check_host(host or name)
        name, slug = name or host, None
    else:
        host = None
        if not name:
            raise ChannelError("a campaign needs a name", field="name", code="required")
        slug = _free_slug(tx, account_id, name) if slug is None else check_slug(tx, account_id, slug)
    if len(name) > NAME_LENGTH:
        raise ChannelError(f"at most {NAME_LENGTH} characters", field="name", code="invalid")
    channel_id = new_id()
    tx.execute(
        channels.insert(),
        {
            "id": channel_id,
            "account_id": account_id,
            "kind": kind.value,
            "name": name,
            "host": host,
            "slug": slug,
            "greeting": greeting,
            "notify_emails": msgspec.json.encode(list(notify_emails)).decode(),
            "is_active": is_active,
            "voicegram_count": 0,
            "created_at": tx.now,
            "updated_at": tx.now,
            "status": (ChannelStatus.PENDING if host else ChannelStatus.ACTIVE).value,
        },
    )
    channel = get_channel(tx, account_id, channel_id)
    tx.emit(Event(account_id, "recording_channel.created", channel_id, snapshot(tx, channel)))
    record(tx, account_id, "recording_channel.created", _target(channel))
    return channel


def update_channel(tx: WriteTx, account_id: str, channel_id: str, changes: dict[str, Any]) -> Channel:
    """Change `name`, `host`, `slug`, `greeting`, `notify_emails` or `is_active`; other keys are ignored.

    Raises NotFoundError and ChannelError.
    """
    channel = get_channel(tx, account_id, channel_id)
    values: dict[str, Any] = {
        key: changes[key] for key in ("name", "greeting", "is_active") if key in changes
    }
    if "name" in values:
        values["name"] = values["name"].strip()
        if not 1 <= len(values["name"]) <= NAME_LENGTH:
            raise ChannelError(f"1 to {NAME_LENGTH} characters", field="name", code="invalid")
    if "host" in changes and channel.kind is ChannelKind.DOMAIN:
        values["host"] = check_host(changes["host"])
    if "slug" in changes and channel.kind is ChannelKind.CAMPAIGN and changes["slug"] != channel.slug:
        values["slug"] = check_slug(tx, account_id, changes["slug"])
    if "notify_emails" in changes:
        values["notify_emails"] = msgspec.json.encode(list(changes["notify_emails"])).decode()
    if values:
        tx.execute(
            channels.update()
            .where(channels.c.account_id == account_id, channels.c.id == channel_id)
            .values(**values, updated_at=tx.now)
        )
    after = get_channel(tx, account_id, channel_id)
    differences = changed(_described(channel), _described(after))
    if differences:
        data = {**snapshot(tx, after), "changes": differences}
        tx.emit(Event(account_id, "recording_channel.updated", channel_id, data))
        record(tx, account_id, "recording_channel.updated", _target(after), differences)
    return after


def delete_channel(tx: WriteTx, account_id: str, channel_id: str) -> None:
    """Soft: its page says that it is closed, its voicegrams stay. Raises NotFoundError."""
    channel = get_channel(tx, account_id, channel_id)
    tx.execute(
        channels.update()
        .where(channels.c.account_id == account_id, channels.c.id == channel_id)
        .values(deleted_at=tx.now, is_active=False)
    )
    tx.emit(Event(account_id, "recording_channel.deleted", channel_id, snapshot(tx, channel)))
    record(tx, account_id, "recording_channel.deleted", _target(channel))


def _target(channel: Channel) -> Target:
    return Target("recording_channel", channel.id, channel.name or channel.host or "")


def _described(channel: Channel) -> dict[str, Any]:
    """What people change, by the names of the API."""
    return {
        "name": channel.name,
        "host": channel.host,
        "slug": channel.slug,
        "is_active": channel.is_active,
        "greeting": channel.greeting,
        "notify_emails": list(channel.notify_emails),
    }


def count_voicegram(tx: WriteTx, account_id: str, channel_id: str, amount: int = 1) -> None:
    tx.run(_COUNT, {"p_account": account_id, "p_channel": channel_id, "p_amount": amount})


def mark_seen(tx: WriteTx, account_id: str, channel_id: str) -> None:
    """The channel's widget has just loaded; the first time, and after a silence, that is told."""
    tx.execute(
        channels.update()
        .where(channels.c.account_id == account_id, channels.c.id == channel_id)
        .values(last_seen_at=tx.now)
    )
    _set_status(tx, account_id, channel_id, ChannelStatus.ACTIVE, "The widget was seen")


def miss_widgets(tx: WriteTx) -> int:
    """Tell of domains whose widget has not loaded for a week; returns how many. For the schedule."""
    # unscoped: scheduled, for every account
    missed = tx.all(_MISSED, {"before": tx.now - MISSED_MS})
    for row in missed:
        _set_status(tx, row.account_id, row.id, ChannelStatus.ERROR, "The widget was not seen for 7 days")
    return len(missed)


def _set_status(tx: WriteTx, account_id: str, channel_id: str, status: ChannelStatus, reason: str) -> None:
    before = get_channel(tx, account_id, channel_id)
    own = {"p_account": account_id, "p_channel": channel_id, "p_status": status.value}
    # The condition makes one of two at once the one that changes it.
    if before.status is status or tx.execute(_SET_STATUS, own).rowcount == 0:
        return
    tell_status(
        tx,
        account_id,
        "channel.status_changed",
        _target(before),
        before=before.status.value,
        after=status.value,
        reason=reason,
        data=snapshot(tx, get_channel(tx, account_id, channel_id)),
    )


def check_host(value: str) -> str:
    """A bare host name in lower case, without scheme or port. Raises ChannelError `invalid`."""
    host = value.strip().lower().rstrip(".")
    if not _HOST.fullmatch(host):
        raise ChannelError("a host name such as www.example.com", field="host", code="invalid")
    return host


def check_slug(tx: WriteTx, account_id: str, value: str) -> str:
    """Raises ChannelError `invalid` or `taken`."""
    if not SLUG.fullmatch(value):
        raise ChannelError(
            "1 to 60 characters a-z, 0-9 and single hyphens inside", field="slug", code="invalid"
        )
    if tx.scalar(_SLUG_TAKEN, {"account_id": account_id, "slug": value}) is not None:
        raise ChannelError(f"{value} is taken", field="slug", code="taken")
    return value


def _free_slug(tx: WriteTx, account_id: str, name: str) -> str:
    base = slugify(name, 50) or "campaign"
    for candidate in (base, *(f"{base}-{number}" for number in range(2, 1000))):
        if tx.scalar(_SLUG_TAKEN, {"account_id": account_id, "slug": candidate}) is None:
            return candidate
    raise ChannelError("choose another name", field="name", code="taken")
