"""Generated requests: no unexpected status, no 5xx, and every body as documented (issue 3, done when)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from starlette.types import ASGIApp

from antiphon.contracts.vocatech.app import create_app as create_vocatech_app
from antiphon.contracts.vocatech.events import VocatechDialect
from antiphon.contracts.voicory.app import create_app as create_voicory_app
from antiphon.core.clock import MINUTE, ManualClock
from antiphon.domain.services import Services
from antiphon.domain.webhooks.dialect import Dialects
from contracts_front import ServerFront
from phone_content import Content, fill
from phone_world import make_tenant
from service_factory import ORIGIN

EXAMPLES = 12
NAMES = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
CONTRACTS: dict[str, Callable[[Services], ASGIApp]] = {
    "voicory": create_voicory_app,
    "vocatech": create_vocatech_app,
}


def real_ids(content: Content) -> dict[str, list[str]]:
    """By the start of a path: ids that exist."""
    return {
        "/api/v1/calls": [content.call],
        "/api/v1/customers": [content.contact],
        "/api/v1/messages": [content.whatsapp],
        "/v1/media": [f"med_{content.media}"],
        "/v1/users": ["1", str(content.member)],
        "/v1/contacts": [str(content.contact_number)],
        "/v1/webhooks": [str(content.webhook)],
    }


@pytest.mark.parametrize("name", CONTRACTS)
async def test_generated_requests(make_services: Any, clock: ManualClock, name: str) -> None:
    """Valid and invalid input to every operation, with known and unknown ids."""
    services: Services = make_services()
    services.dialects = Dialects([VocatechDialect(services.media_links.url)])
    tenant = await services.database.write(make_tenant, "Acme", "example.com")
    content = await fill(services, tenant.account_id, "ours", "+13125550143")
    front = ServerFront(CONTRACTS[name](services))
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=front), base_url=ORIGIN)
    key = (
        {"x-api-key": tenant.key.key} if name == "voicory" else {"Authorization": f"Bearer {tenant.key.key}"}
    )
    document = (await client.get(f"/openapi/{name}.json")).json()
    loop = asyncio.get_running_loop()

    def send(prepared: requests.PreparedRequest) -> httpx2.Response:
        async def request() -> httpx2.Response:
            clock.advance(MINUTE + 1)
            return await client.request(
                str(prepared.method),
                str(prepared.url),
                headers={**prepared.headers, **key},
                content=prepared.body,
            )

        return asyncio.run_coroutine_threadsafe(request(), loop).result()

    seen: set[tuple[str, int]] = set()
    try:
        await asyncio.to_thread(check_all, document, real_ids(content), send, seen)
    finally:
        await client.aclose()
    succeeded = {label for label, status in seen if status < 300}
    assert succeeded >= {
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method in methods
        if method in ("get", "delete", "patch")
    }


def check_all(
    document: dict[str, Any],
    ids: dict[str, list[str]],
    send: Callable[[requests.PreparedRequest], httpx2.Response],
    seen: set[tuple[str, int]],
) -> None:
    load_all_checks()
    checks = CHECKS.get_by_names(list(NAMES))
    schema = schemathesis.openapi.from_dict(document)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) == sum(len(methods) for methods in document["paths"].values())
    # Deletions come last, so that there is something to read and change.
    for operation in sorted(operations, key=lambda found: str(found.method).upper() == "DELETE"):
        known = next((ids[start] for start in ids if operation.path.startswith(start + "/{")), [])
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            check_operation(operation, mode, known, send, seen, checks)


def check_operation(
    operation: Any,
    mode: GenerationMode,
    known: list[str],
    send: Callable[[requests.PreparedRequest], httpx2.Response],
    seen: set[tuple[str, int]],
    checks: list[Any],
) -> None:
    """Some requests with a generated id, some with one that exists."""

    @given(case=operation.as_strategy(generation_mode=mode), chosen=st.sampled_from([None, *known]))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def check(case: Any, chosen: str | None) -> None:
        if chosen is not None:
            case.path_parameters["id"] = chosen
        answer = send(requests.Request(**case.as_transport_kwargs(base_url=ORIGIN)).prepare())
        seen.add((operation.label, answer.status_code))
        case.validate_response(answer, checks=checks)

    check()
