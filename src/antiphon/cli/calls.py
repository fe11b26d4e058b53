"""Commands on calls: import of call records and recordings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from antiphon.cli.accounts import AccountOption, find_account
from antiphon.cli.output import (
    FAILURE,
    DataDirOption,
    JsonOption,
    errors_in_one_line,
    is_terminal,
    load_settings,
    print_result,
    run_async,
)
from antiphon.cli.session import open_services
from antiphon.core.crypto import sha256_hex
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import DomainError
from antiphon.domain.calls.commands import import_call
from antiphon.domain.calls.imports import (
    ImportedCall,
    ImportOptions,
    Line,
    RowError,
    find_table,
    import_id,
    map_columns,
    read_lines,
    read_row,
)
from antiphon.domain.calls.jobs import MAX_RECORDING_BYTES
from antiphon.domain.calls.queries import find_call_id
from antiphon.domain.services import Services
from antiphon.settings import Settings

calls_app = typer.Typer(help="Calls.", no_args_is_help=True)

BATCH = 200
SHOWN_REFUSALS = 20


@calls_app.callback()
def _calls() -> None:
    """Keeps `import` a command of its own."""


@dataclass
class Report:
    """What an import did, or with `dry_run` would do."""

    import_id: str
    dry_run: bool
    total: int = 0
    imported: int = 0
    known: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def to_json(self) -> dict[str, Any]:
        return {
            "import_id": self.import_id,
            "dry_run": self.dry_run,
            "total": self.total,
            "imported": self.imported,
            "known": self.known,
            "refused": len(self.refused),
            "errors": self.refused,
        }

    def to_text(self) -> str:
        would = "would be " if self.dry_run else ""
        lines = [
            f"{self.total} rows: {self.imported} {would}imported, {self.known} known, "
            f"{len(self.refused)} refused"
        ]
        lines += [f"  row {item['row']}: {item['message']}" for item in self.refused[:SHOWN_REFUSALS]]
        if len(self.refused) > SHOWN_REFUSALS:
            lines.append(f"  and {len(self.refused) - SHOWN_REFUSALS} more")
        return "\n".join(lines)


@calls_app.command("import")
@errors_in_one_line
def calls_import(
    file: Annotated[Path, typer.Argument(help="CSV, JSON lines, or a folder with manifest.csv or .jsonl.")],
    account: AccountOption,
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", help="field=column, again for each; field= leaves a column out."),
    ] = None,
    carrier: Annotated[str, typer.Option("--carrier", help="The provider that calls are shown with.")] = (
        "import"
    ),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row and store nothing.")] = False,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write refused rows here, one JSON object a line.")
    ] = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import calls of the past; repeating an import adds only what is not there yet."""
    given = dict(_pair(text) for text in mapping or [])
    if not carrier.strip() or len(carrier) > 16:
        raise DomainError("1 to 16 characters", field="carrier")
    table = find_table(file)
    if report is not None:
        _begin(report)
    done = run_async(_import(load_settings(data_dir), table, account, given, carrier.strip(), dry_run))
    if report is not None:
        text = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in done.refused)
        report.write_text(text, encoding="utf-8")
    print_result(as_json, done.to_json(), done.to_text())
    if done.refused:
        raise typer.Exit(FAILURE)


def _begin(report: Path) -> None:
    """One that cannot be written is to be known before hours of work."""
    try:
        report.open("a").close()
    except OSError as error:
        raise DomainError(f"{report} cannot be written", field="report") from error


def _pair(text: str) -> tuple[str, str]:
    name, equals, column = text.partition("=")
    if not equals:
        raise DomainError(f"{text!r} is not field=column", field="map")
    return name.strip(), column.strip()


async def _import(
    settings: Settings, table: Path, reference: str, given: dict[str, str], carrier: str, dry_run: bool
) -> Report:
    report = Report(import_id(table), dry_run)
    columns = map_columns(given, _names(table))
    if "started_at" not in columns:
        raise DomainError("no column for started_at; name it with --map started_at=<column>", field="map")
    total = sum(1 for _ in read_lines(table))
    async with open_services(settings) as services:
        account = await services.database.read(find_account, reference)
        options = ImportOptions(
            carrier, account.country, ZoneInfo(account.timezone), services.clock.now(), columns
        )
        lines = read_lines(table)
        with _progress() as progress:
            task = progress.add_task("importing", total=total)
            while batch := list(islice(lines, BATCH)):
                await _import_batch(services, account.id, report, list(_read(batch, report, table, options)))
                progress.update(task, advance=len(batch))
    report.refused.sort(key=lambda item: item["row"])
    return report


def _names(table: Path) -> list[str]:
    """The columns of the first rows; JSON lines may leave some out."""
    found: dict[str, None] = {}
    for line in islice(read_lines(table), 1000):
        found.update(dict.fromkeys(line.values or ()))
    return list(found)


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), disable=not is_terminal(), transient=True)


def _read(batch: list[Line], report: Report, table: Path, options: ImportOptions) -> Iterator[ImportedCall]:
    for line in batch:
        report.total += 1
        try:
            if line.values is None:
                raise RowError(line.error)
            key = f"{report.import_id}:{line.number}"
            call = read_row(line.values, key, options, table.parent)
            if call.recording is not None and call.recording.stat().st_size > MAX_RECORDING_BYTES:
                raise RowError("the recording is too large")
        except RowError as error:
            report.refused.append({"row": line.number, "message": error.message})
        else:
            yield call


async def _import_batch(
    services: Services, account_id: str, report: Report, rows: list[ImportedCall]
) -> None:
    new: list[tuple[ImportedCall, str | None]] = []
    # What a dry run has not stored is only known here.
    seen = report.seen if report.dry_run else set[str]()
    for call in rows:
        sid = str(call.start.call_sid)
        known = await services.database.read(find_call_id, account_id, call.start.carrier, sid)
        if known is not None or sid in seen:
            report.known += 1
            continue
        seen.add(sid)
        key = None
        if call.recording is not None and not report.dry_run:
            key = f"recordings/{account_id}/import-{sha256_hex(f'{call.start.carrier}:{sid}')}"
            await services.store.put_file(key, call.recording)
        new.append((call, key))
    if not report.dry_run:
        stored = await services.database.write(_store, account_id, new)
        report.known += len(new) - stored
        report.imported += stored
    else:
        report.imported += len(new)


def _store(tx: WriteTx, account_id: str, calls: list[tuple[ImportedCall, str | None]]) -> int:
    """How many were not there yet."""
    stored = 0
    for call, recording_key in calls:
        call_id = import_call(
            tx,
            account_id,
            call.start,
            status=call.status,
            ended_at=call.ended_at,
            answered_at=call.answered_at,
            duration_seconds=call.duration_seconds,
            cost_micros=call.cost_micros,
            ended_reason=call.ended_reason,
            summary=call.summary,
            turns=call.turns,
            recording_key=recording_key,
        )
        stored += call_id is not None
    return stored
