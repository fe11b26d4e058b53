"""The list body (contracts/voicory.md 6)."""

from __future__ import annotations

from typing import Any


def list_body(rows: Any, page: int, limit: int, total: int) -> dict[str, Any]:
    """`rows` is whatever encodes to a JSON array, ready-made bytes included."""
    total_pages = -(-total // limit)
    return {
        "data": rows,
        "meta": {
            "page": page,
            "limit": limit,
            "total": total,
            "total_pages": total_pages,
            "has_more": page < total_pages,
        },
    }
