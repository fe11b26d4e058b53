"""Unpack zip and tar archives without letting a member leave its folder."""

from __future__ import annotations

import shutil
import stat
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

from antiphon.core.errors import DomainError

MAX_MEMBERS = 20_000
MAX_UNPACKED_BYTES = 16 * 1024**3


class ArchiveError(DomainError):
    """The archive is damaged, too big or names places outside its folder."""

    code = "bad_archive"


def unpack(archive: Path, target: Path) -> None:
    """Unpack into the new folder `target`, without a single outer folder. Raises `ArchiveError`."""
    inside = target.with_name(f"{target.name}.inside")
    shutil.rmtree(inside, ignore_errors=True)
    inside.mkdir(parents=True)
    try:
        if zipfile.is_zipfile(archive):
            _unpack_zip(archive, inside)
        elif tarfile.is_tarfile(archive):
            _unpack_tar(archive, inside)
        else:
            raise ArchiveError("The file is neither a zip nor a tar archive.")
        entries = list(inside.iterdir())
        (entries[0] if len(entries) == 1 and entries[0].is_dir() else inside).rename(target)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, NotImplementedError, RuntimeError) as error:
        raise ArchiveError(f"The archive cannot be unpacked: {error}") from error
    finally:
        shutil.rmtree(inside, ignore_errors=True)


def _unpack_zip(archive: Path, inside: Path) -> None:
    with zipfile.ZipFile(archive) as file:
        members = file.infolist()
        _check_size(len(members), sum(member.file_size for member in members))
        for member in members:
            path = PurePosixPath(member.filename)
            kind = stat.S_IFMT(member.external_attr >> 16)
            if path.is_absolute() or ".." in path.parts or "\\" in member.filename:
                raise ArchiveError("The archive names a place outside its folder.")
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise ArchiveError("The archive holds a link or a device.")
        for member in members:
            file.extract(member, inside)


def _unpack_tar(archive: Path, inside: Path) -> None:
    with tarfile.open(archive) as file:
        members = file.getmembers()
        _check_size(len(members), sum(member.size for member in members))
        if any(not member.isreg() and not member.isdir() for member in members):
            raise ArchiveError("The archive holds a link or a device.")
        file.extractall(inside, members=members, filter="data")


def _check_size(members: int, size: int) -> None:
    if members > MAX_MEMBERS or size > MAX_UNPACKED_BYTES:
        raise ArchiveError("The archive is too big.")
