"""What every answer is made of, for the document and its tests (contracts/voicory.md 3, 5, 6)."""

from __future__ import annotations

from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")

Uuid = Annotated[str, Field(json_schema_extra={"format": "uuid"})]
Uri = Annotated[str, Field(json_schema_extra={"format": "uri"})]
Phone = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{1,14}$", description="E.164")]
DateTime = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$",
        json_schema_extra={"format": "date-time"},
        description="UTC, milliseconds, `Z`",
    ),
]
ErrorCode = Literal[
    "INVALID_ID",
    "INVALID_FILTER",
    "MISSING_API_KEY",
    "INVALID_API_KEY",
    "REVOKED_API_KEY",
    "NOT_FOUND",
    "RATE_LIMIT_EXCEEDED",
    "INTERNAL_ERROR",
]


class Answer(BaseModel):
    """Every field is present and no other."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ErrorObject(Answer):
    code: ErrorCode
    message: str
    retry_after: int = Field(1, ge=1, description="Only with RATE_LIMIT_EXCEEDED; whole seconds")


class Error(Answer):
    error: ErrorObject


class Meta(Answer):
    page: int = Field(ge=1)
    limit: int = Field(ge=1, le=100)
    total: int = Field(ge=0)
    total_pages: int = Field(ge=0)
    has_more: bool


class Listed(Answer, Generic[T]):
    """`Listed[Call]`: the body of a list."""

    data: list[T]
    meta: Meta


class One(Answer, Generic[T]):
    """`One[CallDetail]`: the body of a single record."""

    data: T
