"""The speech engines that an account has chosen (contracts/votel.md 11.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, select

from antiphon.core.crypto import Cipher
from antiphon.core.db.transaction import AnyRow, ReadTx, WriteTx
from antiphon.core.destinations import parse_destination
from antiphon.core.errors import DomainError
from antiphon.domain.accounts import audit
from antiphon.domain.accounts.tables import account_engines

DEFAULT = "default"
OPENAI_COMPATIBLE = "openai_compatible"
MAX_TEXT = 200
MAX_KEY = 500
ERROR_LENGTH = 300

e = account_engines.c
_ALL = select(account_engines).where(e.account_id == bindparam("account_id"))
_ONE = _ALL.where(e.kind == bindparam("kind"))
_DELETE = account_engines.delete().where(
    e.account_id == bindparam("p_account"), e.kind == bindparam("p_kind")
)
_REPORT = (
    account_engines.update()
    .where(e.account_id == bindparam("p_account"), e.kind == bindparam("p_kind"))
    .values(is_healthy=bindparam("p_healthy"), last_error=bindparam("p_error"), checked_at=bindparam("p_now"))
)


class EngineKind(StrEnum):
    LLM = "llm"
    STT = "stt"
    TTS = "tts"
    EMBEDDING = "embedding"


PROFILES: Mapping[EngineKind, tuple[str, ...]] = {
    EngineKind.LLM: (DEFAULT, "rules", OPENAI_COMPATIBLE),
    EngineKind.STT: (DEFAULT, "pocketsphinx", OPENAI_COMPATIBLE),
    EngineKind.TTS: (DEFAULT, "espeak-ng", "flite", OPENAI_COMPATIBLE),
    EngineKind.EMBEDDING: (DEFAULT, OPENAI_COMPATIBLE),
}
"""`default` is what the operator has set; the built-in engines have their own names."""


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """`is_healthy` is None until the engine was tested; the key is opened with `open_engine_key`."""

    kind: EngineKind
    profile: str = DEFAULT
    base_url: str = ""
    model: str = ""
    sealed_api_key: str | None = field(default=None, repr=False)
    is_healthy: bool | None = None
    last_error: str | None = None
    checked_at: int | None = None


def list_engines(tx: ReadTx, account_id: str) -> dict[EngineKind, EngineChoice]:
    """One of every kind; what was never chosen is the operator's."""
    chosen = {kind: EngineChoice(kind) for kind in EngineKind}
    for row in tx.all(_ALL, {"account_id": account_id}):
        chosen[EngineKind(row.kind)] = _choice(row)
    return chosen


def get_engine(tx: ReadTx, account_id: str, kind: EngineKind) -> EngineChoice:
    row = tx.first(_ONE, {"account_id": account_id, "kind": kind.value})
    return EngineChoice(kind) if row is None else _choice(row)


def choose_engine(
    tx: WriteTx, cipher: Cipher, account_id: str, kind: EngineKind, given: Mapping[str, Any]
) -> EngineChoice:
    """Change the keys given of `profile`, `base_url`, `model`, `api_key` (None takes the key away).

    Without a profile, the other keys mean an OpenAI-compatible service.

    A key is for the service it was given for: with another host in `base_url` it must be given again.
    Raises DomainError with `<kind>.<key>` as its field.
    """
    old = get_engine(tx, account_id, kind)
    implied = OPENAI_COMPATIBLE if given.keys() & {"base_url", "model", "api_key"} else old.profile
    profile = str(given.get("profile", implied))
    if profile not in PROFILES[kind]:
        raise DomainError(f"one of {', '.join(PROFILES[kind])}", field=f"{kind}.profile")
    base_url, model, sealed = "", "", None
    if profile == OPENAI_COMPATIBLE:
        base_url = (given.get("base_url", old.base_url) or "").strip().rstrip("/")
        model = (given.get("model", old.model) or "").strip()
        if not base_url:
            raise DomainError("The address of the service", field=f"{kind}.base_url", code="required")
        if not model or len(model) > MAX_TEXT:
            raise DomainError(f"1 to {MAX_TEXT} characters", field=f"{kind}.model", code="required")
        sealed = old.sealed_api_key if _origin(old.base_url) == _origin(base_url) else None
        if "api_key" in given:
            sealed = _sealed(cipher, account_id, kind, given["api_key"])
    new = EngineChoice(kind, profile, base_url, model, sealed)
    key = {"p_account": account_id, "p_kind": kind.value}
    tx.execute(_DELETE, key)
    _insert(tx, account_id, new)
    differences = audit.changed(_flat(old), _flat(new))
    if differences:
        target = audit.Target("engine", kind.value, kind.value)
        audit.record(tx, account_id, "engine.updated", target, differences)
    return new


def report_engine(tx: WriteTx, account_id: str, kind: EngineKind, error: str | None) -> None:
    """Remember how a test went; None: it works."""
    if tx.first(_ONE, {"account_id": account_id, "kind": kind.value}) is None:
        _insert(tx, account_id, EngineChoice(kind))
    tx.execute(
        _REPORT,
        {
            "p_account": account_id,
            "p_kind": kind.value,
            "p_healthy": error is None,
            "p_error": None if error is None else error[:ERROR_LENGTH],
            "p_now": tx.now,
        },
    )


def _insert(tx: WriteTx, account_id: str, choice: EngineChoice) -> None:
    tx.execute(
        account_engines.insert(),
        {
            "account_id": account_id,
            "kind": choice.kind.value,
            "profile": choice.profile,
            "base_url": choice.base_url,
            "model": choice.model,
            "sealed_api_key": choice.sealed_api_key,
            "updated_at": tx.now,
        },
    )


def open_engine_key(cipher: Cipher, account_id: str, choice: EngineChoice) -> str:
    """Raises CipherError."""
    if choice.sealed_api_key is None:
        return ""
    return cipher.open(choice.sealed_api_key, _context(account_id, choice.kind)).decode()


def _sealed(cipher: Cipher, account_id: str, kind: EngineKind, api_key: str | None) -> str | None:
    text = (api_key or "").strip()
    if len(text) > MAX_KEY or not text.isascii() or any(ord(char) < 33 for char in text):
        raise DomainError(f"At most {MAX_KEY} visible ASCII characters", field=f"{kind}.api_key")
    return cipher.seal(text, _context(account_id, kind)) if text else None


def _context(account_id: str, kind: EngineKind) -> str:
    return f"account_engines.sealed_api_key.{account_id}.{kind}"


def _origin(base_url: str) -> tuple[str, str, int] | None:
    try:
        found = parse_destination(base_url, allow_insecure=True)
    except DomainError:
        return None
    return found.scheme, found.host, found.port


def _flat(choice: EngineChoice) -> dict[str, Any]:
    return {
        "profile": choice.profile,
        "base_url": choice.base_url,
        "model": choice.model,
        "api_key": choice.sealed_api_key,
    }


def _choice(row: AnyRow) -> EngineChoice:
    return EngineChoice(
        EngineKind(row.kind),
        row.profile,
        row.base_url,
        row.model,
        row.sealed_api_key,
        row.is_healthy,
        row.last_error,
        row.checked_at,
    )
