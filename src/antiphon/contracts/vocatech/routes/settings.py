"""What the company has set (contracts/vocatech.md 5.6)."""

from __future__ import annotations

from typing import Any

from pydantic import Field
from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.vocatech.routing import Call, Routes
from antiphon.contracts.vocatech.schemas import Answer, Phone
from antiphon.core.db.transaction import ReadTx
from antiphon.domain.accounts.company import get_company
from antiphon.domain.numbers.queries import list_numbers

ROUTES = Routes("Settings")


class CompanyNumber(Answer):
    number: Phone
    label: str
    voice: bool
    text: bool
    whatsapp: bool


class Settings(Answer):
    company_name: str
    timezone: str
    numbers: list[CompanyNumber]
    recording_enabled: bool
    transcription_enabled: bool
    summary_enabled: bool
    sentiment_enabled: bool
    recording_retention_days: int = Field(ge=1)


@ROUTES.add("GET", "/settings", answer=Settings)
async def get_settings(call: Call) -> Response:
    """The company's settings and numbers, without secrets."""
    return json_response(await call.services.database.read(_view, call.account_id))


def _view(tx: ReadTx, account_id: str) -> dict[str, Any]:
    company = get_company(tx, account_id)
    return {
        "company_name": company.name,
        "timezone": company.timezone,
        "numbers": [
            {
                "number": number.e164,
                "label": number.label,
                "voice": number.voice,
                "text": number.sms,
                "whatsapp": number.whatsapp,
            }
            for number in list_numbers(tx, account_id)
        ],
        "recording_enabled": company.recording_enabled,
        "transcription_enabled": company.transcription_enabled,
        "summary_enabled": company.summary_enabled,
        "sentiment_enabled": company.sentiment_enabled,
        "recording_retention_days": company.recording_retention_days,
    }
