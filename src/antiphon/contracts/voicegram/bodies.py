"""Reading and checking what a request brings (contracts/voicegram.md 3)."""

from __future__ import annotations

import re
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from antiphon.contracts.http import BodyError, decode_object, fault_text, read_body
from antiphon.contracts.voicegram.errors import ApiError, invalid

T = TypeVar("T", bound=BaseModel)

_INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)


async def read_model(request: Request, model: type[T]) -> T:
    """The checked JSON body. Raises ApiError `validation_error`."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise invalid([], "The Content-Type must be application/json")
    try:
        content = decode_object(await read_body(request))
    except BodyError as error:
        raise invalid([], str(error)) from None
    except RecursionError:
        raise invalid([], "The body is nested too deeply") from None
    except ClientDisconnect:
        raise invalid([], "The body is incomplete") from None
    try:
        return model.model_validate(content)
    except ValidationError as error:
        issues = [{"path": list(item["loc"]), "message": fault_text(item)} for item in error.errors()]
        raise ApiError("validation_error", "The body is not valid.", issues=issues) from None


def integer(request: Request, name: str, default: int, low: int, high: int) -> int:
    """A query number within its bounds. Raises ApiError `validation_error`."""
    text = request.query_params.get(name)
    if text is None:
        return default
    value = int(text) if _INTEGER.fullmatch(text) else None
    if value is None or not low <= value <= high:
        raise invalid([name], f"An integer from {low} to {high}")
    return value


def choice(request: Request, name: str, allowed: tuple[str, ...]) -> str | None:
    """A query word of a fixed set, or None. Raises ApiError `validation_error`."""
    text = request.query_params.get(name)
    if text is not None and text not in allowed:
        raise invalid([name], f"One of {', '.join(allowed)}")
    return text
