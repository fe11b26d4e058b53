"""Object storage: a local directory or an S3 bucket behind one port."""

from __future__ import annotations

from antiphon.core.errors import ConfigurationError
from antiphon.core.storage.local import LocalStore
from antiphon.core.storage.types import ObjectMissing, ObjectStore, StorageConfig

__all__ = ["LocalStore", "ObjectMissing", "ObjectStore", "StorageConfig", "create_store"]


def create_store(config: StorageConfig) -> ObjectStore:
    """The store that the settings name. Raises ConfigurationError when they cannot work."""
    if config.kind == "local":
        return LocalStore(config.root)
    if not config.bucket:
        raise ConfigurationError("S3 storage needs a bucket.")
    if config.endpoint and not config.endpoint.startswith(("http://", "https://")):
        raise ConfigurationError(f"The S3 endpoint {config.endpoint!r} must begin with http:// or https://.")
    try:
        from antiphon.core.storage.s3 import S3Store
    except ModuleNotFoundError as error:
        raise ConfigurationError("Storage on S3 needs the extra `s3` of the package.") from error
    return S3Store(config)
