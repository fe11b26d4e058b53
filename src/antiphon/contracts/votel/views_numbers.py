"""Numbers in this contract's shape (contracts/votel.md 11.5)."""

from __future__ import annotations

from typing import Any

import phonenumbers

from antiphon.core.clock import to_iso
from antiphon.domain.numbers.destinations import DEFAULT_DESTINATION, DEFAULT_FALLBACK
from antiphon.domain.numbers.records import ConnectionStatus, Number

THROUGHPUT = {"simulator": 100, "twilio": 1, "meta_whatsapp": 80}
_TYPES = {
    phonenumbers.PhoneNumberType.MOBILE: "mobile",
    phonenumbers.PhoneNumberType.TOLL_FREE: "toll_free",
    phonenumbers.PhoneNumberType.UAN: "national",
    phonenumbers.PhoneNumberType.SHARED_COST: "national",
}


def number_view(number: Number) -> dict[str, Any]:
    try:
        parsed = phonenumbers.parse(number.e164)
        kind = _TYPES.get(phonenumbers.number_type(parsed), "local")
        country = phonenumbers.region_code_for_number(parsed)
    except phonenumbers.NumberParseException:
        kind, country = "local", None
    failed = number.connection_status == ConnectionStatus.ERROR.value
    return {
        "id": number.id,
        "phone_number": number.e164,
        "label": number.label,
        "country": country,
        "type": kind,
        "capabilities": {
            "voice": number.voice,
            "sms": number.sms,
            "mms": number.sms,
            "whatsapp": number.whatsapp,
        },
        "provider": number.carrier,
        "status": "error" if failed else "active",
        "call_destination": number.call_destination or dict(DEFAULT_DESTINATION),
        "fallback": number.fallback or dict(DEFAULT_FALLBACK),
        "schedule_id": None,
        "sms_channel_id": None,
        "registration_campaign_id": None,
        "recording": number.is_recorded,
        "is_default": number.is_default,
        "throughput_per_second": THROUGHPUT.get(number.carrier, 1),
        "month_price_micros": 0,
        "purchased_at": to_iso(number.created_at),
        "created_at": to_iso(number.created_at),
        "updated_at": to_iso(number.updated_at or number.created_at),
    }
