"""Looking for anything by a few letters, as the command palette does (contracts/votel.md 0.7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from antiphon.core.clock import to_iso
from antiphon.core.db.transaction import ReadTx
from antiphon.domain.calls.queries import list_calls
from antiphon.domain.calls.records import CallFilters
from antiphon.domain.contacts.lists import LeadFilters, list_leads
from antiphon.domain.leads import conversations_of
from antiphon.domain.voicegrams.queries import list_voicegrams
from antiphon.domain.voicegrams.records import VoicegramFilters

PER_KIND = 8
SUBTITLE_CHARS = 120


@dataclass(frozen=True, slots=True)
class Hit:
    kind: str
    id: str
    title: str
    subtitle: str


@dataclass(frozen=True, slots=True)
class Hits:
    """The first of each kind, and how many there are in all."""

    items: list[Hit]
    total: int


def search_everything(tx: ReadTx, account_id: str, query: str, kinds: Sequence[str]) -> Hits:
    """The newest hits of each kind, in the order of the kinds."""
    items: list[Hit] = []
    total = 0
    for kind in kinds:
        found = _SEARCH[kind](tx, account_id, query)
        items += found.items
        total += found.total
    return Hits(items, total)


def _leads(tx: ReadTx, account_id: str, query: str) -> Hits:
    page = list_leads(tx, account_id, LeadFilters(search=query), limit=PER_KIND, offset=0)
    return Hits(
        [
            Hit(
                "lead",
                contact.id,
                contact.name or (*contact.phones, *contact.emails, "")[0],
                ", ".join(
                    part for part in (contact.company, *contact.phones[:1], *contact.emails[:1]) if part
                ),
            )
            for contact in page.items
        ],
        page.total,
    )


def _conversations(tx: ReadTx, account_id: str, query: str) -> Hits:
    """Conversations of the leads found: there is one with each lead at most."""
    page = list_leads(tx, account_id, LeadFilters(search=query), limit=PER_KIND, offset=0)
    talks = conversations_of(tx, account_id, [contact.id for contact in page.items])
    items = [
        Hit(
            "conversation",
            talks[contact.id].id,
            contact.name or (*contact.phones, *contact.emails, "")[0],
            (*contact.phones, *contact.emails, "")[0],
        )
        for contact in page.items
        if contact.id in talks
    ]
    return Hits(items, len(items))


def _voicegrams(tx: ReadTx, account_id: str, query: str) -> Hits:
    page = list_voicegrams(tx, account_id, VoicegramFilters(search=query), limit=PER_KIND, page=1)
    return Hits(
        [
            Hit(
                "voicegram",
                item.id,
                item.sender_email,
                _short(str(msgspec.json.decode(item.summary).get("text") or ""))
                if item.summary
                else _short(item.transcript_text),
            )
            for item in page.items
        ],
        page.total,
    )


def _calls(tx: ReadTx, account_id: str, query: str) -> Hits:
    page = list_calls(tx, account_id, CallFilters(search=query), PER_KIND, 0)
    return Hits(
        [
            Hit(
                "call",
                item.id,
                item.remote_name or item.remote_number or "Unknown caller",
                _short(item.summary or f"{item.direction.value} {to_iso(item.started_at)[:10]}"),
            )
            for item in page.items
        ],
        page.total,
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SUBTITLE_CHARS else f"{line[: SUBTITLE_CHARS - 1]}…"


_SEARCH: dict[str, Callable[[ReadTx, str, str], Hits]] = {
    "lead": _leads,
    "conversation": _conversations,
    "voicegram": _voicegrams,
    "call": _calls,
}
KINDS = tuple(_SEARCH)
