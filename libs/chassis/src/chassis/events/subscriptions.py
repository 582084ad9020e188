"""What a service listens to, and what its handlers are given."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.event import EVENT_TYPE, Event

SUBSCRIPTION_NAME = re.compile(r"[a-z0-9]+(\.[a-z0-9_]+)+")

E = TypeVar("E", bound=Event)


class SubscriptionKind(StrEnum):
    """An effect, applied once; or a read copy of a neighbour's data, which can be rebuilt."""

    PROCESS = "PROCESS"
    REPLICA = "REPLICA"


@dataclass(frozen=True, slots=True)
class EventMeta:
    """Where an event comes from: its id, its aggregate, and that aggregate's version."""

    event_id: UUID
    tenant: UUID
    aggregate_id: UUID
    sequence: int
    epoch: int
    occurred_at: datetime

    @property
    def version(self) -> tuple[int, int]:
        """What guards compare; sequences of a restored database count on in a higher epoch."""
        return self.epoch, self.sequence


@dataclass(frozen=True, slots=True)
class ReceivedEvent(Generic[E]):
    """An event and where it comes from."""

    event: E
    meta: EventMeta


@dataclass(frozen=True, slots=True)
class ReplicaResult:
    """The ids of the events that were newer than what was stored, and of those that were not."""

    applied: frozenset[UUID] = frozenset()
    skipped: frozenset[UUID] = frozenset()

    def __add__(self, other: "ReplicaResult") -> "ReplicaResult":
        """Of two tables fed by the same events; news to one of them is news."""
        applied = self.applied | other.applied
        return ReplicaResult(applied, (self.skipped | other.skipped) - applied)


class SubscriptionGeneration(Protocol):
    """Who reads: a subscription, in one generation."""

    @property
    def name(self) -> str: ...
    @property
    def generation(self) -> int: ...


ProcessHandler = Callable[[AsyncConnection, Any, EventMeta], Awaitable[None]]
ReplicaHandler = Callable[[AsyncConnection, Sequence[ReceivedEvent[Any]]], Awaitable[ReplicaResult]]


@dataclass(frozen=True)
class Subscription:
    """One consumer group. Made by `process` or `replica`.

    A new `generation` reads its topics again from the start. `most` caps how many events share a
    transaction.
    """

    name: str
    kind: SubscriptionKind
    handlers: Mapping[type[Event], Callable[..., Awaitable[Any]]]
    generation: int = 1
    most: int | None = None
    _by_type: Mapping[str, type[Event]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if SUBSCRIPTION_NAME.fullmatch(self.name) is None:
            raise ValueError(f"{self.name!r} should be <service>.<what>")
        if not self.handlers:
            raise ValueError(f"{self.name} listens to nothing")
        for event, handler in self.handlers.items():
            _check(self.name, event, handler)
        object.__setattr__(self, "_by_type", {event.type: event for event in self.handlers})

    @property
    def service(self) -> str:
        return self.name.split(".")[0]

    @property
    def group(self) -> str:
        """The consumer group: its offsets belong to one generation."""
        return self.name if self.generation == 1 else f"{self.name}.g{self.generation}"

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics of the event classes, each once."""
        return tuple(sorted({event.topic() for event in self.handlers}))

    def event_class(self, event_type: str) -> type[Event] | None:
        """The class this subscription reads the type as; None for what it does not listen to."""
        return self._by_type.get(event_type)


def _check(name: str, event: type[Event], handler: Callable[..., Any]) -> None:
    if EVENT_TYPE.fullmatch(getattr(event, "type", "")) is None:
        raise ValueError(f"{name}: {event.__name__} is no event class with a type")
    called = getattr(handler, "__name__", "")
    if not called.startswith("on_"):
        raise ValueError(f"{name}: the handler {called!r} should be called on_<fact>")


def process(
    name: str,
    handlers: Mapping[type[Event], ProcessHandler],
    *,
    generation: int = 1,
    most: int | None = None,
) -> Subscription:
    """Effects: `async def on_lead_converted(tx, event, meta)`, once per event, in order per key.

    A handler raises NotYet for what has not arrived; any other refusal parks the event's key.
    `most=1` where events of several keys change the same rows.
    """
    return Subscription(name, SubscriptionKind.PROCESS, handlers, generation, most)


def replica(
    name: str, handlers: Mapping[type[Event], ReplicaHandler], *, generation: int = 1
) -> Subscription:
    """A read copy: `async def on_accounts(tx, received)` returns what `replicate` returned."""
    return Subscription(name, SubscriptionKind.REPLICA, handlers, generation)
