"""Users of the company (contracts/vocatech.md 5.6)."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StringConstraints
from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.vocatech.bodies import Body, Given, refuse_nul
from antiphon.contracts.vocatech.query import PAGING, search_schema
from antiphon.contracts.vocatech.routing import MANAGE, Call, Routes
from antiphon.contracts.vocatech.schemas import Answer, PageMeta, PageQuery, Phone, Stamp
from antiphon.contracts.vocatech.times import stamp
from antiphon.domain.accounts.members import (
    MemberChanges,
    create_member,
    get_member_by_number,
    search_members,
    update_member,
)
from antiphon.domain.accounts.records import Member, Role

ROUTES = Routes("Users")

RoleName = Literal["admin", "member", "viewer"]
RingSeconds = Annotated[int, Field(ge=5, le=120)]
NoNul = AfterValidator(refuse_nul)
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), NoNul]
Email = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=254), NoNul]
Extension = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,16}$")]
Zone = Annotated[str, StringConstraints(max_length=64), NoNul]
Forward = Annotated[str, StringConstraints(max_length=64), NoNul]


class UserSettings(Answer):
    timezone: str | None
    do_not_disturb: bool
    ring_seconds: RingSeconds
    forward_to: Phone | None
    voicemail_enabled: bool


class User(Answer):
    id: int
    name: str
    email: str
    extension: str | None
    role: RoleName
    active: bool
    settings: UserSettings
    created_at: Stamp


class UserQuery(PageQuery):
    search: str | None


class UserMeta(PageMeta):
    total_users: int = Field(ge=0)


class UserList(Answer):
    query: UserQuery
    users: list[User]
    meta: UserMeta


class SettingsChange(Body):
    timezone: Zone | None = Field(
        None, description="IANA name or UTC; null: the account's", examples=["America/Chicago"]
    )
    do_not_disturb: Annotated[bool | None, Given] = None
    ring_seconds: Annotated[RingSeconds | None, Given] = None
    forward_to: Forward | None = Field(None, description="A phone number, or null", examples=["+12025550143"])
    voicemail_enabled: Annotated[bool | None, Given] = None


class NewUser(Body):
    name: Name = Field(examples=["Ada Example"])
    email: Email = Field(examples=["ada@example.com"])
    extension: Extension | None = Field(None, examples=["204"])
    role: RoleName = "member"
    settings: Annotated[SettingsChange | None, Given] = None


class UserChange(Body):
    name: Annotated[Name | None, Given] = None
    extension: Extension | None = None
    role: Annotated[RoleName | None, Given] = None
    active: Annotated[bool | None, Given] = None
    settings: Annotated[SettingsChange | None, Given] = None


@ROUTES.add(
    "GET", "/users", answer=UserList, query={**search_schema("Part of a name, email or extension."), **PAGING}
)
async def list_users(call: Call) -> Response:
    """List users, in the order of their ids."""
    query = call.query
    page = await call.services.database.read(
        search_members, call.account_id, query.text("search"), limit=query.limit, offset=query.offset
    )
    return call.listed("users", [user_view(member, call.zone) for member in page.items], page.total)


@ROUTES.add("POST", "/users", needs=MANAGE, status=201, answer=User, body=NewUser, errors=(400,))
async def create_user(call: Call) -> Response:
    """Add a user, who gets a sign-in link by email."""
    body = await call.body(NewUser)
    member = await call.services.database.write(
        create_member,
        call.account_id,
        name=body.name,
        email=body.email,
        role=Role.parse(body.role),
        extension=body.extension,
        settings=_given_settings(body.settings),
    )
    return json_response(user_view(member, call.zone), 201)


@ROUTES.add("GET", "/users/{id}", answer=User, errors=(404,))
async def get_user(call: Call) -> Response:
    """Get a user."""
    member = await call.services.database.read(get_member_by_number, call.account_id, call.path_number())
    return json_response(user_view(member, call.zone))


@ROUTES.add("PATCH", "/users/{id}", needs=MANAGE, answer=User, body=UserChange, errors=(400, 404))
async def change_user(call: Call) -> Response:
    """Change a user; settings are merged key by key."""
    database = call.services.database
    member = await database.read(get_member_by_number, call.account_id, call.path_number())
    body = await call.body(UserChange)
    extension = (body.extension or "") if "extension" in body.model_fields_set else None
    changes = MemberChanges(
        name=body.name,
        extension=extension,
        role=_given_role(body.role, member),
        is_active=body.active,
        settings=_given_settings(body.settings),
    )
    changed = await database.write(
        update_member, call.account_id, member.user_id, changes, by=call.owner.role
    )
    return json_response(user_view(changed, call.zone))


def _given_role(role: str | None, member: Member) -> Role | None:
    """An owner shows as `admin`, so that writing `admin` leaves an owner one (section 5.6)."""
    if role is None or (role == "admin" and member.role is Role.OWNER):
        return None
    return Role.parse(role)


def _given_settings(settings: SettingsChange | None) -> dict[str, object] | None:
    return None if settings is None else settings.model_dump(exclude_unset=True)


def user_view(member: Member, zone: ZoneInfo) -> dict[str, Any]:
    """An owner shows as `admin` (section 5.6)."""
    return {
        "id": member.number,
        "name": member.name,
        "email": member.email,
        "extension": member.extension,
        "role": min(member.role, Role.ADMIN).label,
        "active": member.is_active,
        "settings": {
            "timezone": member.settings.timezone,
            "do_not_disturb": member.settings.do_not_disturb,
            "ring_seconds": member.settings.ring_seconds,
            "forward_to": member.settings.forward_to,
            "voicemail_enabled": member.settings.voicemail_enabled,
        },
        "created_at": stamp(member.created_at, zone),
    }
