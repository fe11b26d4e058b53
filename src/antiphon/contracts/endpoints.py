"""Endpoints as data: what a contract serves and documents, without how it answers."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

C = TypeVar("C")
N = TypeVar("N")
E = TypeVar("E")
Handler = Callable[[C], Awaitable[Response]]
Serve = Callable[[Request], Awaitable[Response]]

_PATH_NAME = re.compile(r"{(\w+)}")


@dataclass(frozen=True, slots=True)
class Endpoint(Generic[C, N]):
    """`needs` is what the contract checks before the handler; `query` maps parameter names to schemas."""

    method: str
    path: str
    handler: Handler[C]
    needs: N
    tag: str
    status: int
    answer: Any
    body: type[BaseModel] | None
    query: Mapping[str, Mapping[str, Any]]
    path_schema: Mapping[str, Any]
    errors: tuple[int, ...]

    @property
    def summary(self) -> str:
        return (self.handler.__doc__ or self.handler.__name__).strip().splitlines()[0].rstrip(".")


class Routes(Generic[C, N]):
    """The endpoints of one family; `path` is relative to the contract's base."""

    def __init__(self, tag: str, needs: N, path_schema: Mapping[str, Any]) -> None:
        self.tag = tag
        self.endpoints: list[Endpoint[C, N]] = []
        self._needs = needs
        self._path_schema = path_schema

    def add(
        self,
        method: str,
        path: str,
        *,
        needs: N | None = None,
        status: int = 200,
        answer: Any = None,
        body: type[BaseModel] | None = None,
        query: Mapping[str, Mapping[str, Any]] | None = None,
        path_schema: Mapping[str, Any] | None = None,
        errors: tuple[int, ...] = (),
    ) -> Callable[[Handler[C]], Handler[C]]:
        """Register a handler; `errors` are those beyond what every endpoint of the contract may answer."""

        def register(handler: Handler[C]) -> Handler[C]:
            self.endpoints.append(
                Endpoint(
                    method,
                    path,
                    handler,
                    self._needs if needs is None else needs,
                    self.tag,
                    status,
                    answer,
                    body,
                    query or {},
                    self._path_schema if path_schema is None else path_schema,
                    errors,
                )
            )
            return handler

        return register


@dataclass(frozen=True, slots=True)
class Documentation:
    """What the OpenAPI document says of every endpoint of one contract."""

    security: str
    error: type[BaseModel]
    descriptions: Mapping[int, str]
    headers: Mapping[int, Mapping[str, Any]]
    always: tuple[int, ...]


def mount(
    app: DocumentedApp,
    base: str,
    families: Sequence[Routes[C, N]],
    run: Callable[[Endpoint[C, N], Request], Awaitable[Response]],
    documentation: Documentation,
    *,
    head: bool = False,
) -> None:
    """Serve the endpoints below `base` and document them; with `head`, each GET answers HEAD too."""
    for endpoint in (endpoint for family in families for endpoint in family.endpoints):
        serve = bind(run, endpoint)
        # A plain route is quicker than a documented one, which is made for the document only.
        route = Route(base + endpoint.path, serve, methods=[endpoint.method], include_in_schema=False)
        route.methods = {endpoint.method, "HEAD"} if head and endpoint.method == "GET" else {endpoint.method}
        app.router.routes.append(route)
        if endpoint.method == "GET" and not _PATH_NAME.search(endpoint.path):
            app.direct[base + endpoint.path] = serve
        app.described.append(
            partial(_document, base=base, endpoint=endpoint, serve=serve, documentation=documentation)
        )


def bind(run: Callable[[E, Request], Awaitable[Response]], endpoint: E) -> Serve:
    async def serve(request: Request) -> Response:
        return await run(endpoint, request)

    return serve


def _document(
    app: FastAPI, *, base: str, endpoint: Endpoint[C, N], serve: Serve, documentation: Documentation
) -> None:
    responses: dict[int | str, dict[str, Any]] = {
        code: {
            "model": documentation.error,
            "description": documentation.descriptions[code],
            "headers": dict(documentation.headers.get(code, {})),
        }
        for code in sorted({*documentation.always, *endpoint.errors})
    }
    success: dict[str, Any] = {
        "description": "Success",
        "headers": dict(documentation.headers.get(endpoint.status, {})),
    }
    if endpoint.answer is not None:
        success["model"] = endpoint.answer
    responses[endpoint.status] = success
    extra: dict[str, Any] = {"security": [{documentation.security: []}]}
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": dict(endpoint.path_schema)}
        for name in _PATH_NAME.findall(endpoint.path)
    ]
    parameters += [
        {"name": name, "in": "query", "required": False, "schema": dict(schema)}
        for name, schema in endpoint.query.items()
    ]
    if parameters:
        extra["parameters"] = parameters
    if endpoint.body is not None:
        extra["requestBody"] = _request_body(app, endpoint.body)
    app.add_api_route(
        base + endpoint.path,
        serve,
        methods=[endpoint.method],
        name=endpoint.handler.__name__,
        operation_id=f"{endpoint.method.lower()}_{endpoint.handler.__name__}",
        summary=endpoint.summary,
        description="",
        tags=[endpoint.tag],
        status_code=endpoint.status,
        response_model=None,
        response_class=Response,
        responses=responses,
        openapi_extra=extra,
    )


def describe_webhook(
    app: FastAPI, name: str, body: type[BaseModel], occasion: str, headers: Mapping[str, Mapping[str, Any]]
) -> None:
    """Document what the server sends to subscribed addresses; `headers` maps their names to schemas."""
    operation = {
        "operationId": f"webhook_{name.replace('.', '_')}",
        "summary": occasion,
        "tags": ["Events"],
        "parameters": [
            {"name": header, "in": "header", "required": True, "schema": dict(schema)}
            for header, schema in headers.items()
        ],
        "requestBody": _request_body(app, body),
        "responses": {"2XX": {"description": "Received; anything else is tried again"}},
    }
    app.state.webhooks = {**getattr(app.state, "webhooks", {}), name: {"post": operation}}


def _request_body(app: FastAPI, body: type[BaseModel]) -> dict[str, Any]:
    schema = body.model_json_schema(ref_template="#/components/schemas/{model}")
    definitions = schema.pop("$defs", {})
    app.state.body_schemas = {**getattr(app.state, "body_schemas", {}), **definitions}
    return {"required": True, "content": {"application/json": {"schema": schema}}}


class DocumentedApp(FastAPI):
    """A FastAPI app whose document names the contract's one security scheme.

    GETs of the paths in `direct` skip the framework's layers; what serves them answers every error itself.
    `described` adds to the document what is served by plain routes.
    """

    security_schemes: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.direct: dict[str, Serve] = {}
        self.described: list[Callable[[FastAPI], None]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        serve = self.direct.get(scope["path"]) if scope.get("method") == "GET" else None
        if serve is None:
            await super().__call__(scope, receive, send)
            return
        scope["app"] = self
        response = await serve(Request(scope, receive))
        await response(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            for describe in self.described:
                describe(self)
            document = super().openapi()
            if webhooks := getattr(self.state, "webhooks", {}):
                document["webhooks"] = webhooks
            components = document.setdefault("components", {})
            components["securitySchemes"] = dict(self.security_schemes)
            components.setdefault("schemas", {}).update(getattr(self.state, "body_schemas", {}))
        return self.openapi_schema or {}
