"""`transcribe` and `models` (issue 2.1)."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

if TYPE_CHECKING:
    from conftest import Run

NAME = "tiny-vosk"
CONTENT = b"acoustic model " * 1000


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """flite speech; skips the test by name without flite."""
    flite = shutil.which("flite")
    if flite is None:
        pytest.skip("speech: flite is not installed")
    path = tmp_path / "message.wav"
    text = "Please call me back tomorrow, my order is broken."
    subprocess.run([flite, "-voice", "rms", "-t", text, "-o", str(path)], check=True)
    return path


@pytest.mark.speech
def test_transcribe(run: Run, recording: Path) -> None:
    ran = run("transcribe", str(recording), "--json")
    assert (ran.code, ran.err) == (0, "")
    found = ran.json
    assert found["engine"] == "pocketsphinx"
    assert "call me back" in found["transcript"]["text"]
    assert 0 < found["transcript"]["confidence"] <= 1
    assert found["transcript"]["words"]
    assert found["summary"]["callback_required"] is True
    assert found["duration_seconds"] > 1
    text = run("transcribe", str(recording))
    assert text.code == 0
    assert found["transcript"]["text"] in text.out
    assert "engine pocketsphinx, confidence 0." in text.out


def test_models_list_and_use(run: Run) -> None:
    before = {model["name"]: model for model in run("models", "list", "--json").json["models"]}
    assert before["pocketsphinx"]["installed"]
    assert not before["vosk-model-small-en-us-0.15"]["installed"]
    assert run("models", "use", "pocketsphinx", "--json").json["selected"] is True
    assert run("models", "use", "pocketsphinx").out == "pocketsphinx is in use\n"
    line = next(line for line in run("models", "list").out.splitlines() if line.startswith("pocketsphinx"))
    assert "in use" in line


@pytest.fixture
async def mirror(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[str]]:
    """A mirror on loopback with the two files of one catalogued model; lists the requested paths."""
    files = {"tiny/final.mdl": CONTENT, "tiny/README": b"a model of a test"}
    asked: list[str] = []

    async def serve(request: web.Request) -> web.Response:
        asked.append(request.path)
        body = files.get(request.match_info["path"])
        return web.Response(status=404) if body is None else web.Response(body=body)

    app = web.Application()
    app.router.add_get("/models/{path:.*}", serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    monkeypatch.setenv("ANTIPHON_MODELS_BASE_URL", f"http://127.0.0.1:{runner.addresses[0][1]}/models")
    listed = [{"path": path, "sha256": hashlib.sha256(body).hexdigest()} for path, body in files.items()]
    write_catalogue(data_dir, listed)
    yield asked
    await runner.cleanup()


def write_catalogue(data_dir: Path, files: list[dict[str, Any]]) -> None:
    folder = data_dir / "models"
    folder.mkdir(parents=True, exist_ok=True)
    model = {"name": NAME, "kind": "vosk", "languages": ["en"], "files": files}
    (folder / "catalogue.json").write_text(json.dumps({"models": [model]}))


async def test_download_and_use(mirror: list[str], run: Run, data_dir: Path) -> None:
    ran = await asyncio.to_thread(run, "models", "download", NAME, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert (ran.json["installed"], ran.json["verified"], ran.json["selected"]) == (True, True, False)
    assert (data_dir / "models" / NAME / "final.mdl").read_bytes() == CONTENT
    assert mirror == ["/models/tiny/final.mdl", "/models/tiny/README"]
    used = await asyncio.to_thread(run, "models", "use", NAME, "--json")
    assert used.json["selected"] is True
    listed = await asyncio.to_thread(run, "models", "list", "--json")
    assert [model["name"] for model in listed.json["models"] if model["selected"]] == [NAME]


async def test_download_that_fails(mirror: list[str], run: Run, data_dir: Path) -> None:
    """A mirror without the file is a failure, a wrong checksum is refused, and neither installs anything."""
    write_catalogue(data_dir, [{"path": "tiny/gone"}])
    missing = await asyncio.to_thread(run, "models", "download", NAME)
    assert missing.code == 1
    assert "answered 404" in missing.error
    write_catalogue(data_dir, [{"path": "tiny/final.mdl", "sha256": "0" * 64}])
    wrong = await asyncio.to_thread(run, "models", "download", NAME)
    assert wrong.code != 0
    assert "checksum" in wrong.error
    assert not (data_dir / "models" / NAME).exists()
