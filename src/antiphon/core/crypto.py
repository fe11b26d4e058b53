"""Keys, encryption of secrets at rest, signed tokens, password hashes and new credentials."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import stat
import string
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from antiphon.core.errors import AntiphonError, ConfigurationError

KEY_BYTES = 32
MAX_TOKEN_CHARS = 8192

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_NONCE_BYTES = 12


class CipherError(AntiphonError):
    """A sealed value does not open: damaged, or sealed for another context."""


class WrongKeyError(CipherError):
    """The value was sealed with another master key than the one in use."""


def load_or_create_key(path: Path) -> bytes:
    """The 32-byte master key in `path`, created with mode 0600 when absent.

    Processes that start together all get the same key. Raises ConfigurationError when the file is readable
    by others, is not a key, or cannot be read or written.
    """
    try:
        if not path.exists():
            _create_key(path)
        return _read_key(path)
    except OSError as exc:
        raise ConfigurationError(f"The key file {path} cannot be used: {exc.strerror or exc}") from exc


def _create_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        # A link appears complete or not at all and never replaces the key of a faster process.
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return
    finally:
        draft.unlink()
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_key(path: Path) -> bytes:
    # Non-blocking, so that a named pipe in the key's place is refused instead of waited for.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ConfigurationError(f"The key file {path} is not a regular file.")
        if status.st_mode & 0o077:
            raise ConfigurationError(
                f"The key file {path} is open to other users (mode {stat.S_IMODE(status.st_mode):04o}). "
                f"Run: chmod 600 {path}"
            )
        key = file.read(KEY_BYTES + 1)
    if len(key) != KEY_BYTES:
        raise ConfigurationError(f"The key file {path} does not hold a key of {KEY_BYTES} bytes.")
    return key


class Cipher:
    """Encryption at rest (AES-256-GCM) and derived keys, all from one 32-byte master key.

    Sealed form: `v1.<key id>.<base64url of nonce and ciphertext>`.
    """

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise ValueError(f"the master key must have {KEY_BYTES} bytes")
        self._master = master
        self._aead = AESGCM(self.derive("cipher v1"))
        self._key_id = self.derive("cipher v1 key id")[:4].hex()

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key of its own for the named purpose (HKDF-SHA256)."""
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"antiphon/" + purpose.encode()).derive(self._master)

    def seal(self, plaintext: bytes | str, context: str) -> str:
        """Encrypt; the same context, such as table, column and row id, is needed to open."""
        data = plaintext.encode() if isinstance(plaintext, str) else plaintext
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return f"v1.{self._key_id}.{_encode(nonce + self._aead.encrypt(nonce, data, context.encode()))}"

    def open(self, token: str, context: str) -> bytes:
        """Decrypt a sealed value. Raises WrongKeyError or CipherError."""
        version, _, rest = token.partition(".")
        key_id, _, body = rest.partition(".")
        if version != "v1":
            raise CipherError("not a sealed value of a known version")
        if key_id != self._key_id:
            raise WrongKeyError("this value was encrypted with another key; is the right key file in place?")
        sealed = _decode(body)
        if sealed is None or len(sealed) < _NONCE_BYTES + 16:
            raise CipherError("the sealed value is damaged")
        try:
            return self._aead.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context.encode())
        except InvalidTag:
            raise CipherError("the sealed value is damaged or belongs to another context") from None


class Signer:
    """HMAC-SHA256 signatures and signed tokens that expire; both are URL-safe text."""

    def __init__(self, key: bytes) -> None:
        if len(key) < 16:
            raise ValueError("the signing key must have at least 16 bytes")
        self._key = key

    def sign(self, data: str) -> str:
        """The signature of `data`: 43 characters."""
        return self._mac(b"data", data)

    def verify(self, data: str, signature: str) -> bool:
        """Whether `signature` is that of `data`, in constant time."""
        return _equal(self._mac(b"data", data), signature)

    def issue(self, payload: Mapping[str, Any], expires_ms: int) -> str:
        """A signed, readable (not secret) token of a JSON object, valid until `expires_ms`."""
        text = json.dumps([expires_ms, payload], separators=(",", ":"), allow_nan=False)
        body = _encode(text.encode())
        return f"{body}.{self._mac(b'token', body)}"

    def read(self, token: str, now_ms: int) -> dict[str, Any] | None:
        """The payload of a token of this key, or None when it is foreign, damaged or expired at `now_ms`."""
        body, dot, signature = token.partition(".")
        if not dot or len(token) > MAX_TOKEN_CHARS or not _equal(self._mac(b"token", body), signature):
            return None
        raw = _decode(body)
        if raw is None:
            return None
        expires_ms, payload = json.loads(raw)
        return payload if now_ms < expires_ms else None

    def _mac(self, kind: bytes, data: str) -> str:
        message = kind + b"\0" + data.encode("utf-8", "surrogatepass")
        return _encode(hmac.digest(self._key, message, "sha256"))


def _equal(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode("ascii"), given.encode("ascii", "replace"))


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None


_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16)
# Same cost as a real hash and matched by no password, so that an unknown user takes the same time.
_NO_PASSWORD = f"$argon2id$v=19$m={19 * 1024},t=2,p=1${'A' * 22}${'A' * 43}"


def hash_password(password: str) -> str:
    """The argon2id hash to store. Takes some 20 ms of CPU and 19 MiB: call it in a thread."""
    return _hasher.hash(_password_bytes(password))


def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password matches; False, after the same work, for None (no such user). Call in a thread."""
    try:
        return _hasher.verify(stored or _NO_PASSWORD, _password_bytes(password))
    except (VerificationError, InvalidHashError):
        return False


def password_needs_rehash(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def _password_bytes(password: str) -> bytes:
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def sha256_hex(value: str) -> str:
    """Lower-case hex SHA-256 of the UTF-8 text: how keys are stored (contracts/voicegram.md 1)."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


def new_pat() -> str:
    """A personal access token, `vg_pat_` and 64 hex (contracts/voicegram.md 1)."""
    return "vg_pat_" + secrets.token_hex(32)


def new_webhook_secret() -> str:
    """A webhook signing secret, `vg_whsec_` and 64 hex (contracts/voicegram.md 4.5)."""
    return "vg_whsec_" + secrets.token_hex(32)


def new_standard_webhook_secret() -> str:
    """`whsec_` and base64 of 32 random bytes, as Standard Webhooks has it (contracts/vocatech.md 5.7)."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def new_secret_key() -> str:
    """A secret API key, `sk_` and 32 base62 characters."""
    return "sk_" + _base62(32)


def new_public_key() -> str:
    """A publishable API key, `pk_` and 32 base62 characters."""
    return "pk_" + _base62(32)


def new_code() -> str:
    """A uniformly drawn code of six digits (contracts/voicegram.md 9)."""
    return f"{secrets.randbelow(1_000_000):06d}"


def _base62(length: int) -> str:
    return "".join(secrets.choice(_BASE62) for _ in range(length))
