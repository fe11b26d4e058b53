"""Speech models that can be downloaded: the packaged list and the operator's own beside the models."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from antiphon.core.errors import ConfigurationError

OWN_CATALOGUE = "catalogue.json"

_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
_PATH = r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$"

Kind = Literal["vosk", "faster-whisper", "piper"]


class CatalogueFile(BaseModel):
    """One file: `path` below the base URL, `sha256` null when only the operator's mirror can know it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field(pattern=_PATH)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    unpack: bool = False


class CatalogueModel(BaseModel):
    """One model: single files land in the folder `name`, archives are unpacked into it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=_NAME)
    kind: Kind
    languages: tuple[str, ...] = ()
    about_mb: int = 0
    description: str = ""
    files: tuple[CatalogueFile, ...] = Field(min_length=1)


class _Catalogue(BaseModel):
    model_config = ConfigDict(extra="forbid")

    models: tuple[CatalogueModel, ...]


def load_catalogue(models_dir: Path) -> dict[str, CatalogueModel]:
    """Models by name; entries of `models_dir/catalogue.json` replace packaged ones of the same name.

    Raises `ConfigurationError` when that file is not valid.
    """
    packaged = _Catalogue.model_validate_json(files("antiphon.speech").joinpath(OWN_CATALOGUE).read_bytes())
    found = {model.name: model for model in packaged.models}
    own = models_dir / OWN_CATALOGUE
    if own.is_file():
        try:
            found.update(
                (model.name, model) for model in _Catalogue.model_validate_json(own.read_bytes()).models
            )
        except ValidationError as error:
            raise ConfigurationError(f"{own} is not a valid catalogue: {error.errors()[0]['msg']}") from error
    return found
