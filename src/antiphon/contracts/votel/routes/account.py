"""The account, its workspace and its audit log (contracts/votel.md 11.1, 18)."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel.csv import FORMAT_QUERY, MAX_ROWS, check_rows, csv_response, wants_csv
from antiphon.contracts.votel.inputs import LIST_QUERY
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.contracts.votel.schemas import Workspace, WorkspaceChange
from antiphon.contracts.votel.schemas_account import AccountChange, AccountWhole, AuditLog
from antiphon.contracts.votel.views import workspace_url
from antiphon.contracts.votel.views_account import RETENTION, account_view
from antiphon.core.clock import to_iso
from antiphon.domain.accounts.account_settings import (
    get_account_settings,
    rename_workspace,
    update_account,
)
from antiphon.domain.accounts.audit import Entry, EntryFilters, list_entries

ROUTES = Routes("Account")

_TEXT = {"type": "string"}
_TIME = {"type": "string", "format": "date-time"}
_CSV_COLUMNS = (
    "id",
    "at",
    "actor.kind",
    "actor.id",
    "actor.name",
    "actor.key_id",
    "action",
    "target.kind",
    "target.id",
    "target.label",
    "ip",
    "changes",
)
_AUDIT_QUERY = {
    "actor_id": {"type": "string", "format": "uuid"},
    "action": _TEXT,
    "target_kind": _TEXT,
    "target_id": _TEXT,
    "from": _TIME,
    "to": _TIME,
    **LIST_QUERY,
    **FORMAT_QUERY,
}


@ROUTES.add("GET", "/account", answer=AccountWhole)
async def get_account(call: Call) -> Response:
    """Everything the account has set; for every role."""
    call.require_scope("settings:read")
    found = await call.services.database.read(get_account_settings, call.account_id)
    return json_response(account_view(found))


@ROUTES.add("PATCH", "/account", permission="settings:write", body=AccountChange, answer=AccountWhole)
async def change_account(call: Call) -> Response:
    """Change the keys given; lists are replaced whole, `retention` key by key."""
    body = await call.body(AccountChange)
    given: dict[str, Any] = body.model_dump(exclude_unset=True)
    for name, value in given.pop("retention", {}).items():
        given[RETENTION[name]] = value
    services = call.services
    changed = await services.database.write(
        update_account, call.account_id, given, services.settings.blocked_subdomains
    )
    return json_response(account_view(changed))


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
        rename_workspace, call.account_id, body.subdomain, services.settings.blocked_subdomains
    )
    return _workspace(call, body.subdomain)


@ROUTES.add("GET", "/audit-log", permission="audit:read", answer=AuditLog, query=_AUDIT_QUERY)
async def list_audit_log(call: Call) -> Response:
    """Who changed what, newest first; kept 400 days. `action` may end in `.*`."""
    query = call.query
    as_csv = wants_csv(call, query)
    filters = EntryFilters(
        actor_id=query.uuid("actor_id"),
        action=query.text("action"),
        target_kind=query.text("target_kind"),
        target_id=query.text("target_id"),
        since=query.since(),
        until=query.until(),
    )
    query.check()
    limit, offset = (MAX_ROWS, 0) if as_csv else (query.limit, (query.page - 1) * query.limit)
    entries, total = await call.services.database.read(
        list_entries, call.account_id, filters, limit=limit, offset=offset
    )
    if as_csv:
        check_rows(total)
        return csv_response("audit-log", _CSV_COLUMNS, [_csv_row(entry) for entry in entries])
    return json_response({"entries": [_entry(entry) for entry in entries], "total": total})


def _workspace(call: Call, subdomain: str | None) -> Response:
    url = workspace_url(call.services.settings.origin, subdomain)
    return json_response({"subdomain": subdomain, "public_url": url})


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "at": to_iso(entry.at),
        "actor": {
            "kind": entry.actor_kind,
            "id": entry.actor_id,
            "name": entry.actor_name,
            "key_id": entry.key_id,
        },
        "action": entry.action,
        "target": {"kind": entry.target.kind, "id": entry.target.id, "label": entry.target.label},
        "ip": entry.ip,
        "changes": msgspec.Raw(entry.changes),
    }


def _csv_row(entry: Entry) -> dict[str, Any]:
    return {**_entry(entry), "changes": entry.changes.decode()}
