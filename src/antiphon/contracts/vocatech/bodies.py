"""JSON bodies as checked models (contracts/vocatech.md 2)."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
)
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_before_validator_function
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


class _Given:
    """A value that may be left out, so that the field's type has None, but may not be given as null."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_before_validator_function(refuse_null, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        described = handler(schema)
        options = [option for option in described.pop("anyOf") if option != {"type": "null"}]
        return {**described, **options[0]}


Given = _Given()
"""A key of a change may be left out; null is no value."""


def _leave_out_defaults(schema: dict[str, Any]) -> None:
    """A key that is left out changes nothing, whatever the model holds for it."""
    for described in schema.get("properties", {}).values():
        if described.get("default", ...) is None:
            del described["default"]


class Body(BaseModel):
    """Types are not converted, unknown keys are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", json_schema_extra=_leave_out_defaults)


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
