"""One way to print results and errors: readable text, or one JSON object with --json."""

from __future__ import annotations

import asyncio
import functools
import json
import sqlite3
import sys
from collections.abc import Callable, Coroutine
from itertools import takewhile
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Annotated, Any, NoReturn, ParamSpec, TypeVar

import typer
from asyncpg import PostgresError
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from antiphon.core.errors import AntiphonError, ConfigurationError, DomainError
from antiphon.settings import Settings, settings_file

P = ParamSpec("P")
T = TypeVar("T")

BAD_USE = 2
FAILURE = 1

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
DataDirOption = Annotated[
    Path | None,
    typer.Option("--data-dir", help="The data folder (or ANTIPHON_DATA_DIR).", show_default=False),
]


def print_result(as_json: bool, data: dict[str, Any], text: str) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False) if as_json else text)


def one_line(message: str) -> None:
    """An error on standard error, whatever line breaks it holds."""
    typer.echo(f"antiphon: {' '.join(message.split())}", err=True)


def fail(message: str, code: int = FAILURE) -> NoReturn:
    """One clear line on standard error, and the exit code."""
    one_line(message)
    raise typer.Exit(code)


def load_settings(data_dir: Path | None = None, **overrides: Any) -> Settings:
    """Settings of this call; options win over the environment and the file."""
    given = {key: value for key, value in overrides.items() if value is not None}
    if data_dir is not None:
        given["data_dir"] = data_dir
    try:
        return Settings(**given)
    except TOMLDecodeError as error:
        raise ConfigurationError(f"{settings_file()}: {error}") from error


def errors_in_one_line(command: Callable[P, T]) -> Callable[P, T]:
    """Turn the product's own errors into one line and an exit code."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            # What follows names the branches of a type, not places of the setting.
            places = takewhile(lambda part: isinstance(part, int) or part.isidentifier(), first["loc"])
            where = ".".join(str(part) for part in places)
            fail(f"setting {where}: {first['msg']}" if where else first["msg"], BAD_USE)
        except ConfigurationError as error:
            fail(str(error), BAD_USE)
        except DomainError as error:
            fail(f"{error.field}: {error.message}" if error.field else error.message, BAD_USE)
        except AntiphonError as error:
            fail(str(error))
        except (SQLAlchemyError, sqlite3.Error, PostgresError) as error:
            fail(f"the database failed: {getattr(error, 'orig', None) or error}")
        except (OSError, ValueError) as error:
            fail(f"{type(error).__name__}: {error}")

    return run


def run_async(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def is_terminal() -> bool:
    return sys.stderr.isatty()
