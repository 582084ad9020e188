"""The base class of all events: its type, its topic, and how it may change.

An event states a fact in the past tense. It changes only by new optional fields; any other change
is a new class with the next version number, published beside the old one.
"""

import re
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict

EVENT_TYPE = re.compile(
    r"(?P<service>[a-z0-9]+)\.(?P<aggregate>[a-z_]+)\.(?P<fact>[a-z_]+)\.v(?P<version>[1-9][0-9]*)"
)

EVENT_CLASSES: dict[str, type["Event"]] = {}


class Event(BaseModel):
    """A fact that other services may rely on. The outbox adds id, time, tenant and trace context.

    Unknown fields are ignored, because a publisher may be newer than its subscriber.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
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

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def of(cls, source: object, **others: Any) -> Self:
        """Return the state with the attributes of `source` that have the names of its fields.

        `others` gives the fields that have another name or another form there, such as the id.
        Raises AttributeError for a field that neither has.
        """
        names = [name for name in cls.model_fields if name not in others]
        return cls(**{name: getattr(source, name) for name in names}, **others)
