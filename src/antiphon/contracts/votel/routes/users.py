"""Users and invitations (contracts/votel.md 11.2)."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel.errors import forbidden, invalid
from antiphon.contracts.votel.inputs import LIST_QUERY
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.contracts.votel.schemas_people import (
    Invitation,
    InvitationCreate,
    InvitationList,
    User,
    UserChange,
    UserList,
)
from antiphon.contracts.votel.views_people import invitation_view, member_view, option_view
from antiphon.core.db.transaction import WriteTx
from antiphon.domain.accounts.errors import ForbiddenError, TakenError
from antiphon.domain.accounts.invitations import (
    get_invitation,
    list_invitations,
    resend_invitation,
    withdraw_invitation,
)
from antiphon.domain.accounts.members import (
    MemberChanges,
    create_member,
    get_member,
    list_members,
    remove_member,
    search_members,
    update_member,
)
from antiphon.domain.accounts.records import Invitation as InvitationRecord
from antiphon.domain.accounts.records import MemberStatus, Role

ROUTES = Routes("Users")

ROLES = tuple(role.label for role in Role)
STATUSES = tuple(status.value for status in MemberStatus)
_SETTINGS = ("ring_seconds", "forward_to", "do_not_disturb", "voicemail_enabled")
_PLACE = ("role", "status", "extension")
_LIST_QUERY = {
    "for_options": {"type": "boolean"},
    "search": {"type": "string"},
    "role": {"enum": list(ROLES)},
    "status": {"enum": list(STATUSES)},
    **LIST_QUERY,
}


@ROUTES.add("GET", "/users", permission="users:read", answer=UserList, query=_LIST_QUERY)
async def list_users(call: Call) -> Response:
    """Users by name for choosing one (`for_options=true`: every role, all active ones), else all of them."""
    query = call.query
    for_options = query.flag("for_options")
    database, account_id = call.services.database, call.account_id
    if for_options:
        query.check()
        whole = call.caller.role >= Role.ADMIN
        people = [
            option_view(member, whole=whole)
            for member in await database.read(list_members, account_id)
            if member.status is MemberStatus.ACTIVE
        ]
        return json_response({"users": people, "total_count": len(people)})
    call.require_role(Role.ADMIN, "users:read")
    role, status = query.choice("role", ROLES), query.choice("status", STATUSES)
    query.check()
    page = await database.read(
        search_members,
        account_id,
        query.text("search"),
        role=None if role is None else Role.parse(role),
        status=None if status is None else MemberStatus(status),
        limit=query.limit,
        offset=(query.page - 1) * query.limit,
    )
    users = [member_view(member) for member in page.items]
    return json_response({"users": users, "total": page.total, "total_count": page.total})


@ROUTES.add("GET", "/users/{id:uuid}", permission="users:read", answer=User)
async def get_user(call: Call) -> Response:
    """One user; everyone may read the own profile, admins all."""
    _own_or_admin(call, "users:read")
    member = await call.services.database.read(get_member, call.account_id, call.path_id())
    return json_response(member_view(member))


@ROUTES.add("PATCH", "/users/{id:uuid}", body=UserChange, answer=User)
async def change_user(call: Call) -> Response:
    """Change the keys given: the own profile by everyone, role, status and extension by admins."""
    user_id = call.path_id()
    call.require_scope("users:write")
    if not _is_own(call):
        call.require("users:write")
    await call.services.database.read(get_member, call.account_id, user_id)
    body = await call.body(UserChange)
    given = body.model_dump(exclude_unset=True)
    if any(name in given for name in _PLACE):
        call.require("users:write")
    changes = MemberChanges(
        name=body.name,
        extension=(body.extension or "") if "extension" in given else None,
        role=None if body.role is None else Role.parse(body.role),
        is_active=None if body.status is None else body.status == "active",
        settings={name: given[name] for name in _SETTINGS if name in given and _may_be(name, given[name])},
    )
    try:
        member = await call.services.database.write(
            update_member, call.account_id, user_id, changes, by=call.caller.role
        )
    except ForbiddenError:
        raise forbidden("Insufficient permissions: users:manage") from None
    except TakenError as error:
        raise invalid("extension", error.message, "extension_taken") from None
    return json_response(member_view(member))


@ROUTES.add(
    "DELETE",
    "/users/{id:uuid}",
    permission="users:write",
    status=204,
    query={"reassign_to": {"type": "string", "format": "uuid"}},
)
async def delete_user(call: Call) -> Response:
    """Disable a user, revoke keys and sessions, and hand over what was assigned."""
    user_id = call.path_id()
    await call.services.database.read(get_member, call.account_id, user_id)
    query = call.query
    reassign_to = query.uuid("reassign_to")
    query.check()
    try:
        await call.services.database.write(
            remove_member, call.account_id, user_id, reassign_to=reassign_to, by=call.caller.role
        )
    except ForbiddenError:
        raise forbidden("Insufficient permissions: users:manage") from None
    return Response(status_code=204)


@ROUTES.add("GET", "/invitations", permission="users:read", answer=InvitationList, query=LIST_QUERY)
async def list_open_invitations(call: Call) -> Response:
    """Invitations not accepted yet, newest first."""
    call.require_role(Role.ADMIN, "users:read")
    query = call.query
    found = await call.services.database.read(list_invitations, call.account_id)
    start = (query.page - 1) * query.limit
    page = [_view(call, invitation) for invitation in found[start : start + query.limit]]
    return json_response({"invitations": page, "total": len(found)})


@ROUTES.add(
    "POST", "/invitations", permission="users:send", status=201, body=InvitationCreate, answer=Invitation
)
async def invite(call: Call) -> Response:
    """Invite a person by mail, at most to the own role; the link is good for 7 days and one use."""
    body = await call.body(InvitationCreate)
    role = Role.parse(body.role)
    if role > call.caller.role:
        raise forbidden("Insufficient permissions: users:manage")
    for name in ("team_ids", "sub_account_ids"):
        if getattr(body, name):
            raise invalid(f"{name}.0", "There is no such object")

    def write(tx: WriteTx) -> InvitationRecord:
        member = create_member(
            tx,
            call.account_id,
            name=body.name or body.email.partition("@")[0],
            email=body.email,
            role=role,
        )
        found = list_invitations(tx, call.account_id)
        return next(invitation for invitation in found if invitation.user_id == member.user_id)

    return json_response(_view(call, await call.services.database.write(write)), 201)


@ROUTES.add("DELETE", "/invitations/{id:uuid}", permission="users:write", status=204)
async def delete_invitation(call: Call) -> Response:
    """Withdraw an invitation: its link ends, the place is given up."""
    await call.services.database.write(withdraw_invitation, call.account_id, call.path_id())
    return Response(status_code=204)


@ROUTES.add("POST", "/invitations/{id:uuid}/resend", permission="users:send", answer=Invitation)
async def resend(call: Call) -> Response:
    """Mail a new link; the old one ends."""
    services = call.services
    await services.database.read(get_invitation, call.account_id, call.path_id())
    invitation = await services.database.write(
        resend_invitation, services.cipher, services.settings.origin, call.account_id, call.path_id()
    )
    return json_response(_view(call, invitation))


def _is_own(call: Call) -> bool:
    return call.path_id().lower() == call.caller.user.id


def _own_or_admin(call: Call, permission: str) -> None:
    if not _is_own(call):
        call.require_role(Role.ADMIN, permission)


def _may_be(name: str, value: Any) -> bool:
    """Only `forward_to` can be taken away; null leaves the others as they are."""
    return value is not None or name == "forward_to"


def _view(call: Call, invitation: InvitationRecord) -> dict[str, Any]:
    return invitation_view(invitation, call.services.clock.now())
