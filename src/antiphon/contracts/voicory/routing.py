"""The one way every request takes: key, limit, handler (contracts/voicory.md 2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from antiphon.contracts import endpoints
from antiphon.contracts.http import KeyedCall, answer, services_of
from antiphon.contracts.voicory import limits
from antiphon.contracts.voicory.auth import authenticate
from antiphon.contracts.voicory.errors import ApiError
from antiphon.contracts.voicory.filters import PAGING, UUID_SCHEMA, Filters
from antiphon.contracts.voicory.headers import json_answer
from antiphon.contracts.voicory.paging import list_body
from antiphon.core.errors import NotFoundError
from antiphon.core.ids import is_uuid
from antiphon.domain.accounts.records import KeyOwner
from antiphon.domain.services import Services


class Call(KeyedCall[KeyOwner]):
    def __init__(self, request: Request, services: Services) -> None:
        super().__init__(request, services)
        self._filters: Filters | None = None

    @property
    def account_id(self) -> str:
        return self.owner.account_id

    @property
    def filters(self) -> Filters:
        if self._filters is None:
            self._filters = Filters(self.request)
        return self._filters

    def path_id(self) -> str:
        """Raises ApiError `INVALID_ID`."""
        text = str(self.request.path_params["id"])
        if not is_uuid(text):
            raise ApiError("INVALID_ID")
        return text.lower()

    def listed(self, rows: Any, total: int) -> Response:
        """The list answer; `rows` may be bytes wrapped as `msgspec.Raw`."""
        return json_answer(list_body(rows, self.filters.page, self.filters.limit, total))

    def one(self, row: Any) -> Response:
        return json_answer({"data": row})

    async def admit(self) -> None:
        """401 and 429 in their order; a refused request counts in neither window."""
        self._owner = await authenticate(self.request, self.services)
        decision = await self.services.limiter.hit(limits.limit_key(self._owner.key_id), limits.WINDOWS)
        self.headers |= limits.headers_of(decision)
        if not decision.allowed:
            raise limits.exceeded(decision)


Endpoint = endpoints.Endpoint[Call, None]


class Routes(endpoints.Routes[Call, None]):
    """The two endpoints of one family, its path relative to `/api/v1`."""

    def __init__(self, tag: str) -> None:
        super().__init__(tag, None, UUID_SCHEMA)

    def list(
        self, path: str, *, answer: Any, filters: dict[str, dict[str, Any]]
    ) -> Callable[[endpoints.Handler[Call]], endpoints.Handler[Call]]:
        return self.add("GET", path, answer=answer, query={**PAGING, **filters}, errors=(400,))

    def one(self, path: str, *, answer: Any) -> Callable[[endpoints.Handler[Call]], endpoints.Handler[Call]]:
        return self.add("GET", path, answer=answer, errors=(400, 404))


async def run(endpoint: Endpoint, request: Request) -> Response:
    call = Call(request, services_of(request))
    return await answer(call, _serve(endpoint, call), _refusal, _failure)


async def _serve(endpoint: Endpoint, call: Call) -> Response:
    await call.admit()
    return await endpoint.handler(call)


def _refusal(error: Exception) -> Response | None:
    if isinstance(error, NotFoundError):
        error = ApiError("NOT_FOUND")
    return error.response() if isinstance(error, ApiError) else None


def _failure() -> Response:
    return ApiError("INTERNAL_ERROR").response()
