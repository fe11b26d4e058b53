"""`GET /api/v1/calls` as it is usually written: FastAPI, SQLAlchemy's ORM and a response model.

`python benchmarks/reference/calls_orm.py DATABASE PORT`. It reads the same SQLite file, checks the key and
counts exactly; it has no rate limit and signs no link. A measure for benchmarks/calls.py, not a product.
"""

# ruff: noqa: B008  FastAPI's own way of declaring dependencies

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Query
from pydantic import BaseModel
from sqlalchemy import BigInteger, Integer, String, Text, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker


class Base(DeclarativeBase):
    pass


class ApiKey(Base):
    __tablename__ = "api_keys"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(36))
    key_hash: Mapped[str] = mapped_column(String(64))


class Call(Base):
    __tablename__ = "calls"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(36))
    call_sid: Mapped[str | None] = mapped_column(String(128))
    direction: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16))
    from_number: Mapped[str | None] = mapped_column(String(32))
    to_number: Mapped[str | None] = mapped_column(String(32))
    duration_seconds: Mapped[int] = mapped_column(Integer)
    cost_micros: Mapped[int] = mapped_column(BigInteger)
    summary: Mapped[str | None] = mapped_column(Text)
    transcript: Mapped[str | None] = mapped_column(Text)
    recording_key: Mapped[str | None] = mapped_column(Text)
    carrier: Mapped[str] = mapped_column(String(16))
    started_at: Mapped[int] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    assistant_id: Mapped[str | None] = mapped_column(String(36))
    is_test: Mapped[bool]
    deleted_at: Mapped[int | None] = mapped_column(BigInteger)


class TurnOut(BaseModel):
    speaker: str
    text: str


class CallOut(BaseModel):
    id: str
    call_sid: str | None
    direction: str
    status: str
    from_number: str | None
    to_number: str | None
    duration_seconds: int
    cost: float
    summary: str | None
    transcript: list[TurnOut]
    recording_url: str | None
    provider: str
    started_at: datetime
    ended_at: datetime
    assistant_id: str | None


class Meta(BaseModel):
    page: int
    limit: int
    total: int
    total_pages: int
    has_more: bool


class CallList(BaseModel):
    data: list[CallOut]
    meta: Meta


def create_app(database: str) -> FastAPI:
    engine = create_engine(f"sqlite:///{database}", connect_args={"check_same_thread": False})
    sessions = sessionmaker(engine)
    app = FastAPI()

    def session() -> Iterator[Session]:
        with sessions() as opened:
            yield opened

    @app.get("/api/v1/calls", response_model=CallList)
    def list_calls(
        x_api_key: Annotated[str, Header()],
        page: Annotated[int, Query(ge=1)] = 1,
        limit: Annotated[int, Query(ge=1, le=100)] = 25,
        db: Session = Depends(session),
    ) -> Any:
        key_hash = hashlib.sha256(x_api_key.encode()).hexdigest()
        key = db.scalar(select(ApiKey).where(ApiKey.key_hash == key_hash))
        if key is None:
            raise HTTPException(401)
        shown = select(Call).where(
            Call.account_id == key.account_id,
            Call.ended_at.is_not(None),
            Call.is_test.is_(False),
            Call.direction != "internal",
            Call.deleted_at.is_(None),
        )
        total = db.scalar(select(func.count()).select_from(shown.subquery())) or 0
        newest = shown.order_by(Call.started_at.desc(), Call.id.desc())
        rows = db.scalars(newest.limit(limit).offset((page - 1) * limit)).all()
        pages = -(-total // limit)
        return {
            "data": [_view(row) for row in rows],
            "meta": {
                "page": page,
                "limit": limit,
                "total": total,
                "total_pages": pages,
                "has_more": page < pages,
            },
        }

    return app


def _view(row: Call) -> dict[str, Any]:
    speakers = {"agent": "AI", "caller": "Caller", "user": "Agent"}
    return {
        "id": row.id,
        "call_sid": row.call_sid,
        "direction": row.direction,
        "status": row.status,
        "from_number": row.from_number,
        "to_number": row.to_number,
        "duration_seconds": row.duration_seconds,
        "cost": round(row.cost_micros / 1_000_000, 4),
        "summary": row.summary,
        "transcript": [
            {"speaker": speakers[turn["speaker"]], "text": turn["text"]}
            for turn in json.loads(row.transcript or "[]")
        ],
        "recording_url": f"https://example.org/recordings/{row.id}" if row.recording_key else None,
        "provider": row.carrier,
        "started_at": datetime.fromtimestamp(row.started_at / 1000, UTC),
        "ended_at": datetime.fromtimestamp((row.ended_at or 0) / 1000, UTC),
        "assistant_id": row.assistant_id,
    }


if __name__ == "__main__":
    uvicorn.run(create_app(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
