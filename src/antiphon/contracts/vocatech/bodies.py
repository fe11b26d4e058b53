"""JSON bodies as checked models (contracts/vocatech.md 2)."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from starlette.requests import Request

from antiphon.contracts.http import BodyError, decode_object, fault_text, read_body
from antiphon.contracts.vocatech.errors import BODY, ApiError, Fault, invalid

M = TypeVar("M", bound=BaseModel)


def refuse_nul(value: str) -> str:
    if "\0" in value:
        raise ValueError("must not hold NUL characters")
    return value


Clean = Annotated[str, AfterValidator(refuse_nul)]
"""Text without NUL characters, which PostgreSQL cannot store."""


def refuse_null(value: Any) -> Any:
    if value is None:
        raise ValueError("must not be null")
    return value


Given = BeforeValidator(refuse_null)
"""A key of a change may be left out; null is no value."""


class Body(BaseModel):
    """Types are not converted, unknown keys are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore")


async def read_object(request: Request) -> dict[str, Any]:
    """The JSON object of the body. Raises ApiError `validation_error` at `body`."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        raw = await read_body(request)
        if media_type != "application/json":
            raise invalid(BODY, "The Content-Type must be application/json")
        return decode_object(raw)
    except BodyError as error:
        raise invalid(BODY, str(error)) from None
    except RecursionError:
        raise invalid(BODY, "The body is nested too deeply") from None


async def read_model(request: Request, model: type[M]) -> M:
    """Raises ApiError `validation_error` that names every fault by its dotted path."""
    return parse_model(await read_object(request), model)


def parse_model(value: dict[str, Any], model: type[M]) -> M:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        faults = [
            Fault(".".join(str(part) for part in item["loc"]) or BODY, fault_text(item))
            for item in error.errors(include_url=False)
        ]
        raise ApiError("validation_error", faults=faults) from None
