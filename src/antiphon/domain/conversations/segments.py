"""How many parts a text message is cut into on its way."""

from __future__ import annotations

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")


def count_segments(text: str) -> int:
    """160 characters of GSM 03.38 or 70 of UCS-2 fit in one, 153 or 67 in each of several."""
    if all(char in _BASIC or char in _EXTENDED for char in text):
        units = sum(2 if char in _EXTENDED else 1 for char in text)
        single, several = 160, 153
    else:
        units = len(text.encode("utf-16-le")) // 2
        single, several = 70, 67
    return 1 if units <= single else -(-units // several)
