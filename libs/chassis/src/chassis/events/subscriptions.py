"""Subscriptions: which events a service consumes, and what its handlers receive."""

import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.envelope import Envelope
from contracts.event import EVENT_TYPE, AggregateState, Event, Snapshot

SUBSCRIPTION_NAME = re.compile(r"[a-z0-9]+(\.[a-z0-9_]+)+")


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

    @classmethod
    def of(cls, envelope: Envelope) -> "EventMeta":
        """Return the origin that an envelope names."""
        return cls(
            event_id=envelope.id,
            tenant=envelope.tenantid,
            aggregate_id=envelope.subject,
            sequence=envelope.sequence,
            epoch=envelope.epoch,
            occurred_at=envelope.time,
        )


class SubscriptionGeneration(Protocol):
    """The name and generation under which a subscription's progress is recorded."""

    @property
    def name(self) -> str: ...
    @property
    def generation(self) -> int: ...


ProcessHandler = Callable[[AsyncConnection, Any, EventMeta], Awaitable[None]]


@dataclass(frozen=True)
class Subscription(ABC):
    """One consumer group; created by `process` or `replica`.

    A new `generation` reads its topics again from the start.
    """

    name: str
    generation: int = field(default=1, kw_only=True)

    def __post_init__(self) -> None:
        if SUBSCRIPTION_NAME.fullmatch(self.name) is None:
            raise ValueError(f"{self.name!r} should be <service>.<name>")

    @property
    def service(self) -> str:
        """The service that consumes."""
        return self.name.split(".")[0]

    @property
    def group(self) -> str:
        """The Kafka consumer group; every generation has its own, with its own offsets."""
        return self.name if self.generation == 1 else f"{self.name}.g{self.generation}"

    @property
    @abstractmethod
    def kind(self) -> SubscriptionKind:
        """Whether this is a process or a replica."""

    @property
    @abstractmethod
    def topics(self) -> tuple[str, ...]:
        """The topics it reads, sorted."""

    @property
    @abstractmethod
    def batch_limit(self) -> int | None:
        """How many events may share a transaction; None for the default of the kind."""

    @abstractmethod
    def decode(self, envelope: Envelope) -> Event | AggregateState | None:
        """Return what the subscription takes from an event; None where it ignores the event.

        Raises ValidationError where the data does not fit.
        """


@dataclass(frozen=True)
class ProcessSubscription(Subscription):
    """A subscription whose handlers apply the effect of each event once.

    It ignores snapshots, which are no facts, except those for which it has a handler that restores
    what was lost.
    """

    handlers: Mapping[type[Event], ProcessHandler] = field(default_factory=dict)
    max_batch_size: int | None = None
    _by_type: Mapping[str, type[Event]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.handlers:
            raise ValueError(f"{self.name} has no handlers")
        object.__setattr__(self, "_by_type", {event.type: event for event in self.handlers})

    @property
    def kind(self) -> SubscriptionKind:
        return SubscriptionKind.PROCESS

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(sorted({event.topic() for event in self.handlers}))

    @property
    def batch_limit(self) -> int | None:
        return self.max_batch_size

    def decode(self, envelope: Envelope) -> Event | None:
        event_class = self._by_type.get(envelope.type)
        return None if event_class is None else event_class.model_validate(envelope.data)


def _check_handler(
    name: str, event: type[Event], handler: Callable[..., Any], *, restores: bool
) -> None:
    if EVENT_TYPE.fullmatch(getattr(event, "type", "")) is None:
        raise ValueError(f"{name}: {event.__name__} is not an event class with a type")
    called = getattr(handler, "__name__", "")
    is_snapshot = issubclass(event, Snapshot)
    if is_snapshot and not restores:
        raise ValueError(f"{name}: {event.__name__} is a snapshot, which has no effect")
    if restores and not is_snapshot:
        raise ValueError(f"{name}: {event.__name__} is no snapshot")
    if not called.startswith("on_"):
        raise ValueError(f"{name}: the handler {called!r} should be called on_<fact>")


def process(
    name: str,
    handlers: Mapping[type[Event], ProcessHandler],
    *,
    snapshots: Mapping[type[Event], ProcessHandler] | None = None,
    generation: int = 1,
    max_batch_size: int | None = None,
) -> ProcessSubscription:
    """Declare a process: `async def on_lead_converted(tx, event, meta)`, once per event, in order.

    A handler raises NotYet while something it needs has not arrived; any other error parks the
    event and its key. `max_batch_size` limits how many events share a transaction; it is 1 where
    events of several keys change the same rows.

    `snapshots` has handlers of snapshots, which restore what a lost or new database lacks. A
    snapshot may come at any time: they change nothing that is as new as the snapshot.
    """
    restoring = dict(snapshots or {})
    for restores, given in ((False, handlers), (True, restoring)):
        for event, handler in given.items():
            _check_handler(name, event, handler, restores=restores)
    return ProcessSubscription(
        name,
        handlers={**handlers, **restoring},
        generation=generation,
        max_batch_size=max_batch_size,
    )
