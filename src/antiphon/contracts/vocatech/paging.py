"""The list envelope (contracts/vocatech.md 4)."""

from __future__ import annotations

from typing import Any

from antiphon.contracts.vocatech.query import Query


def list_body(query: Query, collection: str, rows: Any, total: int) -> dict[str, Any]:
    """`rows` is whatever encodes to a JSON array; `meta` holds `total_<collection>`."""
    return {
        "query": query.echo,
        collection: rows,
        "meta": {
            "page": query.page,
            "limit": query.limit,
            "total_pages": -(-total // query.limit),
            f"total_{collection}": total,
        },
    }
