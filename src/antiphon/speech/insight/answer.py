"""What a chat model must answer: the schema sent along, the check of what came back."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .port import ActionItem, Insight

_EMAIL = re.compile(
    r"[a-z0-9](?:[a-z0-9._%+-]{0,62}[a-z0-9])?@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}"
)
_MAX_SUMMARY_WORDS = 200
_MAX_ITEMS = 20


class AnswerError(ValueError):
    """The model's answer is not what the schema asks for; the message is fit to be sent back to it."""


class _Item(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    task: str = Field(min_length=1, max_length=500)
    priority: Literal["low", "medium", "high"]
    deadline: str | None = Field(max_length=200)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    summary: str = Field(min_length=1, max_length=4000)
    urgency: Literal["low", "medium", "high"]
    sentiment: Literal["positive", "neutral", "negative"]
    intent: str = Field(min_length=1, max_length=60)
    callback_required: bool
    action_items: list[_Item] = Field(max_length=_MAX_ITEMS)
    names: list[str] = Field(max_length=_MAX_ITEMS)
    phones: list[str] = Field(max_length=_MAX_ITEMS)
    emails: list[str] = Field(max_length=_MAX_ITEMS)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_STRINGS = {"type": "array", "items": {"type": "string"}}
_LEVEL = {"type": "string", "enum": ["low", "medium", "high"]}
# Written out, because strict mode allows only a part of what pydantic generates.
ANSWER_SCHEMA: dict[str, Any] = _object(
    {
        "summary": {"type": "string"},
        "urgency": _LEVEL,
        "sentiment": {"type": "string", "enum": ["positive", "neutral", "negative"]},
        "intent": {"type": "string"},
        "callback_required": {"type": "boolean"},
        "action_items": {
            "type": "array",
            "items": _object(
                {"task": {"type": "string"}, "priority": _LEVEL, "deadline": {"type": ["string", "null"]}}
            ),
        },
        "names": _STRINGS,
        "phones": _STRINGS,
        "emails": _STRINGS,
    }
)


def read_answer(content: str, engine: str) -> Insight:
    """An `Insight` from the model's JSON text; invalid phones and emails are dropped.

    Raises `AnswerError` when the text is not JSON or does not fit the schema.
    """
    try:
        answer = _Answer.model_validate_json(content)
    except ValidationError as error:
        raise AnswerError("; ".join(_issue(e) for e in error.errors(include_url=False)[:5])) from None
    if not answer.summary.strip():
        raise AnswerError("summary: must not be blank")
    return Insight(
        summary=_cut(_clean(answer.summary)),
        urgency=answer.urgency,
        sentiment=answer.sentiment,
        intent=_clean(answer.intent).lower(),
        callback_required=answer.callback_required,
        action_items=tuple(
            ActionItem(_clean(i.task), i.priority, _clean(i.deadline) or None if i.deadline else None)
            for i in answer.action_items
            if _clean(i.task)
        ),
        names=_unique(_clean(n)[:120] for n in answer.names),
        phones=_unique(_e164(p) for p in answer.phones),
        emails=_unique(e if _EMAIL.fullmatch(e) else "" for e in (v.strip().lower() for v in answer.emails)),
        engine=engine,
    )


def _issue(error: Any) -> str:
    return f"{'.'.join(str(part) for part in error['loc']) or 'answer'}: {error['msg']}"[:200]


def _clean(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _cut(summary: str) -> str:
    words = summary.split()
    return summary if len(words) <= _MAX_SUMMARY_WORDS else " ".join(words[:_MAX_SUMMARY_WORDS])


def _e164(value: str) -> str:
    import phonenumbers

    try:
        number = phonenumbers.parse(value.strip(), None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _unique(values: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(v for v in values if v))
