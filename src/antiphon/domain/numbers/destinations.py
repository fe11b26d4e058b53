"""Where a call to a number goes, and what acts when nobody answers (contracts/votel.md 11.5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from antiphon.core.db.transaction import ReadTx
from antiphon.core.errors import DomainError
from antiphon.core.phones import normalise_phone
from antiphon.domain.accounts.members import list_members
from antiphon.domain.accounts.queries import get_account
from antiphon.domain.accounts.records import MemberStatus
from antiphon.domain.numbers.records import Number

WEB_PHONE, AI_AGENT, FORWARDING = "web_phone", "ai_agent", "external_forwarding"
DESTINATIONS = (WEB_PHONE, AI_AGENT, FORWARDING)
FALLBACKS = ("voicemail", AI_AGENT, FORWARDING, "busy")
RING_SECONDS = (5, 120)
DEFAULT_DESTINATION: Mapping[str, Any] = {
    "type": WEB_PHONE,
    "user_ids": [],
    "team_id": None,
    "ring_seconds": 25,
}
DEFAULT_FALLBACK: Mapping[str, Any] = {"type": "voicemail"}


def check_destination(
    tx: ReadTx, account_id: str, number: Number, given: Mapping[str, Any] | None, *, is_fallback: bool = False
) -> dict[str, Any] | None:
    """The destination with its defaults, None for the usual one. Raises DomainError for what is unusable."""
    if given is None:
        return None
    field = "fallback" if is_fallback else "call_destination"
    allowed = FALLBACKS if is_fallback else DESTINATIONS
    kind = given.get("type")
    if kind not in allowed:
        raise DomainError(f"one of {', '.join(allowed)}", field=f"{field}.type")
    check = _CHECKS.get(str(kind))
    return {"type": kind, **({} if check is None else check(tx, account_id, number, given, field))}


def _web_phone(
    tx: ReadTx, account_id: str, number: Number, given: Mapping[str, Any], field: str
) -> dict[str, Any]:
    active = {
        member.user_id for member in list_members(tx, account_id) if member.status is MemberStatus.ACTIVE
    }
    user_ids = list(given.get("user_ids") or ())
    for index, user_id in enumerate(user_ids):
        if user_id not in active:
            raise DomainError("Not an active user of this account", field=f"{field}.user_ids.{index}")
    if given.get("team_id") is not None:
        raise DomainError("There is no such team", field=f"{field}.team_id")
    seconds = given.get("ring_seconds", DEFAULT_DESTINATION["ring_seconds"])
    if not isinstance(seconds, int) or not RING_SECONDS[0] <= seconds <= RING_SECONDS[1]:
        raise DomainError("5 to 120", field=f"{field}.ring_seconds")
    return {"user_ids": user_ids, "team_id": None, "ring_seconds": seconds}


def _agent(
    tx: ReadTx, account_id: str, number: Number, given: Mapping[str, Any], field: str
) -> dict[str, Any]:
    raise DomainError("There is no such agent", field=f"{field}.agent_id")


def _forwarding(
    tx: ReadTx, account_id: str, number: Number, given: Mapping[str, Any], field: str
) -> dict[str, Any]:
    target = normalise_phone(str(given.get("number") or ""), get_account(tx, account_id).country)
    if target is None:
        raise DomainError("Not a phone number", field=f"{field}.number")
    if target == number.e164:
        raise DomainError("A number cannot forward to itself", field=f"{field}.number")
    shown = given.get("show", "caller")
    if shown not in ("caller", "own"):
        raise DomainError("one of caller, own", field=f"{field}.show")
    return {"number": target, "show": shown}


_CHECKS: Mapping[str, Callable[..., dict[str, Any]]] = {
    WEB_PHONE: _web_phone,
    AI_AGENT: _agent,
    FORWARDING: _forwarding,
}
