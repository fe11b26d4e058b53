"""The account and its workspace (contracts/votel.md 11.1, 18)."""

from __future__ import annotations

from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.contracts.votel.schemas import Workspace, WorkspaceChange
from antiphon.contracts.votel.views import workspace_url
from antiphon.domain.accounts.commands import set_subdomain

ROUTES = Routes("Account")


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
