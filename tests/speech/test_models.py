"""Models are downloaded from the operator's mirror, checked, unpacked with care and chosen."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from antiphon.core.errors import ConfigurationError, DomainError, ErrorCategory, NotFoundError, ServiceError
from antiphon.speech import archives
from antiphon.speech.catalogue import load_catalogue
from antiphon.speech.models import ModelStore, SpeechModel, list_models
from speech_stand_in import StandIn

WEIGHTS = bytes(range(256)) * 4000


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _zip(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def _tar(members: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


GOOD_ZIP = _zip({"tiny/am/final.mdl": b"model", "tiny/conf/mfcc.conf": b"--x"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A models folder whose own catalogue knows two small models."""
    folder = tmp_path / "models"
    folder.mkdir()
    whisper = {"config.json": b"{}", "tokenizer.json": b"{}", "vocabulary.txt": b"a", "model.bin": WEIGHTS}
    models = [
        {
            "name": "tiny-vosk",
            "kind": "vosk",
            "files": [{"path": "tiny.zip", "sha256": _sha256(GOOD_ZIP), "unpack": True}],
        },
        {
            "name": "tiny-whisper",
            "kind": "faster-whisper",
            "files": [{"path": f"w/{name}", "sha256": _sha256(data)} for name, data in whisper.items()],
        },
    ]
    (folder / "catalogue.json").write_text(json.dumps({"models": models}))
    return folder


@pytest.fixture
def mirror(stand_in: StandIn) -> StandIn:
    stand_in.files = {
        "/m/tiny.zip": GOOD_ZIP,
        "/m/w/config.json": b"{}",
        "/m/w/tokenizer.json": b"{}",
        "/m/w/vocabulary.txt": b"a",
        "/m/w/model.bin": WEIGHTS,
    }
    return stand_in


def _store(folder: Path, mirror: StandIn) -> ModelStore:
    return ModelStore(folder, f"{mirror.url}/m/")


def _model(store: ModelStore, name: str) -> SpeechModel:
    return next(model for model in store.list() if model.name == name)


def _left(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def test_archive_is_checked_unpacked_and_installed(folder: Path, mirror: StandIn) -> None:
    store = _store(folder, mirror)
    assert not _model(store, "tiny-vosk").installed
    seen: list[tuple[int, int | None]] = []
    model = await store.download("tiny-vosk", lambda done, total: seen.append((done, total)))
    assert (model.installed, model.verified, model.path) == (True, True, str(folder / "tiny-vosk"))
    assert (folder / "tiny-vosk" / "am" / "final.mdl").read_bytes() == b"model"
    assert seen[-1] == (len(GOOD_ZIP), len(GOOD_ZIP))
    assert _left(folder) == ["catalogue.json", "tiny-vosk/am/final.mdl", "tiny-vosk/conf/mfcc.conf"]


async def test_model_of_single_files_is_installed_whole(folder: Path, mirror: StandIn) -> None:
    store = _store(folder, mirror)
    await store.download("tiny-whisper")
    assert (folder / "tiny-whisper" / "model.bin").read_bytes() == WEIGHTS
    assert _model(store, "tiny-whisper").installed


async def test_broken_download_goes_on_where_it_stopped(folder: Path, mirror: StandIn) -> None:
    store = _store(folder, mirror)
    mirror.cut_after = 500_000
    with pytest.raises(ServiceError) as caught:
        await store.download("tiny-whisper")
    assert caught.value.category is ErrorCategory.CONNECTIVITY
    assert not (folder / "tiny-whisper").exists()
    mirror.cut_after, mirror.requests[:] = None, []
    await store.download("tiny-whisper")
    assert [request.headers.get("Range") for request in mirror.requests] == ["bytes=500000-"]
    assert (folder / "tiny-whisper" / "model.bin").read_bytes() == WEIGHTS


async def test_changed_file_is_fetched_from_the_start(folder: Path, mirror: StandIn) -> None:
    store = _store(folder, mirror)
    mirror.cut_after = 500_000
    with pytest.raises(ServiceError):
        await store.download("tiny-whisper")
    mirror.cut_after, mirror.etag = None, '"2"'
    await store.download("tiny-whisper")
    assert (folder / "tiny-whisper" / "model.bin").read_bytes() == WEIGHTS


async def test_server_without_ranges_sends_it_all_again(folder: Path, mirror: StandIn) -> None:
    store = _store(folder, mirror)
    mirror.cut_after = 500_000
    with pytest.raises(ServiceError):
        await store.download("tiny-whisper")
    mirror.cut_after, mirror.ranges = None, False
    await store.download("tiny-whisper")
    assert (folder / "tiny-whisper" / "model.bin").read_bytes() == WEIGHTS


async def test_wrong_checksum_installs_nothing_and_starts_afresh(folder: Path, mirror: StandIn) -> None:
    store = _store(folder, mirror)
    mirror.files["/m/tiny.zip"] = _zip({"tiny/am/final.mdl": b"other"})
    with pytest.raises(DomainError) as caught:
        await store.download("tiny-vosk")
    assert caught.value.code == "checksum"
    assert _left(folder) == ["catalogue.json"]
    mirror.files["/m/tiny.zip"] = GOOD_ZIP
    assert (await store.download("tiny-vosk")).installed


async def test_new_download_replaces_the_old_folder_whole(folder: Path, mirror: StandIn) -> None:
    store = _store(folder, mirror)
    await store.download("tiny-vosk")
    (folder / "tiny-vosk" / "stale").touch()
    await store.download("tiny-vosk")
    assert "tiny-vosk/stale" not in _left(folder)


@pytest.mark.parametrize(
    ("status", "category"),
    [
        (401, ErrorCategory.AUTH),
        (403, ErrorCategory.AUTH),
        (404, ErrorCategory.CALLER),
        (429, ErrorCategory.RATE_LIMIT),
        (503, ErrorCategory.SERVER),
    ],
)
async def test_refusals_of_the_mirror_have_their_category(
    folder: Path, mirror: StandIn, status: int, category: ErrorCategory
) -> None:
    mirror.reply(status, b"no")
    with pytest.raises(ServiceError) as caught:
        await _store(folder, mirror).download("tiny-vosk")
    assert caught.value.category is category
    assert _left(folder) == ["catalogue.json"]


async def test_without_a_mirror_the_setting_is_named(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="models_base_url"):
        await ModelStore(folder).download("tiny-vosk")


async def test_unknown_model_is_not_found(folder: Path, mirror: StandIn) -> None:
    with pytest.raises(NotFoundError):
        await _store(folder, mirror).download("../tiny-vosk")
    assert not mirror.requests


async def test_download_of_another_kind_is_refused(folder: Path, mirror: StandIn) -> None:
    data = _zip({"tiny/readme": b"x"})
    catalogue = json.loads((folder / "catalogue.json").read_text())
    catalogue["models"][0]["files"][0]["sha256"] = None
    (folder / "catalogue.json").write_text(json.dumps(catalogue))
    mirror.files["/m/tiny.zip"] = data
    with pytest.raises(DomainError) as caught:
        await _store(folder, mirror).download("tiny-vosk")
    assert caught.value.code == "wrong_kind"
    assert _left(folder) == ["catalogue.json"]


def _link(name: str, kind: bytes) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "/etc/passwd"
    return info, b""


def _zip_link() -> bytes:
    info = zipfile.ZipInfo("m/link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(_zip({"../outside": b"x"}), id="zip-parent"),
        pytest.param(_zip({"m/../../outside": b"x"}), id="zip-inner-parent"),
        pytest.param(_zip({"/outside": b"x"}), id="zip-absolute"),
        pytest.param(_zip({"m\\..\\outside": b"x"}), id="zip-backslash"),
        pytest.param(_zip_link(), id="zip-link"),
        pytest.param(_tar([(tarfile.TarInfo("../outside"), b"x")]), id="tar-parent"),
        pytest.param(_tar([_link("m/link", tarfile.SYMTYPE)]), id="tar-symlink"),
        pytest.param(_tar([_link("m/link", tarfile.LNKTYPE)]), id="tar-hardlink"),
        pytest.param(_tar([_link("m/fifo", tarfile.FIFOTYPE)]), id="tar-fifo"),
        pytest.param(GOOD_ZIP[: len(GOOD_ZIP) // 2], id="cut"),
        pytest.param(b"no archive", id="text"),
        pytest.param(b"", id="empty"),
    ],
)
def test_bad_archives_leave_nothing(tmp_path: Path, data: bytes) -> None:
    archive = tmp_path / "in" / "a.bin"
    archive.parent.mkdir()
    archive.write_bytes(data)
    target = tmp_path / "deep" / "model"
    with pytest.raises(archives.ArchiveError) as caught:
        archives.unpack(archive, target)
    assert caught.value.code == "bad_archive"
    assert _left(tmp_path) == ["in/a.bin"]
    assert not target.exists()


@pytest.mark.parametrize("limit", ["MAX_MEMBERS", "MAX_UNPACKED_BYTES"])
def test_too_big_archives_are_refused_before_unpacking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    archive = tmp_path / "a.zip"
    archive.write_bytes(GOOD_ZIP)
    monkeypatch.setattr(archives, limit, 1)
    with pytest.raises(archives.ArchiveError):
        archives.unpack(archive, tmp_path / "model")
    assert _left(tmp_path) == ["a.zip"]


def test_tar_archive_is_unpacked(tmp_path: Path) -> None:
    archive = tmp_path / "a.tar.gz"
    archive.write_bytes(_tar([(tarfile.TarInfo("m/am/final.mdl"), b"model")]))
    archives.unpack(archive, tmp_path / "model")
    assert (tmp_path / "model" / "am" / "final.mdl").read_bytes() == b"model"


async def test_use_is_remembered_and_decides(folder: Path, mirror: StandIn) -> None:
    store = _store(folder, mirror)
    assert store.transcription_choice() == ("auto", "")
    with pytest.raises(DomainError) as caught:
        store.use("tiny-vosk")
    assert caught.value.code == "not_installed"
    await store.download("tiny-vosk")
    assert store.transcription_choice() == ("auto", str(folder / "tiny-vosk"))
    await store.download("tiny-whisper")
    assert store.transcription_choice() == ("auto", str(folder / "tiny-whisper"))
    assert store.use("tiny-vosk").selected
    assert ModelStore(folder).transcription_choice() == ("auto", str(folder / "tiny-vosk"))
    assert [model.name for model in store.list() if model.selected] == ["tiny-vosk"]
    store.use("pocketsphinx")
    assert store.transcription_choice() == ("pocketsphinx", "")
    with pytest.raises(NotFoundError):
        store.use("nothing")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"transcription": 5}', b'{"transcription": "gone"}'])
def test_damaged_selection_means_no_selection(folder: Path, content: bytes) -> None:
    (folder / "selected.json").write_bytes(content)
    assert ModelStore(folder).transcription_choice() == ("auto", "")


def test_own_models_are_listed(folder: Path) -> None:
    (folder / "mine" / "am").mkdir(parents=True)
    (folder / "mine" / "am" / "final.mdl").write_bytes(b"x")
    (folder / "notes").mkdir()
    names = {model.name: model for model in list_models(folder)}
    assert (names["mine"].kind, names["mine"].installed, names["mine"].verified) == ("vosk", True, False)
    assert "notes" not in names


def test_packaged_catalogue_is_valid_and_names_no_host(tmp_path: Path) -> None:
    catalogue = load_catalogue(tmp_path / "none")
    assert {model.kind for model in catalogue.values()} == {"vosk", "faster-whisper"}
    assert all(":" not in file.path for model in catalogue.values() for file in model.files)
    assert list_models(tmp_path / "none")[0].name == "pocketsphinx"


@pytest.mark.parametrize("path", ["../x.zip", "/x.zip", "https://example.org/x.zip", "a//b", ".x"])
def test_own_catalogue_is_checked(folder: Path, path: str) -> None:
    bad = {"models": [{"name": "a", "kind": "vosk", "files": [{"path": path}]}]}
    (folder / "catalogue.json").write_text(json.dumps(bad))
    with pytest.raises(ConfigurationError, match=r"catalogue\.json"):
        list_models(folder)
