"""The one way every request takes: key, role, limits, handler (contracts/vocatech.md 2)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from antiphon.contracts import endpoints
from antiphon.contracts.http import KeyedCall, answer, info_of, json_response, services_of
from antiphon.contracts.vocatech import limits
from antiphon.contracts.vocatech.auth import authenticate, check_allowed
from antiphon.contracts.vocatech.bodies import read_model
from antiphon.contracts.vocatech.errors import ApiError, from_domain
from antiphon.contracts.vocatech.limits import Bucket
from antiphon.contracts.vocatech.paging import list_body
from antiphon.contracts.vocatech.query import Query
from antiphon.contracts.vocatech.times import account_zone
from antiphon.core.errors import DomainError
from antiphon.domain.accounts.records import KeyOwner, Role
from antiphon.domain.services import Services

M = TypeVar("M", bound=BaseModel)

_NUMBER = re.compile(r"[1-9][0-9]{0,9}", re.ASCII)
_MAX_NUMBER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Needs:
    """The lowest role, and the bucket that the route belongs to besides the default one."""

    role: Role
    bucket: Bucket | None = None


READ = Needs(Role.VIEWER)
REPORT = Needs(Role.VIEWER, limits.REPORTS)
WRITE = Needs(Role.MEMBER)
SEND = Needs(Role.MEMBER, limits.MESSAGING)
MANAGE = Needs(Role.ADMIN)


class Call(KeyedCall[KeyOwner]):
    def __init__(self, request: Request, services: Services) -> None:
        super().__init__(request, services)
        self.headers["Cache-Control"] = "no-store"

    @property
    def account_id(self) -> str:
        return self.owner.account_id

    @property
    def zone(self) -> ZoneInfo:
        """The account's zone."""
        return account_zone(self.owner.timezone)

    @cached_property
    def query(self) -> Query:
        return Query(self.request, self.owner.timezone, self.services.clock.now())

    def path_text(self, name: str = "id") -> str:
        return str(self.request.path_params[name])

    def path_number(self, name: str = "id") -> int:
        """Raises ApiError `not_found` for what no integer id can be."""
        text = self.path_text(name)
        if not _NUMBER.fullmatch(text) or int(text) > _MAX_NUMBER:
            raise ApiError("not_found")
        return int(text)

    async def body(self, model: type[M]) -> M:
        """Raises ApiError `validation_error`; read it after the path id was found (section 2)."""
        return await read_model(self.request, model)

    def listed(self, collection: str, rows: Any, total: int) -> Response:
        return json_response(list_body(self.query, collection, rows, total))

    async def admit(self, method: str, needs: Needs) -> None:
        """401, 403 and 429 in their order; a bucket that refused does not count the request."""
        self._owner = await authenticate(self.request, self.services)
        limiter, key_id = self.services.limiter, self._owner.key_id
        narrowest = needs.bucket or limits.DEFAULT
        try:
            check_allowed(self._owner, method, needs.role)
        except ApiError:
            self.headers |= limits.headers_of(await limits.peek(limiter, narrowest, key_id))
            raise
        counted = [await limits.hit(limiter, limits.DEFAULT, key_id)]
        if needs.bucket is limits.REPORTS:
            counted.append(await limits.hit(limiter, limits.REPORTS, key_id))
        refused = [decision for decision in counted if not decision.allowed]
        if refused:
            self.headers |= limits.headers_of(refused[-1])
            raise limits.limited(refused)
        if needs.bucket is limits.MESSAGING:
            counted.append(await limits.peek(limiter, limits.MESSAGING, key_id))
        self.headers |= limits.headers_of(counted[-1])

    @asynccontextmanager
    async def counted_message(self) -> AsyncIterator[None]:
        """One of the five, for a valid and real send; given back when it fails. Raises ApiError 429."""
        limiter, key_id = self.services.limiter, self.owner.key_id
        decision = await limits.hit(limiter, limits.MESSAGING, key_id)
        self.headers |= limits.headers_of(decision)
        if not decision.allowed:
            raise limits.limited([decision])
        try:
            yield
        except Exception:
            self.headers |= limits.headers_of(await limits.take_back(limiter, limits.MESSAGING, key_id))
            raise


Endpoint = endpoints.Endpoint[Call, Needs]


class Routes(endpoints.Routes[Call, Needs]):
    """The endpoints of one family, their paths relative to `/v1`; without `needs` they are for readers."""

    def __init__(self, tag: str) -> None:
        super().__init__(tag, READ, {"type": "integer", "minimum": 1})


async def run(endpoint: Endpoint, request: Request) -> Response:
    call = Call(request, services_of(request))
    info_of(request).contract = "vocatech"
    return await answer(call, _serve(endpoint, call), _refusal, ApiError("internal_error").response)


async def _serve(endpoint: Endpoint, call: Call) -> Response:
    await call.admit(endpoint.method, endpoint.needs)
    return await endpoint.handler(call)


def _refusal(error: Exception) -> Response | None:
    if isinstance(error, DomainError):
        error = from_domain(error)
    return error.response() if isinstance(error, ApiError) else None
