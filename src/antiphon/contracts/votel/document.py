"""The contract's OpenAPI document without a running server: `python -m antiphon.contracts.votel.document`."""

from __future__ import annotations

import json
from typing import Any

from antiphon.contracts.votel.app import documented_app


def document() -> dict[str, Any]:
    """What `/openapi/votel.json` answers."""
    return documented_app().openapi()


if __name__ == "__main__":
    print(json.dumps(document(), indent=1))
