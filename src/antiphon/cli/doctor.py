"""`antiphon doctor`: whether everything that the settings name works."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

import typer

from antiphon.app import close_services, create_services
from antiphon.cli.output import (
    FAILURE,
    DataDirOption,
    JsonOption,
    errors_in_one_line,
    load_settings,
    print_result,
    run_async,
)
from antiphon.core.db.search_schema import has_trigrams
from antiphon.core.ids import new_id
from antiphon.core.limits import Window
from antiphon.domain.accounts.queries import count_accounts
from antiphon.domain.engines import transcription_config
from antiphon.domain.services import Services
from antiphon.migrations.runner import revision_of
from antiphon.migrations.schema import SEARCH_INDEXES
from antiphon.migrations.startup import HEAD
from antiphon.settings import Settings
from antiphon.speech.transcription.factory import load_engine
from antiphon.web.static import STATIC_ROOT, is_built

LOW_DISK_BYTES = 1024**3
LOAD_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    ok: bool
    detail: str


async def _run(name: str, check: Callable[[], Awaitable[str]]) -> Check:
    try:
        return Check(name, True, await check())
    except Exception as error:
        return Check(name, False, f"{type(error).__name__}: {error}".splitlines()[0])


async def examine(settings: Settings) -> list[Check]:
    """Try each part once; nothing is left behind."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    services = create_services(settings)
    checks = [
        ("python", _python),
        ("data folder", lambda: _disk(settings)),
        ("schema", lambda: _schema(settings)),
        ("database", lambda: _database(services)),
        ("search", lambda: _search(services)),
        ("objects", lambda: _objects(services)),
        ("rate limits", lambda: _limits(services)),
        ("transcription", lambda: _transcription(services)),
        ("media workers", lambda: _media(services)),
        ("dashboard", _dashboard),
    ]
    await services.database.start()
    try:
        return [await _run(name, check) for name, check in checks]
    finally:
        await close_services(services)


async def _python() -> str:
    return ".".join(str(part) for part in sys.version_info[:3])


async def _disk(settings: Settings) -> str:
    free = shutil.disk_usage(settings.data_dir).free
    if free < LOW_DISK_BYTES:
        raise OSError(f"only {free // 1024**2} MB free in {settings.data_dir}")
    return f"{settings.data_dir}, {free // 1024**3} GB free"


async def _schema(settings: Settings) -> str:

    found = await revision_of(settings)
    if found != HEAD:
        raise RuntimeError(f"at {found or 'nothing'}, newest is {HEAD}: run antiphon migrate")
    return found


async def _database(services: Services) -> str:
    accounts = await services.database.read(count_accounts)
    return f"{services.database.dialect}, {accounts} accounts"


async def _search(services: Services) -> str:
    if await services.database.read(lambda tx: has_trigrams(tx.connection, SEARCH_INDEXES)):
        return "indexed"
    return "reads whole accounts: create the extensions pg_trgm and btree_gin, then run antiphon migrate"


async def _objects(services: Services) -> str:
    key = f"doctor/{new_id()}"
    await services.store.put(key, b"doctor")
    try:
        if await services.store.get(key) != b"doctor":
            raise RuntimeError("read back something else than was written")
    finally:
        await services.store.delete(key)
    return services.settings.storage


async def _limits(services: Services) -> str:
    await services.limiter.peek("doctor", (Window(1, 1),))
    return "redis" if services.settings.redis_url else "in memory"


async def _transcription(services: Services) -> str:
    config = transcription_config(services.settings)
    name = await services.media.run(load_engine, config, timeout=LOAD_SECONDS)
    return f"{name} {config.model_dir}".strip()


async def _media(services: Services) -> str:
    await asyncio.wait_for(services.media.warm(), 60)
    return f"{services.media.worker_count} started"


async def _dashboard() -> str:
    if not is_built(STATIC_ROOT):
        raise RuntimeError("not built: run scripts/build-ui")
    return "built"


@errors_in_one_line
def doctor(data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """Check every part that the settings name; exit code 1 when one fails."""
    checks = run_async(examine(load_settings(data_dir)))
    ok = all(check.ok for check in checks)
    lines = [f"{'ok  ' if check.ok else 'FAIL'}  {check.name:14} {check.detail}" for check in checks]
    print_result(as_json, {"ok": ok, "checks": [asdict(check) for check in checks]}, "\n".join(lines))
    if not ok:
        raise typer.Exit(FAILURE)
