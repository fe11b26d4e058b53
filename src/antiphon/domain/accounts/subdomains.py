"""Workspace subdomains and slugs (contracts/voicegram.md 9)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from antiphon.domain.accounts.errors import SubdomainError

SUBDOMAIN = re.compile(r"(?=.{3,40}$)[a-z0-9]+(-[a-z0-9]+)*")
SLUG = re.compile(r"(?=.{1,60}$)[a-z0-9]+(-[a-z0-9]+)*")

RESERVED = frozenset(
    (
        *("www", "api", "app", "admin", "dashboard", "auth", "login", "signup", "docs", "guide", "openapi"),
        *(
            "assets",
            "static",
            "widget",
            "mail",
            "smtp",
            "status",
            "support",
            "v",
            "v1",
            "mcp",
            "oauth",
            "book",
        ),
        *("book", "links", "pay", "sites", "track"),
    )
)


def check_subdomain(value: str, blocked: Collection[str] = (), field: str = "subdomain") -> str:
    """Return the value, or raise SubdomainError `invalid` or `reserved`."""
    if not SUBDOMAIN.fullmatch(value):
        raise SubdomainError(
            "3 to 40 characters a-z, 0-9 and single hyphens inside", field=field, code="invalid"
        )
    if value in RESERVED or value in blocked:
        raise SubdomainError(f"{value} is reserved", field=field, code="reserved")
    return value


def slugify(text: str, limit: int = 40) -> str:
    """The nearest slug to a name; empty when nothing of it can stay."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:limit].rstrip("-")
