"""Models of people and what is theirs: set-up, profile, users, invitations (contracts/votel.md 11, 18)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from antiphon.contracts.votel.inputs import Body, Clean
from antiphon.contracts.votel.schemas import AccountModel, Email, UserModel, Uuid

RoleName = Literal["viewer", "member", "admin", "owner"]
Password = Annotated[str, Field(max_length=10_000)]
PersonName = Annotated[Clean, Field(min_length=1, max_length=200)]


class SetupState(BaseModel):
    """Answered only while no account exists; `simulator` says whether demo data brings a simulated number."""

    simulator: bool


class SetUp(Body):
    account_name: PersonName
    name: PersonName
    email: Email
    password: Password
    demo_data: bool = False
    country: Annotated[Clean, Field(pattern=r"^[A-Za-z]{2}$")] = "US"
    timezone: Annotated[Clean, Field(max_length=64)] = "UTC"


class KeyReference(BaseModel):
    id: str
    name: str
    scopes: list[str] | None


class AccountReference(BaseModel):
    id: str
    name: str


class OwnAccount(AccountReference):
    role: RoleName


class MeUser(UserModel):
    totp_active: bool


class Features(BaseModel):
    """What the operator has switched on."""

    simulator: bool


class Me(BaseModel):
    """`accounts`: where the user works, each to be chosen by `X-Sub-Account-Id`."""

    user: MeUser
    account: AccountModel
    role: RoleName
    permissions: list[str]
    key: KeyReference | None
    acting_for: AccountReference | None
    accounts: list[OwnAccount]
    features: Features


class PasswordChange(Body):
    current: Password = ""
    new: Password


class TotpCode(Body):
    code: Annotated[str, Field(max_length=100)] | None = None


class TotpRemoval(Body):
    password: Password


class TotpEnrolment(BaseModel):
    secret: str
    uri: str
    recovery_codes: list[str]


class NotificationChoice(BaseModel):
    app: bool
    email: bool
    push: bool


class NotificationChange(Body):
    app: bool | None = None
    email: bool | None = None
    push: bool | None = None


class Preferences(BaseModel):
    timezone: str | None
    locale: str | None
    signature: str
    events: dict[str, NotificationChoice]


class PreferencesChange(Body):
    timezone: Annotated[Clean, Field(max_length=64)] | None = None
    locale: Annotated[Clean, Field(max_length=35)] | None = None
    signature: Annotated[Clean, Field(max_length=2000)] = ""
    events: dict[str, NotificationChange] = Field(default_factory=dict)


class UserOption(BaseModel):
    id: str
    name: str
    email: str | None = None
    role: RoleName | None = None
    status: Literal["active", "invited", "disabled"] | None = None


class User(BaseModel):
    id: str
    name: str
    email: str
    role: RoleName
    status: Literal["active", "invited", "disabled"]
    extension: str | None
    team_ids: list[str]
    schedule_id: str | None
    ring_seconds: int
    forward_to: str | None
    do_not_disturb: bool
    voicemail_enabled: bool
    created_at: str
    updated_at: str


class UserList(BaseModel):
    """With `for_options=true` a user is `id` and `name`, for admins also `email`, `role` and `status`."""

    users: list[User] | list[UserOption]
    total: int | None = None
    total_count: int


class UserChange(Body):
    name: PersonName | None = None
    role: RoleName | None = None
    status: Literal["active", "disabled"] | None = None
    extension: Annotated[Clean, Field(max_length=16)] | None = None
    ring_seconds: int | None = None
    forward_to: Annotated[Clean, Field(max_length=64)] | None = None
    do_not_disturb: bool | None = None
    voicemail_enabled: bool | None = None


class Invitation(BaseModel):
    id: str
    user_id: str
    email: str
    name: str
    role: RoleName
    status: Literal["pending", "expired"]
    invited_by_id: str | None
    created_at: str
    expires_at: str


class InvitationList(BaseModel):
    invitations: list[Invitation]
    total: int


class InvitationCreate(Body):
    email: Email
    name: Annotated[Clean, Field(max_length=200)] = ""
    role: RoleName = "member"
    team_ids: Annotated[list[Uuid], Field(max_length=100, default_factory=list)]
    sub_account_ids: Annotated[list[Uuid], Field(max_length=100, default_factory=list)]
