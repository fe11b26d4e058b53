"""What every answer is made of, for the document and its tests (contracts/vocatech.md 2, 4)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Stamp = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2}$",
        json_schema_extra={"format": "date-time"},
        description="Whole seconds, with the offset of the zone",
    ),
]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", json_schema_extra={"format": "date"})]
Phone = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{1,14}$", description="E.164")]
Uuid = Annotated[str, Field(json_schema_extra={"format": "uuid"})]
Uri = Annotated[str, Field(json_schema_extra={"format": "uri"})]
ErrorCode = Literal[
    "validation_error",
    "missing_token",
    "invalid_token",
    "token_expired",
    "forbidden",
    "not_found",
    "rate_limited",
    "internal_error",
]


MessageStatusName = Literal["queued", "sent", "delivered", "read", "failed"]


class Answer(BaseModel):
    """Every field is present and no other."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Sentiment(Answer):
    label: Literal["positive", "neutral", "negative"]
    score: float = Field(ge=-1, le=1)


class Attachment(Answer):
    id: str = Field(description="`med_…`, for `GET /v1/media/{id}`")
    content_type: str
    filename: str
    size: int = Field(ge=0, description="Bytes")


class Detail(Answer):
    field: str
    message: str


class ErrorObject(Answer):
    code: ErrorCode
    message: str
    details: list[Detail] = Field([], description="Only with validation_error")


class Error(Answer):
    error: ErrorObject


class PageQuery(Answer):
    """The part of `query` that every list has."""

    page: int = Field(ge=1)
    limit: int = Field(ge=1, le=500)


class PageMeta(Answer):
    """The part of `meta` that every list has."""

    page: int = Field(ge=1)
    limit: int = Field(ge=1, le=500)
    total_pages: int = Field(ge=0)
