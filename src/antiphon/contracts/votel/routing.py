"""Endpoints as data, and the one way every request takes: who, may they, how often, then the handler.

The order of checks is that of contracts/votel.md 0.4.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar

import structlog
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from antiphon.contracts.http import info_of, services_of, set_headers
from antiphon.contracts.votel import limits
from antiphon.contracts.votel.auth import Caller, act_for, authenticate, renew
from antiphon.contracts.votel.cookies import set_session_cookie
from antiphon.contracts.votel.errors import (
    SERVER_ERROR,
    ApiError,
    forbidden,
    from_domain,
    too_many,
)
from antiphon.contracts.votel.inputs import Query, read_model
from antiphon.contracts.votel.origins import cors_headers
from antiphon.contracts.votel.permissions import allows, granted, in_scope
from antiphon.contracts.votel.schemas import ErrorAnswer
from antiphon.core.actors import Actor, set_actor
from antiphon.core.errors import DomainError
from antiphon.domain.accounts.records import Plan, Role
from antiphon.domain.services import Services

log = structlog.get_logger(__name__)

M = TypeVar("M", bound=BaseModel)

_PATH_NAME = re.compile(r"{(\w+)(?::\w+)?}")


class Access(Enum):
    """Keyed: key or session. Public: anyone, limited by IP, with CORS. Open: the handler decides."""

    KEYED = "keyed"
    PUBLIC = "public"
    PREFLIGHT = "preflight"
    OPEN = "open"


class Call:
    """One request on its way; `headers` are added to whatever answer it gets, errors included."""

    def __init__(self, request: Request, services: Services) -> None:
        self.request = request
        self.services = services
        self.headers: dict[str, str] = {}
        self.renews_cookie = False
        self._caller: Caller | None = None

    @property
    def caller(self) -> Caller:
        if self._caller is None:
            raise RuntimeError("this endpoint is not keyed")
        return self._caller

    @property
    def account_id(self) -> str:
        return self.caller.account.id

    @property
    def permissions(self) -> list[str]:
        return granted(self.caller.role, self.caller.scopes)

    @property
    def ip(self) -> str:
        return info_of(self.request).ip

    @property
    def query(self) -> Query:
        return Query(self.request, self._caller.account.timezone if self._caller else "UTC")

    def path_id(self, name: str = "id") -> str:
        return str(self.request.path_params[name])

    async def body(self, model: type[M]) -> M:
        return await read_model(self.request, model)

    def may(self, permission: str) -> bool:
        return allows(self.caller.role, self.caller.scopes, permission)

    def require(self, permission: str) -> None:
        """Raises ApiError 403: plan first, then role and scopes."""
        feature = permission.partition(":")[0]
        lowest = self.services.settings.plan_features.get(feature)
        if lowest is not None and self.caller.account.plan.tier_index < Plan(lowest).tier_index:
            raise forbidden(f"Upgrade required: {feature}")
        if not self.may(permission):
            raise forbidden(f"Insufficient permissions: {permission}")

    def require_role(self, lowest: Role, permission: str) -> None:
        """A rule finer than the permission's own: raises the same ApiError 403 below `lowest`."""
        if self.caller.role < lowest:
            raise forbidden(f"Insufficient permissions: {permission}")

    def require_scope(self, permission: str) -> None:
        """What every role may do, a key with scopes only when they name it. Raises ApiError 403."""
        if not in_scope(self.caller.scopes, permission):
            raise forbidden(f"Insufficient permissions: {permission}")

    async def admit(self, permission: str | None, sub_account_id: str | None = None) -> None:
        """401, 403 and 429 in their order; refused requests count in no window.

        `sub_account_id` counts where the header for it is missing.
        """
        caller = await authenticate(self.request, self.services)
        self._caller = caller
        kind = "user" if caller.key_id is None else "api"
        set_actor(Actor(kind, caller.user.id, caller.user.name, caller.key_id, self.ip))
        try:
            self._caller = await act_for(self.request, self.services, caller, sub_account_id)
            if permission is not None:
                self.require(permission)
        except ApiError:
            self.headers |= limits.headers_of(
                await self.services.limiter.peek(caller.limit_key, limits.PER_KEY)
            )
            raise
        decision = await self.services.limiter.hit(caller.limit_key, limits.PER_KEY)
        self.headers |= limits.headers_of(decision)
        if not decision.allowed:
            raise too_many(decision.retry_after_seconds)
        if caller.session is not None:
            self.renews_cookie = await renew(self.services, caller.session)


Handler = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    method: str
    path: str
    handler: Handler
    access: Access
    permission: str | None
    summary: str
    tag: str
    status: int
    answer: type[BaseModel] | None
    body: type[BaseModel] | None
    query: Mapping[str, Any]
    extra: Mapping[str, Any]
    documented: bool
    is_stream: bool


class Routes:
    """The endpoints of one family; `path` is relative to `/api`."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.endpoints: list[Endpoint] = []

    def add(
        self,
        method: str,
        path: str,
        *,
        permission: str | None = None,
        access: Access = Access.KEYED,
        status: int = 200,
        answer: type[BaseModel] | None = None,
        body: type[BaseModel] | None = None,
        query: Mapping[str, Any] | None = None,
        extra: Mapping[str, Any] | None = None,
        documented: bool = True,
        is_stream: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Register a handler; the answer of a stream has no end of its own."""

        def register(handler: Handler) -> Handler:
            summary = (handler.__doc__ or handler.__name__).strip().splitlines()[0]
            self.endpoints.append(
                Endpoint(
                    method,
                    path,
                    handler,
                    access,
                    permission,
                    summary,
                    self.tag,
                    status,
                    answer,
                    body,
                    query or {},
                    extra or {},
                    documented,
                    is_stream,
                )
            )
            return handler

        return register


def mount(app: FastAPI, families: Sequence[Routes]) -> None:
    """Serve the endpoints under `/api` and document them."""
    for family in families:
        app.router.routes.extend(_mountable(family))


@lru_cache(maxsize=64)
def _mountable(family: Routes) -> tuple[BaseRoute, ...]:
    """The family as routes of the framework; they know nothing of an application, so all share them."""
    router = APIRouter()
    for endpoint in family.endpoints:
        router.add_api_route(
            f"/api{endpoint.path}",
            _bind(endpoint),
            methods=[endpoint.method],
            name=endpoint.handler.__name__,
            operation_id=f"{endpoint.method.lower()}_{endpoint.handler.__name__}",
            summary=endpoint.summary,
            description="",
            tags=[endpoint.tag],
            status_code=endpoint.status,
            response_model=None,
            responses=_documented_answers(endpoint),
            openapi_extra=_documented_input(endpoint),
            include_in_schema=endpoint.documented,
        )
    return tuple(router.routes)


def _bind(endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return await run(endpoint, request)

    return answer


async def run(endpoint: Endpoint, request: Request) -> Response:
    call = Call(request, services_of(request))
    info_of(request).contract = "votel"
    try:
        if endpoint.access in (Access.PUBLIC, Access.PREFLIGHT):
            call.headers |= await cors_headers(request, call.services)
        if endpoint.access is Access.PUBLIC:
            await limits.check_public(call.services, call.ip)
        elif endpoint.access is Access.KEYED:
            by_query = request.query_params.get("sub_account_id") if endpoint.is_stream else None
            await call.admit(endpoint.permission, by_query)
        response = await endpoint.handler(call)
    except ApiError as error:
        response = error.to_response()
    except DomainError as error:
        response = from_domain(error).to_response()
    except ClientDisconnect:
        response = Response(status_code=400)
    except HTTPException:
        raise
    except Exception:
        log.exception("request failed", method=request.method, path=request.url.path)
        response = ApiError(500, SERVER_ERROR).to_response()
    set_headers(response, call.headers)
    if call.renews_cookie:
        set_session_cookie(response, call.services.settings, request)
    return response


def _documented_answers(endpoint: Endpoint) -> dict[int | str, dict[str, Any]]:
    first: dict[str, Any] = {"description": "Success"}
    if endpoint.answer is not None:
        first["model"] = endpoint.answer
    if endpoint.is_stream:
        first["content"] = {"text/event-stream": {"schema": {"type": "string"}}}
    codes = [400, 404, 429, 500]
    if endpoint.access is not Access.PUBLIC:
        codes += [401]
    codes += [403]
    answers: dict[int | str, dict[str, Any]] = {endpoint.status: first}
    return answers | {code: {"model": ErrorAnswer} for code in sorted(codes)}


def _documented_input(endpoint: Endpoint) -> dict[str, Any]:
    extra: dict[str, Any] = {
        "security": [{"apiKey": []}, {"session": []}] if endpoint.access is Access.KEYED else []
    }
    parameters: list[dict[str, Any]] = [
        {
            "name": match[1],
            "in": "path",
            "required": True,
            "schema": {"type": "string", **({"format": "uuid"} if ":uuid" in match[0] else {})},
        }
        for match in _PATH_NAME.finditer(endpoint.path)
    ]
    parameters += [{"name": name, "in": "query", "schema": schema} for name, schema in endpoint.query.items()]
    if parameters:
        extra["parameters"] = parameters
    if endpoint.body is not None:
        schema = endpoint.body.model_json_schema()
        extra["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    return extra | dict(endpoint.extra)
