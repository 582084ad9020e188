"""Subscriptions: which events a service consumes, and what its handlers receive."""

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
    """A process applies each event's effect once; a replica is a copy that can be rebuilt."""

    PROCESS = "PROCESS"
    REPLICA = "REPLICA"


@dataclass(frozen=True, slots=True)
class EventMeta:
    """The origin of an event: its id, its aggregate, and that aggregate's version."""

    event_id: UUID
    tenant: UUID
    aggregate_id: UUID
    sequence: int
    epoch: int
    occurred_at: datetime

    @property
    def version(self) -> tuple[int, int]:
        """The version that guards compare; after a restore, versions continue in a higher epoch."""
        return self.epoch, self.sequence


@dataclass(frozen=True, slots=True)
class ReceivedEvent(Generic[E]):
    """An event with its origin."""

    event: E
    meta: EventMeta


@dataclass(frozen=True, slots=True)
class ReplicaResult:
    """Event ids: `applied` were newer than the stored row, `skipped` were not."""

    applied: frozenset[UUID] = frozenset()
    skipped: frozenset[UUID] = frozenset()

    def __add__(self, other: "ReplicaResult") -> "ReplicaResult":
        """Combine the results of two tables fed by the same events: applied to one is applied."""
        applied = self.applied | other.applied
        return ReplicaResult(applied, (self.skipped | other.skipped) - applied)


class SubscriptionGeneration(Protocol):
    """The name and generation under which a subscription's progress is recorded."""

    @property
    def name(self) -> str: ...
    @property
    def generation(self) -> int: ...


ProcessHandler = Callable[[AsyncConnection, Any, EventMeta], Awaitable[None]]
ReplicaHandler = Callable[[AsyncConnection, Sequence[ReceivedEvent[Any]]], Awaitable[ReplicaResult]]


@dataclass(frozen=True)
class Subscription:
    """One consumer group; created by `process` or `replica`.

    A new `generation` reads its topics again from the start. `max_batch_size` limits how many
    events share a transaction.
    """

    name: str
    kind: SubscriptionKind
    handlers: Mapping[type[Event], Callable[..., Awaitable[Any]]]
    generation: int = 1
    max_batch_size: int | None = None
    _by_type: Mapping[str, type[Event]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if SUBSCRIPTION_NAME.fullmatch(self.name) is None:
            raise ValueError(f"{self.name!r} should be <service>.<name>")
        if not self.handlers:
            raise ValueError(f"{self.name} has no handlers")
        for event, handler in self.handlers.items():
            _check_handler(self.name, event, handler)
        object.__setattr__(self, "_by_type", {event.type: event for event in self.handlers})

    @property
    def service(self) -> str:
        """The service that consumes."""
        return self.name.split(".")[0]

    @property
    def group(self) -> str:
        """The Kafka consumer group; every generation has its own, with its own offsets."""
        return self.name if self.generation == 1 else f"{self.name}.g{self.generation}"

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics of the event classes, sorted."""
        return tuple(sorted({event.topic() for event in self.handlers}))

    def event_class(self, event_type: str) -> type[Event] | None:
        """Return the class of an event type; None where this subscription has no handler for it."""
        return self._by_type.get(event_type)


def _check_handler(name: str, event: type[Event], handler: Callable[..., Any]) -> None:
    if EVENT_TYPE.fullmatch(getattr(event, "type", "")) is None:
        raise ValueError(f"{name}: {event.__name__} is not an event class with a type")
    called = getattr(handler, "__name__", "")
    if not called.startswith("on_"):
        raise ValueError(f"{name}: the handler {called!r} should be called on_<fact>")


def process(
    name: str,
    handlers: Mapping[type[Event], ProcessHandler],
    *,
    generation: int = 1,
    max_batch_size: int | None = None,
) -> Subscription:
    """Declare a process: `async def on_lead_converted(tx, event, meta)`, once per event, in order.

    A handler raises NotYet while something it needs has not arrived; any other error parks the
    event and its key. Use `max_batch_size=1` where events of several keys change the same rows.
    """
    return Subscription(name, SubscriptionKind.PROCESS, handlers, generation, max_batch_size)


def replica(
    name: str, handlers: Mapping[type[Event], ReplicaHandler], *, generation: int = 1
) -> Subscription:
    """Declare a replica: `async def on_accounts(tx, received)` returns what `replicate` returns."""
    return Subscription(name, SubscriptionKind.REPLICA, handlers, generation)
