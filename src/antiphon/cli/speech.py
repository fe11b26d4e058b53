"""Commands for recognisers: transcribe a file, list, download and choose models."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from antiphon.cli.output import (
    DataDirOption,
    JsonOption,
    errors_in_one_line,
    is_terminal,
    load_settings,
    print_result,
    run_async,
)
from antiphon.core.clock import SystemClock
from antiphon.core.errors import DomainError
from antiphon.domain.engines import insight_config, model_store, transcription_config
from antiphon.settings import Settings
from antiphon.speech.audio import probe
from antiphon.speech.insight.in_worker import open_insight
from antiphon.speech.insight.port import InsightHints
from antiphon.speech.transcription.factory import transcribe_file
from antiphon.speech.workers import Lane, MediaPool

if TYPE_CHECKING:
    from rich.progress import Progress

TIMEOUT = 3600.0

models_app = typer.Typer(help="Speech models.", no_args_is_help=True)


def _progress(label: str, *, counts_bytes: bool) -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (BarColumn(), DownloadColumn()) if counts_bytes else (SpinnerColumn(), TimeElapsedColumn())
    return Progress(
        TextColumn(label), *columns, console=Console(stderr=True), disable=not is_terminal(), transient=True
    )


@errors_in_one_line
def transcribe(
    file: Annotated[Path, typer.Argument(help="An audio file.")],
    language: Annotated[str, typer.Option("--language")] = "en",
    country: Annotated[str, typer.Option("--country", help="Country of national phone numbers.")] = "US",
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Transcribe a file and say what it means, as the pipeline would."""
    if not file.is_file():
        raise DomainError(f"{file} is not a file", field="file")
    settings = load_settings(data_dir)
    with _progress("transcribing", counts_bytes=False) as progress:
        progress.add_task("transcribing", total=None)
        data = run_async(_transcribe(settings, file.resolve(), language, country))
    print_result(
        as_json,
        data,
        f"{data['transcript']['text'] or '(no speech)'}\n\n{data['summary']['text']}\n"
        f"engine {data['engine']}, confidence {data['transcript']['confidence']:.2f}, "
        f"{data['duration_seconds']:.1f} s",
    )


async def _transcribe(settings: Settings, file: Path, language: str, country: str) -> dict[str, Any]:
    media = MediaPool(max_workers=1)
    insight = open_insight(insight_config(settings), media)
    try:
        info = await media.run(probe, file, lane=Lane.QUICK)
        transcript = await media.run(
            transcribe_file, transcription_config(settings), file, language, timeout=TIMEOUT
        )
        hints = InsightHints(now_ms=SystemClock().now(), country=country, language=language)
        result = await insight.analyse(transcript.text, hints, final=True)
    finally:
        await insight.close()
        await media.close()
    return {
        "duration_seconds": info.duration_ms / 1000,
        "engine": transcript.engine,
        "transcript": {
            "text": transcript.text,
            "confidence": transcript.confidence,
            "words": [asdict(word) for word in transcript.words],
        },
        "insight_engine": result.engine,
        "summary": result.document(),
    }


@models_app.command("list")
@errors_in_one_line
def models_list(data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """List recognisers and voices, installed or not."""
    found = model_store(load_settings(data_dir)).list()
    lines = []
    for model in found:
        state = "in use" if model.selected else "installed" if model.installed else "-"
        lines.append(
            f"{model.name:32} {model.kind:16} {model.about_mb:>6} MB  {state:10} {model.description}"
        )
    print_result(as_json, {"models": [asdict(model) for model in found]}, "\n".join(lines))


@models_app.command("download")
@errors_in_one_line
def models_download(
    name: Annotated[str, typer.Argument()], data_dir: DataDirOption = None, as_json: JsonOption = False
) -> None:
    """Download a model from the mirror that `models_base_url` names; a broken download goes on."""
    store = model_store(load_settings(data_dir))
    with _progress(name, counts_bytes=True) as progress:
        task = progress.add_task(name, total=None)

        def report(done: int, total: int | None) -> None:
            progress.update(task, completed=done, total=total)

        model = asyncio.run(store.download(name, report))
    print_result(as_json, asdict(model), f"{model.name} is installed in {model.path}")


@models_app.command("use")
@errors_in_one_line
def models_use(
    name: Annotated[str, typer.Argument()], data_dir: DataDirOption = None, as_json: JsonOption = False
) -> None:
    """Choose the recogniser that `auto` takes; a running server follows at its next message."""
    model = model_store(load_settings(data_dir)).use(name)
    print_result(as_json, asdict(model), f"{model.name} is in use")
