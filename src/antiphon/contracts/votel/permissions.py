"""Which role and which key scope a permission needs (contracts/votel.md 17)."""

from __future__ import annotations

from collections.abc import Sequence

from antiphon.domain.accounts.records import Role

_VERBS = ("read", "write", "send", "manage")
_VIEWER, _MEMBER, _ADMIN, _OWNER = Role.VIEWER, Role.MEMBER, Role.ADMIN, Role.OWNER
_TABLE: dict[str, tuple[Role | None, ...]] = {
    "conversations": (_VIEWER, _MEMBER, _MEMBER, _ADMIN),
    "channels": (_VIEWER, _ADMIN, _ADMIN, _ADMIN),
    "phone": (_VIEWER, _ADMIN, _ADMIN, _ADMIN),
    "contacts": (_VIEWER, _MEMBER, None, _ADMIN),
    "contacts_config": (_VIEWER, _ADMIN, None, _ADMIN),
    "data": (_ADMIN, _ADMIN, None, _ADMIN),
    "activity": (_VIEWER, _MEMBER, _ADMIN, _ADMIN),
    "users": (_VIEWER, _ADMIN, _ADMIN, _OWNER),
    "settings": (_ADMIN, _ADMIN, _ADMIN, _ADMIN),
    "keys": (_MEMBER, _MEMBER, None, _ADMIN),
    "audit": (_ADMIN, None, None, None),
    "simulator": (None, None, _ADMIN, None),
}

LOWEST_ROLE: dict[str, Role] = {
    f"{group}:{verb}": role
    for group, roles in _TABLE.items()
    for verb, role in zip(_VERBS, roles, strict=True)
    if role is not None
}
"""The lowest role of every permission of the groups that are served; a finer rule stands at its route."""


def allows(role: Role, scopes: Sequence[str] | None, permission: str) -> bool:
    """Whether a role, narrowed by a key's scopes (None: not narrowed), holds the permission."""
    return role >= LOWEST_ROLE[permission] and in_scope(scopes, permission)


def in_scope(scopes: Sequence[str] | None, permission: str) -> bool:
    """Whether a key's scopes (None: it has none) leave the permission."""
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
