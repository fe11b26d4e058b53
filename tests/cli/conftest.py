from __future__ import annotations

import json
import logging
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog

from antiphon.cli import main
from server_process import Server


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on standard output."""
        [line] = self.out.splitlines()
        return json.loads(line)

    @property
    def error(self) -> str:
        """The one line on standard error; nothing may stand on standard output beside it."""
        assert self.out == ""
        [line] = self.err.splitlines()
        assert line.startswith("antiphon: ")
        return line.removeprefix("antiphon: ")


Run = Callable[..., Ran]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def run(data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """`run("key", "create", ...)`: a command on the test's data folder, as the console script calls it."""
    monkeypatch.setenv("ANTIPHON_DATA_DIR", str(data_dir))
    monkeypatch.chdir(data_dir.parent)

    def call(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["antiphon", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return Ran(int(ended.value.code or 0), captured.out, captured.err)

    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield call
    # Some commands configure logging for their process.
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
async def server(tmp_path: Path, data_dir: Path) -> AsyncIterator[Server]:
    """A running server on the same data folder."""
    made = Server(tmp_path, data_dir=str(data_dir))
    try:
        await made.start()
        yield made
    finally:
        made.abandon()
        await made.close()
