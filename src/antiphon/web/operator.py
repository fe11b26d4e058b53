"""Routes for the operator: alive, ready, figures."""

from __future__ import annotations

from ipaddress import ip_address

from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from antiphon import __version__
from antiphon.contracts.http import info_of
from antiphon.core import metrics
from antiphon.core.db.transaction import ReadTx
from antiphon.domain.services import Services

_PROBE = text("SELECT 1")


def _probe(tx: ReadTx) -> None:
    tx.scalar(_PROBE)


def create_operator_routes(services: Services) -> list[BaseRoute]:
    async def healthz(request: Request) -> Response:
        return JSONResponse({"status": "ok", "version": __version__})

    async def readyz(request: Request) -> Response:
        """Ready when the store answers."""
        try:
            await services.database.read(_probe)
        except Exception as error:
            return JSONResponse({"status": "unavailable", "database": type(error).__name__}, 503)
        return JSONResponse({"status": "ready", "database": services.database.dialect})

    async def figures(request: Request) -> Response:
        if not services.settings.metrics_public and not _is_loopback(info_of(request).ip):
            return JSONResponse({"detail": "Not found"}, 404)
        metrics.MEDIA_WORKERS.set(services.media.worker_count)
        return Response(metrics.render(), media_type=CONTENT_TYPE_LATEST)

    return [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", figures),
    ]


async def not_found(request: Request, error: Exception) -> Response:
    """Any other root word (contracts/README.md, path map)."""
    return JSONResponse({"detail": "Not found"}, 404)


def _is_loopback(peer: str) -> bool:
    try:
        return ip_address(peer).is_loopback
    except ValueError:
        return False
