"""Whether a client would rather read a page than JSON."""

from __future__ import annotations


def prefers_html(accept: str | None) -> bool:
    """True when `text/html` has a higher quality than JSON in the `Accept` header."""
    qualities = _qualities(accept or "")
    return _quality(qualities, "text/html") > _quality(qualities, "application/json")


def _qualities(accept: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for item in accept.split(","):
        media_range, *parameters = (part.strip().lower() for part in item.split(";"))
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    quality = float(parameter[2:])
                except ValueError:
                    quality = 0.0
        found[media_range] = quality
    return found


def _quality(qualities: dict[str, float], media_type: str) -> float:
    for media_range in (media_type, media_type.partition("/")[0] + "/*", "*/*"):
        if media_range in qualities:
            return qualities[media_range]
    return 0.0
