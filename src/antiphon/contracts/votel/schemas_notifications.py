"""Shapes of the caller's own notices (contracts/votel.md 11.1)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from antiphon.contracts.votel.inputs import Body
from antiphon.contracts.votel.schemas import Uuid


class NoticeTarget(BaseModel):
    kind: Literal["conversation", "voicegram", "webhook"]
    id: str
    label: str


class Notice(BaseModel):
    """`label` of the target is empty once that is gone; `actor_name` is who caused it, if a person did."""

    id: str
    type: str
    title: str
    target: NoticeTarget
    actor_name: str | None
    created_at: str
    read_at: str | None


class NoticeList(BaseModel):
    """`unread` counts all that are not read, whatever the filter."""

    notifications: list[Notice]
    total: int
    unread: int


class NoticesRead(Body):
    ids: Annotated[list[Uuid], Field(max_length=200)] | None = None
    all: bool = False


class NoticesReadAnswer(BaseModel):
    """How many were marked, and how many are left."""

    updated: int
    unread: int
