"""Who the caller is, and the workspace's name (contracts/votel.md 11.1, 18)."""

from __future__ import annotations

from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.contracts.votel.schemas import Me, Workspace, WorkspaceChange
from antiphon.contracts.votel.views import account_view, user_view, workspace_url
from antiphon.domain.accounts.commands import set_subdomain
from antiphon.domain.accounts.queries import get_key_name

ROUTES = Routes("Account")


@ROUTES.add("GET", "/me", answer=Me)
async def get_me(call: Call) -> Response:
    """The caller: user, account, role and permissions."""
    caller = call.caller
    key = None
    if caller.key_id is not None:
        name = await call.services.database.read(get_key_name, caller.account.id, caller.key_id)
        key = {"id": caller.key_id, "name": name, "scopes": caller.scopes}
    acting_for = None
    if caller.account.id != caller.home.id:
        acting_for = {"id": caller.account.id, "name": caller.account.name}
    return json_response(
        {
            "user": user_view(caller.user),
            "account": account_view(caller.account),
            "role": caller.role.label,
            "permissions": call.permissions,
            "key": key,
            "acting_for": acting_for,
        }
    )


@ROUTES.add("GET", "/workspace", permission="channels:read", answer=Workspace)
async def get_workspace(call: Call) -> Response:
    """The workspace's subdomain."""
    return _workspace(call, call.caller.account.subdomain)


@ROUTES.add("PATCH", "/workspace", permission="channels:write", body=WorkspaceChange, answer=Workspace)
async def change_workspace(call: Call) -> Response:
    """Rename the workspace; its hosted pages move with it."""
    body = await call.body(WorkspaceChange)
    services = call.services
    await services.database.write(
        set_subdomain, call.account_id, body.subdomain, services.settings.blocked_subdomains
    )
    return _workspace(call, body.subdomain)


def _workspace(call: Call, subdomain: str | None) -> Response:
    url = workspace_url(call.services.settings.origin, subdomain)
    return json_response({"subdomain": subdomain, "public_url": url})
