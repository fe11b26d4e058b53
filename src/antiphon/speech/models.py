"""Speech models on disk: list them, download them from the operator's mirror, choose one."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import aiohttp

from antiphon.core.errors import ConfigurationError, DomainError, ErrorCategory, NotFoundError, ServiceError
from antiphon.speech.archives import unpack
from antiphon.speech.catalogue import CatalogueFile, CatalogueModel, load_catalogue

BUNDLED = "pocketsphinx"

_SELECTION = "selected.json"
_PARTIAL = ".partial"
_CHUNK = 256 * 1024
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=15, sock_read=60)
_SERVICE = "model download"

Progress = Callable[[int, int | None], None]
"""Called with the bytes done and the total of the current file, None while unknown."""


@dataclass(frozen=True, slots=True)
class SpeechModel:
    """A model of the catalogue or the models folder; `verified` says that known checksums were right."""

    name: str
    kind: str
    languages: tuple[str, ...]
    description: str
    about_mb: int
    installed: bool
    selected: bool
    verified: bool
    path: str


class ModelStore:
    """The folder `models_dir`; `base_url` is the operator's mirror that holds the catalogue's paths."""

    def __init__(self, models_dir: Path, base_url: str = "") -> None:
        self._folder = models_dir
        self._base_url = base_url.rstrip("/")

    def list(self) -> list[SpeechModel]:
        """Bundled recogniser first, then the catalogue, then folders that an operator put there."""
        chosen = self.selected()
        catalogue = load_catalogue(self._folder)
        entries = [SpeechModel(BUNDLED, BUNDLED, ("en",), "bundled", 0, True, chosen == BUNDLED, True, "")]
        entries += [self._entry(model, chosen) for model in catalogue.values()]
        for path in sorted(self._folder.iterdir()) if self._folder.is_dir() else ():
            kind = model_kind(path)
            if kind and path.name not in catalogue:
                size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) // 1_000_000
                entries.append(
                    SpeechModel(
                        path.name, kind, (), "own model", size, True, chosen == path.name, False, str(path)
                    )
                )
        return entries

    def _entry(self, model: CatalogueModel, chosen: str | None) -> SpeechModel:
        path = self._folder / model.name
        installed = model_kind(path) == model.kind
        return SpeechModel(
            name=model.name,
            kind=model.kind,
            languages=model.languages,
            description=model.description,
            about_mb=model.about_mb,
            installed=installed,
            selected=chosen == model.name,
            verified=installed and all(file.sha256 for file in model.files),
            path=str(path) if installed else "",
        )

    def selected(self) -> str | None:
        """Name chosen with `use`, None when none was."""
        with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
            name = json.loads((self._folder / _SELECTION).read_bytes())["transcription"]
            return name if isinstance(name, str) else None
        return None

    def use(self, name: str) -> SpeechModel:
        """Choose an installed recogniser for `auto`.

        Raises `NotFoundError`, and `DomainError` with code `not_installed` or `wrong_kind`.
        """
        found = next((model for model in self.list() if model.name == name), None)
        if found is None:
            raise NotFoundError(f"There is no model {name!r}.", field="name")
        if not found.installed:
            raise DomainError(
                f"The model {name!r} is not downloaded yet.", field="name", code="not_installed"
            )
        if found.kind == "piper":
            raise DomainError(f"{name!r} is a voice, not a recogniser.", field="name", code="wrong_kind")
        self._folder.mkdir(parents=True, exist_ok=True)
        _write_atomically(self._folder / _SELECTION, json.dumps({"transcription": name}).encode())
        return next(model for model in self.list() if model.name == name)

    def transcription_choice(self) -> tuple[str, str]:
        """Engine and model folder for `TranscriptionConfig`: the chosen model, else the best installed."""
        installed = [model for model in self.list() if model.installed and model.kind != "piper"]
        chosen = next((model for model in installed if model.selected), None)
        if chosen is not None and chosen.kind == BUNDLED:
            return BUNDLED, ""
        ranked = [model for kind in ("faster-whisper", "vosk") for model in installed if model.kind == kind]
        best = chosen or next(iter(ranked), None)
        return ("auto", best.path) if best else ("auto", "")

    async def download(self, name: str, progress: Progress | None = None) -> SpeechModel:
        """Fetch, check and install a model of the catalogue; a broken download goes on where it stopped.

        Raises `NotFoundError`, `ConfigurationError` without a base URL, `DomainError` with code `checksum`,
        `bad_archive` or `wrong_kind`, and `ServiceError` for the network.
        """
        model = load_catalogue(self._folder).get(name)
        if model is None:
            raise NotFoundError(f"There is no model {name!r} in the catalogue.", field="name")
        if not self._base_url:
            raise ConfigurationError("set models_base_url to the address of a mirror that holds the models")
        partial = self._folder / _PARTIAL / name
        partial.mkdir(parents=True, exist_ok=True)
        async with aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=True, auto_decompress=False) as session:
            for file in model.files:
                await self._fetch(session, file, _Download(partial / _flat(file.path)), progress)
        await asyncio.to_thread(self._install, model, partial)
        return self._entry(model, self.selected())

    def _install(self, model: CatalogueModel, partial: Path) -> None:
        ready = partial.with_name(f"{model.name}.ready")
        shutil.rmtree(ready, ignore_errors=True)
        self._assemble(model, partial, ready)
        if model_kind(ready) != model.kind:
            shutil.rmtree(ready)
            shutil.rmtree(partial)
            raise DomainError(f"The download is no {model.kind} model.", field="name", code="wrong_kind")
        _replace_folder(ready, self._folder / model.name)
        shutil.rmtree(partial)

    @staticmethod
    def _assemble(model: CatalogueModel, partial: Path, ready: Path) -> None:
        for file in model.files:
            source = partial / _flat(file.path)
            if file.unpack:
                try:
                    unpack(source, ready)
                except DomainError:
                    source.unlink(missing_ok=True)
                    raise
            else:
                ready.mkdir(exist_ok=True)
                shutil.copyfile(source, ready / Path(file.path).name)

    async def _fetch(
        self,
        session: aiohttp.ClientSession,
        file: CatalogueFile,
        download: _Download,
        progress: Progress | None,
    ) -> None:
        if download.finished:
            return
        try:
            await _stream(session, f"{self._base_url}/{file.path}", download, progress)
        except (aiohttp.ClientError, TimeoutError) as error:
            message = f"the download stopped: {type(error).__name__}; start it again to go on"
            raise ServiceError(ErrorCategory.CONNECTIVITY, message, service=_SERVICE) from error
        if not download.finish(file.sha256):
            raise DomainError(f"The checksum of {file.path} is wrong.", field="name", code="checksum")


async def _stream(
    session: aiohttp.ClientSession, url: str, download: _Download, progress: Progress | None
) -> None:
    have, etag = download.resume_point()
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": etag}
    async with session.get(url, headers=headers) as response:
        if response.status not in (200, 206):
            if response.status == 416:
                download.drop()
            raise ServiceError(
                _category(response.status), f"{url} answered {response.status}", service=_SERVICE
            )
        if response.status == 206 and not _starts_at(response.headers.get("Content-Range", ""), have):
            raise ServiceError(ErrorCategory.SERVER, "the server sent another range", service=_SERVICE)
        done = have if response.status == 206 else 0
        total = None if response.content_length is None else done + response.content_length
        with download.writing(done > 0, response.headers.get("ETag", "")) as output:
            async for chunk in response.content.iter_chunked(_CHUNK):
                output.write(chunk)
                done += len(chunk)
                if progress is not None:
                    progress(done, total)


class _Download:
    """A file on its way: `.part` grows, `.etag` beside it tells which version it belongs to."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._part = target.with_name(f"{target.name}.part")
        self._etag = target.with_name(f"{target.name}.etag")

    @property
    def finished(self) -> bool:
        return self._target.is_file()

    def resume_point(self) -> tuple[int, str]:
        """Bytes there and their version; 0 without a strong version, as the rest may be another file's."""
        if not self._part.is_file() or not self._etag.is_file():
            return 0, ""
        etag = self._etag.read_text()
        return (self._part.stat().st_size, etag) if etag.startswith('"') else (0, "")

    @contextlib.contextmanager
    def writing(self, append: bool, etag: str) -> Iterator[BinaryIO]:
        self._etag.write_text(etag)
        with self._part.open("ab" if append else "wb") as output:
            yield output
            output.flush()
            os.fsync(output.fileno())

    def finish(self, sha256: str | None) -> bool:
        """Take the name of a finished file, unless its checksum is wrong."""
        if sha256 is not None and _sha256(self._part) != sha256:
            self.drop()
            return False
        self._part.rename(self._target)
        self._etag.unlink(missing_ok=True)
        return True

    def drop(self) -> None:
        self._part.unlink(missing_ok=True)
        self._etag.unlink(missing_ok=True)


def model_kind(path: Path) -> str | None:
    """`faster-whisper`, `vosk` or `piper` by the files in the folder, None for anything else."""
    if not path.is_dir() or path.name == _PARTIAL:
        return None
    if (path / "model.bin").is_file() and (path / "config.json").is_file():
        return "faster-whisper"
    if (path / "am" / "final.mdl").is_file() or (path / "final.mdl").is_file():
        return "vosk"
    if any(Path(f"{voice}.json").is_file() for voice in path.glob("*.onnx")):
        return "piper"
    return None


def list_models(models_dir: Path) -> list[SpeechModel]:
    """All known models and their state."""
    return ModelStore(models_dir).list()


def _flat(path: str) -> str:
    return path.replace("/", "__")


def _starts_at(content_range: str, offset: int) -> bool:
    match = re.match(r"bytes (\d+)-", content_range)
    return match is not None and int(match[1]) == offset


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _category(status: int) -> ErrorCategory:
    if status in (401, 403):
        return ErrorCategory.AUTH
    if status == 429:
        return ErrorCategory.RATE_LIMIT
    return ErrorCategory.SERVER if status >= 500 else ErrorCategory.CALLER


def _write_atomically(path: Path, data: bytes) -> None:
    temporary = path.with_name(f"{path.name}.new")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _replace_folder(source: Path, target: Path) -> None:
    old = source.with_name(f"{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    source.rename(target)
    shutil.rmtree(old, ignore_errors=True)
