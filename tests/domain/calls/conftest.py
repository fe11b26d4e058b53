from __future__ import annotations

from studio import spoken, studio

__all__ = ["spoken", "studio"]
