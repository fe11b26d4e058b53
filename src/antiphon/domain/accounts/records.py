"""Typed rows of accounts, users, sessions and keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from antiphon.core.clock import DAY
from antiphon.core.languages import DEFAULT_LANGUAGE


class Plan(StrEnum):
    FREE = "free"
    STARTER = "starter"
    PRO = "pro"
    BUSINESS = "business"
    ENTERPRISE = "enterprise"

    @property
    def tier_index(self) -> int:
        return list(Plan).index(self)

    @property
    def link_validity_ms(self) -> int:
        """How long a listen link works (contracts/voicegram.md 2)."""
        return {Plan.FREE: 30, Plan.STARTER: 90}.get(self, 365) * DAY

    @property
    def audio_retention_ms(self) -> int | None:
        """How long the audio file is kept after completion; None is for ever (contracts/voicegram.md 2)."""
        days = {Plan.FREE: 30, Plan.STARTER: 90, Plan.PRO: 365}.get(self)
        return None if days is None else days * DAY


class Role(IntEnum):
    """Ordered: each role may do what the one below may (contracts/votel.md 0.3)."""

    VIEWER = 0
    MEMBER = 1
    ADMIN = 2
    OWNER = 3

    @property
    def label(self) -> str:
        return self.name.lower()

    @classmethod
    def parse(cls, label: str) -> Role:
        return cls[label.upper()]


class KeyKind(StrEnum):
    PAT = "pat"
    PUBLIC = "public"
    SECRET = "secret"  # noqa: S105 (a kind of key, not a key)


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    name: str
    plan: Plan
    subdomain: str | None
    country: str
    timezone: str
    created_at: int


@dataclass(frozen=True, slots=True)
class User:
    id: str
    email: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class MemberSettings:
    """How a person is reached (contracts/vocatech.md 5.6); `forward_to` is E.164."""

    timezone: str | None = None
    do_not_disturb: bool = False
    ring_seconds: int = 20
    forward_to: str | None = None
    voicemail_enabled: bool = True


class MemberStatus(StrEnum):
    ACTIVE = "active"
    INVITED = "invited"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Member:
    """A person with the place held in one account; `number` is Vocatech's integer id.

    `joined_at` is None until an invitation is accepted.
    """

    user_id: str
    number: int
    email: str
    name: str
    role: Role
    extension: str | None
    is_active: bool
    settings: MemberSettings
    created_at: int
    joined_at: int | None
    updated_at: int

    @property
    def status(self) -> MemberStatus:
        if not self.is_active:
            return MemberStatus.DISABLED
        return MemberStatus.INVITED if self.joined_at is None else MemberStatus.ACTIVE


@dataclass(frozen=True, slots=True)
class MemberPage:
    items: list[Member]
    total: int


@dataclass(frozen=True, slots=True)
class Invitation:
    """A place held for a person who has not accepted it yet."""

    id: str
    user_id: str
    email: str
    name: str
    role: Role
    invited_by_id: str | None
    created_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Login:
    """What a sign-in is checked against; `sealed_totp_secret` is None while no second factor is active."""

    user_id: str
    email: str
    name: str
    password_hash: str | None = field(repr=False)
    is_disabled: bool
    sealed_totp_secret: str | None = field(default=None, repr=False)
    recovery_hashes: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True)
class Company:
    """What an account has set for itself (contracts/vocatech.md 5.6).

    `language` (BCP 47) is the one that its callers and visitors are expected to speak.
    """

    name: str
    timezone: str
    country: str
    recording_enabled: bool = True
    transcription_enabled: bool = True
    summary_enabled: bool = True
    sentiment_enabled: bool = True
    recording_retention_days: int = 90
    language: str = DEFAULT_LANGUAGE


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """A presented key with everything a request needs to know of it, live or not."""

    key_id: str
    kind: KeyKind
    account_id: str
    account_name: str
    plan: Plan
    user_id: str
    role: Role
    scopes: tuple[str, ...] | None
    expires_at: int | None
    revoked_at: int | None
    user_disabled: bool
    timezone: str

    def is_live(self, now: int) -> bool:
        return (
            self.revoked_at is None
            and not self.user_disabled
            and (self.expires_at is None or self.expires_at > now)
        )


@dataclass(frozen=True, slots=True)
class Session:
    token_hash: str
    account: Account
    user: User
    csrf_token: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key at the only moment its text is known."""

    id: str
    key: str
    prefix: str
    expires_at: int | None
