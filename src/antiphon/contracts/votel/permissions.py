"""Which role and which key scope a permission needs (contracts/votel.md 17)."""

from __future__ import annotations

from collections.abc import Sequence

from antiphon.domain.accounts.records import Role

LOWEST_ROLE: dict[str, Role] = {
    "conversations:read": Role.VIEWER,
    "conversations:write": Role.MEMBER,
    "conversations:manage": Role.ADMIN,
    "channels:read": Role.VIEWER,
    "channels:write": Role.ADMIN,
    "channels:manage": Role.ADMIN,
    "settings:read": Role.ADMIN,
    "settings:write": Role.ADMIN,
    "settings:send": Role.ADMIN,
    "settings:manage": Role.ADMIN,
    "keys:read": Role.MEMBER,
    "keys:write": Role.MEMBER,
    "keys:manage": Role.ADMIN,
}


def allows(role: Role, scopes: Sequence[str] | None, permission: str) -> bool:
    """Whether a role, narrowed by a key's scopes (None: not narrowed), holds the permission."""
    if role < LOWEST_ROLE[permission]:
        return False
    if scopes is None:
        return True
    group = permission.partition(":")[0]
    return any(scope in scopes for scope in (permission, f"{group}:*", "*"))


def granted(role: Role, scopes: Sequence[str] | None) -> list[str]:
    """Every permission held, in a stable order."""
    return [permission for permission in LOWEST_ROLE if allows(role, scopes, permission)]


def is_scope(value: str) -> bool:
    """A word that a key's `scopes` may hold; other contracts are named by `voicory:read`, `vocatech:*`."""
    groups = {permission.partition(":")[0] for permission in LOWEST_ROLE}
    group, _, verb = value.partition(":")
    return (
        value == "*"
        or value in LOWEST_ROLE
        or (group in groups and verb == "*")
        or value in ("voicory:read", "voicory:*", "vocatech:*", "vocatech:read", "vocatech:write")
    )
