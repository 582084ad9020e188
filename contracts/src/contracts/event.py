"""The base class of all events: its type, its topic, and how it may change.

An event states a fact in the past tense. It changes only by new optional fields; any other change
is a new class with the next version number, published beside the old one.
"""

import re
from typing import Annotated, Any, ClassVar, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

EVENT_TYPE = re.compile(
    r"(?P<service>[a-z0-9]+)\.(?P<aggregate>[a-z_]+)\.(?P<fact>[a-z_]+)\.v(?P<version>[1-9][0-9]*)"
)

EVENT_CLASSES: dict[str, type["Event"]] = {}


class Event(BaseModel):
    """A fact that other services may rely on. The outbox adds id, time, tenant and trace context.

    Unknown fields are ignored, because a publisher may be newer than its subscriber.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)
    type: ClassVar[str]

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        declared = cls.__dict__.get("type")
        if declared is None:
            return
        if EVENT_TYPE.fullmatch(declared) is None:
            raise TypeError(f"{cls.__name__}.type must be <service>.<aggregate>.<fact>.v<N>")
        if declared in EVENT_CLASSES:
            raise TypeError(f"{declared} is declared twice")
        EVENT_CLASSES[declared] = cls

    @classmethod
    def aggregate_type(cls) -> str:
        """The service and the aggregate of the type: `mtl.lead` of `mtl.lead.converted.v1`."""
        return ".".join(cls.type.split(".")[:2])

    @classmethod
    def topic(cls) -> str:
        """The topic that carries all events of the aggregate: `mtl.lead.v1`."""
        return topic_of(cls.aggregate_type())


def topic_of(aggregate_type: str) -> str:
    """The topic that carries all events of an aggregate type."""
    return f"{aggregate_type}.v1"


class State(BaseModel):
    """The state of an aggregate, or of a part of it such as a line, in an event's payload."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    @classmethod
    def of(cls, source: object, **others: Any) -> Self:
        """Return the state with the attributes of `source` that have the names of its fields.

        `others` gives the fields that have another name or another form there, such as the id.
        Raises AttributeError for a field that neither has.
        """
        names = [name for name in cls.model_fields if name not in others]
        return cls(**{name: getattr(source, name) for name in names}, **others)


class AggregateState(State):
    """The whole state of an aggregate, which every event of the aggregate carries.

    Events carry it in the field named like the aggregate: those of `l2o.account` in `account`.
    """

    aggregate: ClassVar[str]
    deleted: Annotated[bool, Field(description="Whether the record is deleted")] = False

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        service, dot, name = getattr(cls, "aggregate", "").partition(".")
        if not (service and dot and name):
            raise TypeError(f"{cls.__name__}.aggregate must be <service>.<aggregate>")

    @classmethod
    def of(cls, source: object, **others: Any) -> Self:
        """Return the state as `State.of` does; a source with a `deleted_at` is deleted."""
        is_deleted = getattr(source, "deleted_at", None) is not None
        return super().of(source, **{"deleted": is_deleted, **others})

    @classmethod
    def field(cls) -> str:
        """The field of events that carries the state: `account` of `l2o.account`."""
        return cls.aggregate.partition(".")[2]

    @classmethod
    def topic(cls) -> str:
        """The topic that carries all events of the aggregate: `l2o.account.v1`."""
        return topic_of(cls.aggregate)


class ExternalIdState(State):
    """What another system calls a record."""

    model_config = ConfigDict(from_attributes=True)
    system: Annotated[str, Field(examples=["sap"])]
    external_id: Annotated[str, Field(examples=["0001000042"])]


SNAPSHOT_RUN = "snapshot_run"  # the aggregate of a service whose events end its snapshots
DELETED = "deleted"  # the fact name of deletions


class Snapshot(Event):
    """The present state of a record, published again on request: nothing happened to the record.

    Its sequence is the record's present version. Copies take it; whoever acts on events ignores it.
    """

    snapshot_id: Annotated[UUID, Field(description="The run that published the snapshot")]


class SnapshotRunState(State):
    """A run of snapshots that is complete."""

    snapshot_id: UUID
    aggregates: Annotated[
        tuple[str, ...], Field(description="Those of which every record was published")
    ]
    records: int


class SnapshotFinished(Event):
    """The fields of `<service>.snapshot_run.finished.v1`; each service declares its own event.

    It is published after the broker has every snapshot of the run. So a reader that has read to an
    end behind it has all records, and knows that the publisher has no others.
    """

    snapshot_run: SnapshotRunState


def snapshot_classes(service: str) -> dict[str, type[Snapshot]]:
    """The snapshot classes of a service by aggregate: `l2o.account` to `AccountSnapshot`."""
    return {
        kind.aggregate_type(): kind
        for kind in EVENT_CLASSES.values()
        if issubclass(kind, Snapshot) and kind.type.partition(".")[0] == service
    }
