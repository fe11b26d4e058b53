"""Second factors: codes by time (RFC 6238) and recovery codes for one use (contracts/votel.md 18)."""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import TypeAlias

import pyotp
from sqlalchemy import bindparam, or_, select

from antiphon.core.clock import SECOND
from antiphon.core.crypto import Cipher, sha256_hex
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import DomainError
from antiphon.domain.accounts import audit
from antiphon.domain.accounts.records import Login
from antiphon.domain.accounts.tables import recovery_codes, users

STEP_MS = 30 * SECOND
DRIFT_STEPS = 1
RECOVERY_CODES = 10
MAX_CODE_CHARS = 32
_RECOVERY_BYTES = 10
_SPACING = re.compile(r"[\s-]")

u = users.c
_LOCK = select(u.id, u.email, u.sealed_totp_secret, u.totp_active_at).where(
    u.id == bindparam("user_id")
).with_for_update()  # fmt: skip
_SET = (
    users.update()
    .where(u.id == bindparam("p_user"))
    .values(
        sealed_totp_secret=bindparam("p_secret"),
        totp_active_at=bindparam("p_active_at"),
        totp_last_step=bindparam("p_step"),
    )
)
_USE_STEP = (
    users.update()
    .where(
        u.id == bindparam("p_user"),
        u.totp_active_at.is_not(None),
        or_(u.totp_last_step.is_(None), u.totp_last_step < bindparam("p_step")),
    )
    .values(totp_last_step=bindparam("p_step"))
)
_FORGET = recovery_codes.delete().where(recovery_codes.c.user_id == bindparam("p_user"))
_USE_RECOVERY = recovery_codes.delete().where(
    recovery_codes.c.user_id == bindparam("p_user"), recovery_codes.c.code_hash == bindparam("p_hash")
)

Claim: TypeAlias = int | str
"""What a right code uses up: a step of time, or the hash of a recovery code."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A second factor at the only moment its secrets are known."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)
    recovery_codes: tuple[str, ...] = field(repr=False)


def begin_totp(tx: WriteTx, cipher: Cipher, user_id: str, issuer: str) -> Enrolment:
    """A new secret that waits for its first code; one that waited before is void.

    Raises DomainError `invalid_state` while a second factor is active.
    """
    row = tx.execute(_LOCK, {"user_id": user_id}).one()
    if row.totp_active_at is not None:
        raise DomainError("A second factor is active already", code="invalid_state")
    secret = pyotp.random_base32()
    codes = tuple(_recovery_code() for _ in range(RECOVERY_CODES))
    sealed = cipher.seal(secret, _context(user_id))
    tx.execute(_SET, {"p_user": user_id, "p_secret": sealed, "p_active_at": None, "p_step": None})
    tx.execute(_FORGET, {"p_user": user_id})
    tx.execute(
        recovery_codes.insert(),
        [
            {"user_id": user_id, "code_hash": _recovery_hash(user_id, code), "created_at": tx.now}
            for code in codes
        ],
    )
    uri = pyotp.TOTP(secret).provisioning_uri(name=row.email, issuer_name=issuer)
    return Enrolment(secret, uri, codes)


def activate_totp(tx: WriteTx, cipher: Cipher, account_id: str, user_id: str, code: str) -> None:
    """Make the waiting secret count from now on.

    Raises DomainError `invalid_state` without one that waits, `code_wrong`.
    """
    row = tx.execute(_LOCK, {"user_id": user_id}).one()
    if row.sealed_totp_secret is None or row.totp_active_at is not None:
        raise DomainError("No second factor waits for a code", code="invalid_state")
    step = _matching_step(cipher, user_id, row.sealed_totp_secret, code, tx.now)
    if step is None:
        raise DomainError("This is not the code of now", field="code", code="code_wrong")
    tx.execute(
        _SET,
        {
            "p_user": user_id,
            "p_secret": row.sealed_totp_secret,
            "p_active_at": tx.now,
            "p_step": step,
        },
    )
    audit.record(tx, account_id, "user.totp_enabled", audit.Target("user", user_id, row.email))


def remove_totp(tx: WriteTx, account_id: str, user_id: str) -> None:
    """Sign in by password alone again; doing it again changes nothing."""
    row = tx.execute(_LOCK, {"user_id": user_id}).one()
    tx.execute(_SET, {"p_user": user_id, "p_secret": None, "p_active_at": None, "p_step": None})
    tx.execute(_FORGET, {"p_user": user_id})
    if row.totp_active_at is not None:
        audit.record(tx, account_id, "user.totp_disabled", audit.Target("user", user_id, row.email))


def find_claim(cipher: Cipher, login: Login, code: str, now: int) -> Claim | None:
    """What the code would use up, of time or of recovery; None when it is wrong."""
    if login.sealed_totp_secret is None or len(code) > MAX_CODE_CHARS:
        return None
    hashed = _recovery_hash(login.user_id, code)
    if hashed in login.recovery_hashes:
        return hashed
    return _matching_step(cipher, login.user_id, login.sealed_totp_secret, code, now)


def use_claim(tx: WriteTx, user_id: str, claim: Claim) -> bool:
    """Use a code up; false when it has been used before."""
    if isinstance(claim, int):
        return tx.execute(_USE_STEP, {"p_user": user_id, "p_step": claim}).rowcount == 1
    return tx.execute(_USE_RECOVERY, {"p_user": user_id, "p_hash": claim}).rowcount == 1


def _matching_step(cipher: Cipher, user_id: str, sealed: str, code: str, now: int) -> int | None:
    digits = _SPACING.sub("", code).encode()
    totp = pyotp.TOTP(cipher.open(sealed, _context(user_id)).decode())
    current = now // STEP_MS
    for step in (current, *(current + drift for drift in (-DRIFT_STEPS, DRIFT_STEPS))):
        if hmac.compare_digest(totp.generate_otp(step).encode(), digits):
            return step
    return None


def _context(user_id: str) -> str:
    return f"users.sealed_totp_secret.{user_id}"


def _recovery_code() -> str:
    text = base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def _recovery_hash(user_id: str, code: str) -> str:
    return sha256_hex(f"{user_id}:{_SPACING.sub('', code).lower()}")
