"""The people of an account as colleagues: extension, role, reach (contracts/vocatech.md 5.6)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from antiphon.core.clock import DAY
from antiphon.core.db.prepared import Prepared
from antiphon.core.db.search_text import normalise
from antiphon.core.db.transaction import AnyRow, ReadTx, WriteTx
from antiphon.core.errors import DomainError, NotFoundError
from antiphon.core.events import Event
from antiphon.core.ids import new_id
from antiphon.core.phones import normalise_phone
from antiphon.core.zones import is_zone
from antiphon.domain.accounts import audit
from antiphon.domain.accounts.commands import MEMBER_NUMBERS, add_to_counter, create_user
from antiphon.domain.accounts.errors import ForbiddenError, LastOneError, TakenError
from antiphon.domain.accounts.keys import revoke_keys_of
from antiphon.domain.accounts.queries import get_account
from antiphon.domain.accounts.records import Member, MemberPage, MemberSettings, MemberStatus, Role
from antiphon.domain.accounts.tables import invitations, memberships, sessions, users

RING_SECONDS = (5, 120)
INVITATION_MS = 7 * DAY
MAX_NAME = 200
_EXTENSION = re.compile(r"[0-9]{1,16}", re.ASCII)
_EMAIL = re.compile(r"[^@\s,;<>]{1,64}@[^@\s,;<>]{1,255}")

m = memberships.c

_COLUMNS = (
    users.c.id,
    m.member_number,
    users.c.email,
    users.c.name,
    m.role,
    m.extension,
    m.is_active,
    m.settings,
    m.created_at,
    m.joined_at,
    m.updated_at,
)
_MEMBERS = (
    select(*_COLUMNS).join(users, users.c.id == m.user_id).where(m.account_id == bindparam("account_id"))
)
_ALL = Prepared(_MEMBERS.order_by(m.member_number))
_BY_NUMBER = Prepared(_MEMBERS.where(m.member_number == bindparam("number")))
_BY_EXTENSION = Prepared(_MEMBERS.where(m.extension == bindparam("extension")))
_BY_EMAIL = Prepared(_MEMBERS.where(users.c.email == bindparam("email")))
_BY_USER = Prepared(_MEMBERS.where(m.user_id == bindparam("user_id")))
_OTHERS = (
    select(m.role)
    .join(users, users.c.id == m.user_id)
    .where(
        m.account_id == bindparam("account_id"),
        m.user_id != bindparam("user_id"),
        m.is_active.is_(True),
        users.c.is_disabled.is_(False),
    )
)
_UPDATE = (
    memberships.update()
    .where(m.account_id == bindparam("p_account"), m.user_id == bindparam("p_user"))
    .values(
        role=bindparam("p_role"),
        extension=bindparam("p_extension"),
        is_active=bindparam("p_active"),
        settings=bindparam("p_settings"),
        updated_at=bindparam("p_now"),
    )
)
# unscoped: whether the person has a place in another account is what it asks
_ELSEWHERE = (
    select(m.account_id)
    .where(m.user_id == bindparam("user_id"), m.account_id != bindparam("account_id"))
    .limit(1)
)
_RENAME = users.update().where(users.c.id == bindparam("p_user")).values(name=bindparam("p_name"))
_END_SESSIONS = sessions.delete().where(
    sessions.c.account_id == bindparam("p_account"), sessions.c.user_id == bindparam("p_user")
)


@dataclass(frozen=True, slots=True)
class MemberChanges:
    """What to change; None leaves a value, `extension` "" takes it away, `settings` merge key by key.

    `reassign_to` is told with a deactivation.
    """

    name: str | None = None
    extension: str | None = None
    role: Role | None = None
    is_active: bool | None = None
    settings: Mapping[str, object] | None = None
    reassign_to: str | None = None


def _member(row: AnyRow) -> Member:
    return Member(
        user_id=row.id,
        number=row.member_number,
        email=row.email,
        name=row.name,
        role=Role.parse(row.role),
        extension=row.extension,
        is_active=row.is_active,
        settings=msgspec.json.decode(row.settings, type=MemberSettings),
        created_at=row.created_at,
        joined_at=row.joined_at,
        updated_at=row.updated_at or row.created_at,
    )


def list_members(tx: ReadTx, account_id: str) -> list[Member]:
    """Everyone of the account, active or not, by number."""
    return [_member(row) for row in tx.all(_ALL, {"account_id": account_id})]


def search_members(
    tx: ReadTx,
    account_id: str,
    search: str | None,
    *,
    role: Role | None = None,
    status: MemberStatus | None = None,
    limit: int,
    offset: int,
) -> MemberPage:
    """One page by number of those whose name, email or extension holds the text, in any case."""
    text = normalise(search or "")
    found = [
        member
        for member in list_members(tx, account_id)
        if role in (None, member.role)
        and status in (None, member.status)
        and any(text in normalise(value) for value in (member.name, member.email, member.extension or ""))
    ]
    return MemberPage(found[offset : offset + limit], len(found))


def _one(row: AnyRow | None) -> Member | None:
    return None if row is None else _member(row)


def find_member_by_extension(tx: ReadTx, account_id: str, extension: str) -> Member | None:
    return _one(tx.first(_BY_EXTENSION, {"account_id": account_id, "extension": extension}))


def find_member_by_email(tx: ReadTx, account_id: str, email: str) -> Member | None:
    """By address in any case."""
    return _one(tx.first(_BY_EMAIL, {"account_id": account_id, "email": email.strip().lower()}))


def get_member(tx: ReadTx, account_id: str, user_id: str) -> Member:
    """Raises NotFoundError."""
    found = _one(tx.first(_BY_USER, {"account_id": account_id, "user_id": user_id}))
    if found is None:
        raise NotFoundError("User not found")
    return found


def get_member_by_number(tx: ReadTx, account_id: str, number: int) -> Member:
    """Raises NotFoundError."""
    found = _one(tx.first(_BY_NUMBER, {"account_id": account_id, "number": number}))
    if found is None:
        raise NotFoundError("User not found")
    return found


def create_member(
    tx: WriteTx,
    account_id: str,
    *,
    name: str,
    email: str,
    role: Role = Role.MEMBER,
    extension: str | None = None,
    settings: Mapping[str, object] | None = None,
) -> Member:
    """Invite a person, who signs in by a link; a known address keeps its name. Emits `user.invited`.

    Raises DomainError, and TakenError for an address or extension of this account.
    """
    name, email = _checked_name(name), email.strip().lower()
    if not _EMAIL.fullmatch(email):
        raise DomainError("Not an email address", field="email")
    add_to_counter(tx, account_id, MEMBER_NUMBERS, 0)
    if find_member_by_email(tx, account_id, email) is not None:
        raise TakenError(f"{email} is in this account already", field="email")
    checked = _merged(MemberSettings(), settings or {}, get_account(tx, account_id).country)
    free = _free_extension(tx, account_id, extension or None, "")
    user_id = create_user(
        tx, account_id, email=email, name=name, role=role, password_hash=None, has_joined=False
    )
    member = replace(get_member(tx, account_id, user_id), extension=free, settings=checked)
    _store(tx, account_id, member)
    add_invitation(tx, account_id, user_id)
    member = get_member(tx, account_id, user_id)
    tx.emit(
        Event(
            account_id, "user.invited", user_id, {"role": role.label, "member": msgspec.to_builtins(member)}
        )
    )
    changes = audit.changed({}, {"email": email, "role": role.label})
    audit.record(tx, account_id, "user.invited", _target(member), changes)
    return get_member(tx, account_id, user_id)


def update_member(tx: WriteTx, account_id: str, user_id: str, changes: MemberChanges, *, by: Role) -> Member:
    """Change a person's place in the account; `by` is the role of who asks.

    Making an owner, and another role or deactivation of one, needs an owner; the name of a person who has a
    place in another account too is the person's own. Raises NotFoundError, ForbiddenError, DomainError,
    TakenError and LastOneError.
    """
    # One change at a time, so that two admins cannot take away each other.
    add_to_counter(tx, account_id, MEMBER_NUMBERS, 0)
    old = get_member(tx, account_id, user_id)
    role = old.role if changes.role is None else changes.role
    is_active = old.is_active if changes.is_active is None else changes.is_active
    taken_away = (role, is_active) != (old.role, old.is_active) and not (is_active and role >= old.role)
    if (
        by < Role.OWNER
        and Role.OWNER in (old.role, role)
        and ((role, is_active) != (old.role, old.is_active))
    ):
        raise ForbiddenError("Only an owner may do this to an owner")
    new = replace(
        old,
        name=old.name if changes.name is None else _checked_name(changes.name),
        role=role,
        is_active=is_active,
        settings=_merged(old.settings, changes.settings or {}, get_account(tx, account_id).country),
        extension=old.extension
        if changes.extension is None
        else _free_extension(tx, account_id, changes.extension or None, user_id),
    )
    if new.name != old.name and tx.actor.id != user_id and _is_elsewhere(tx, account_id, user_id):
        raise DomainError("Only the person may change a name that other accounts show too", field="name")
    if taken_away and old.is_active:
        _check_remaining(tx, account_id, old, "active" if changes.is_active is False else "role")
    if new == old:
        return old
    _store(tx, account_id, new)
    if new.name != old.name:
        tx.execute(_RENAME, {"p_user": user_id, "p_name": new.name})
    differences = audit.changed(_flat(old), _flat(new))
    if old.is_active and not new.is_active:
        tx.execute(_END_SESSIONS, {"p_account": account_id, "p_user": user_id})
        told = {"reassign_to": changes.reassign_to, "member": msgspec.to_builtins(new)}
        tx.emit(Event(account_id, "user.disabled", user_id, told))
    told = {"changes": differences, "member": msgspec.to_builtins(new)}
    tx.emit(Event(account_id, "user.updated", user_id, told))
    audit.record(tx, account_id, "user.updated", _target(new), differences)
    return get_member(tx, account_id, user_id)


def remove_member(
    tx: WriteTx, account_id: str, user_id: str, *, reassign_to: str | None = None, by: Role
) -> None:
    """Disable a person for good: keys revoked, sessions ended, an open invitation withdrawn.

    `reassign_to` is who takes over what the person was to do; reactions to `user.disabled` hand it over.
    Raises NotFoundError, ForbiddenError, LastOneError, DomainError.
    """
    if reassign_to is not None:
        heir = _one(tx.first(_BY_USER, {"account_id": account_id, "user_id": reassign_to}))
        if heir is None or not heir.is_active or reassign_to == user_id:
            raise DomainError("Not another active user of this account", field="reassign_to")
    was_active = get_member(tx, account_id, user_id).is_active
    update_member(tx, account_id, user_id, MemberChanges(is_active=False, reassign_to=reassign_to), by=by)
    if not was_active and reassign_to is not None:
        tx.emit(Event(account_id, "user.disabled", user_id, {"reassign_to": reassign_to}))
    revoke_keys_of(tx, account_id, user_id)
    tx.execute(
        invitations.delete().where(invitations.c.account_id == account_id, invitations.c.user_id == user_id)
    )


def add_invitation(tx: WriteTx, account_id: str, user_id: str) -> str:
    """Hold a place open for 7 days; returns the invitation's id."""
    invitation_id = new_id()
    tx.execute(
        invitations.insert(),
        {
            "id": invitation_id,
            "account_id": account_id,
            "user_id": user_id,
            "invited_by_id": tx.actor.id,
            "created_at": tx.now,
            "expires_at": tx.now + INVITATION_MS,
        },
    )
    return invitation_id


def _is_elsewhere(tx: ReadTx, account_id: str, user_id: str) -> bool:
    return tx.scalar(_ELSEWHERE, {"account_id": account_id, "user_id": user_id}) is not None


def _target(member: Member) -> audit.Target:
    return audit.Target("user", member.user_id, member.email)


def _flat(member: Member) -> dict[str, Any]:
    return {
        "name": member.name,
        "role": member.role.label,
        "extension": member.extension,
        "is_active": member.is_active,
        **asdict(member.settings),
    }


def _store(tx: WriteTx, account_id: str, member: Member) -> None:
    tx.execute(
        _UPDATE,
        {
            "p_account": account_id,
            "p_user": member.user_id,
            "p_role": member.role.label,
            "p_extension": member.extension,
            "p_active": member.is_active,
            "p_settings": msgspec.json.encode(asdict(member.settings)).decode(),
            "p_now": tx.now,
        },
    )


def _check_remaining(tx: WriteTx, account_id: str, leaving: Member, field: str) -> None:
    rows = tx.all(_OTHERS, {"account_id": account_id, "user_id": leaving.user_id})
    others = [Role.parse(row.role) for row in rows]
    if leaving.role is Role.OWNER and Role.OWNER not in others:
        raise LastOneError("One active owner must remain", field=field)
    if leaving.role >= Role.ADMIN and not any(role >= Role.ADMIN for role in others):
        raise LastOneError("One active admin must remain", field=field, code="last_admin")


def _checked_name(name: str) -> str:
    text = " ".join(name.split())
    if not text or len(text) > MAX_NAME or "\0" in text:
        raise DomainError(f"1 to {MAX_NAME} characters", field="name")
    return text


def _free_extension(tx: ReadTx, account_id: str, extension: str | None, user_id: str) -> str | None:
    if extension is None:
        return None
    if not _EXTENSION.fullmatch(extension):
        raise DomainError("1 to 16 digits", field="extension")
    owner = find_member_by_extension(tx, account_id, extension)
    if owner is not None and owner.user_id != user_id:
        raise TakenError(f"The extension {extension} is taken", field="extension")
    return extension


_SETTINGS = frozenset(field.name for field in fields(MemberSettings))


def _merged(old: MemberSettings, given: Mapping[str, object], country: str) -> MemberSettings:
    changes: dict[str, Any] = dict(given)
    if unknown := sorted(changes.keys() - _SETTINGS):
        raise DomainError("There is no such setting", field=f"settings.{unknown[0]}")
    zone, forward, ring = (changes.get(name) for name in ("timezone", "forward_to", "ring_seconds"))
    if zone is not None and not is_zone(zone):
        raise DomainError("Not an IANA time zone name or UTC", field="settings.timezone")
    if forward is not None:
        changes["forward_to"] = normalise_phone(forward, country)
        if changes["forward_to"] is None:
            raise DomainError("Not a phone number", field="settings.forward_to")
    if ring is not None and not RING_SECONDS[0] <= ring <= RING_SECONDS[1]:
        raise DomainError("5 to 120", field="settings.ring_seconds")
    return replace(old, **changes)
