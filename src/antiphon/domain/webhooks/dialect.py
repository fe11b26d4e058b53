"""What a contract adds to the delivery engine: its events, body and signature."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from antiphon.core.events import Event
from antiphon.domain.webhooks.records import Delivery, Subscription


@dataclass(frozen=True, slots=True)
class AudioLink:
    """A listen link and when it ends, in milliseconds."""

    url: str
    expires_at: int


Sign: TypeAlias = Callable[[str, int, bytes], dict[str, str]]
"""All headers of a request from event id, time in Unix seconds, and body."""


class Dialect(Protocol):
    @property
    def contract(self) -> str: ...

    @property
    def names(self) -> Mapping[str, str]:
        """From the contract's own names of its events to those of the event catalogue."""
        ...

    @property
    def event_types(self) -> frozenset[str]:
        """The values of `names`."""
        ...

    @property
    def has_patterns(self) -> bool:
        """Whether subscriptions name events by patterns such as `lead.*`, and none is all."""
        ...

    def new_secret(self) -> str: ...

    def new_test_id(self) -> str:
        """The id of a test event."""
        ...

    def accepts(self, event: Event) -> bool:
        """Whether the contract tells of this event of one of its types."""
        ...

    def passes(self, event: Event, filter_text: str, now: int) -> bool:
        """Whether the event is what the filter of a subscription asks for."""
        ...

    def render(
        self,
        event_id: str,
        event_type: str,
        data: dict[str, Any],
        subscription: Subscription,
        delivery: Delivery,
        now: int,
        audio_link: AudioLink | None,
    ) -> bytes:
        """The body of one attempt made at `now`; called for every attempt."""
        ...

    def signer(self, secret: str, previous: str | None = None) -> Sign:
        """Signs with this secret, and with the one before where a header has room for both."""
        ...

    def sample_data(self, now: int, subscription: Subscription) -> tuple[str, dict[str, Any]]:
        """Type and data of a test event for this subscription."""
        ...

    def sample_of(self, event_type: str, now: int) -> dict[str, Any]:
        """Data of a test event of one of `event_types`."""
        ...


class Dialects:
    """The contracts that send webhooks, by name; filled by the composition root."""

    def __init__(self, dialects: Iterable[Dialect] = ()) -> None:
        self._by_contract = {dialect.contract: dialect for dialect in dialects}

    def add(self, dialect: Dialect) -> None:
        """One that tells of the others' subscriptions comes after them."""
        self._by_contract[dialect.contract] = dialect

    def __getitem__(self, contract: str) -> Dialect:
        return self._by_contract[contract]

    def __iter__(self) -> Iterator[Dialect]:
        return iter(self._by_contract.values())

    @property
    def event_types(self) -> frozenset[str]:
        return frozenset().union(*(dialect.event_types for dialect in self))

    def contracts_with(self, event_type: str) -> list[str]:
        return [dialect.contract for dialect in self if event_type in dialect.event_types]
