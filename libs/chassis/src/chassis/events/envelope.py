"""The envelope of a published event: CloudEvents 1.0, as structured JSON and as Kafka headers.

A consumer can route and filter by the headers alone; the value is complete without them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    TypeAdapter,
    ValidationError,
)

from contracts.event import EVENT_TYPE, topic_of

SPECVERSION = "1.0"
CONTENT_TYPE = "application/cloudevents+json"


class EnvelopeInvalid(ValueError):
    """The bytes are not a valid event envelope; the text says why, without the values."""


def _ensure_string(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("must be a string")  # noqa: TRY004  # pydantic reads ValueError
    return value


def _parse_timestamp(value: object) -> datetime:
    return datetime.fromisoformat(str(_ensure_string(value)))


def _ensure_event_type(value: str) -> str:
    if EVENT_TYPE.fullmatch(value) is None:
        raise ValueError("must be <service>.<aggregate>.<fact>.v<N>")
    return value


_UuidText = Annotated[UUID, BeforeValidator(_ensure_string)]
_NonEmpty = Annotated[str, Field(strict=True, min_length=1)]
_Timestamp = Annotated[AwareDatetime, BeforeValidator(_parse_timestamp)]
_Counter = Annotated[int, Field(strict=True, ge=0, lt=2**63)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope:
    """One event. `sequence` is the aggregate's version, `epoch` the publishing database's epoch.

    `actor` is who caused it, as in the audit entries of the aggregate.
    """

    id: _UuidText
    source: _NonEmpty
    type: Annotated[_NonEmpty, AfterValidator(_ensure_event_type)]
    subject: _UuidText
    time: _Timestamp
    tenantid: _UuidText
    sequence: _Counter
    epoch: _Counter
    correlationid: _NonEmpty
    traceparent: _NonEmpty
    data: dict[str, Any]
    causationid: _NonEmpty | None = None
    actor: _NonEmpty | None = None
    datacontenttype: _NonEmpty = "application/json"
    dataschema: _NonEmpty = ""

    @property
    def partitionkey(self) -> str:
        """The record key, which keeps an aggregate's events in order: `<tenant>:<aggregate id>`."""
        return f"{self.tenantid}:{self.subject}"

    @property
    def aggregate_type(self) -> str:
        """The aggregate type, such as `mtl.lead` of `mtl.lead.converted.v1`."""
        return ".".join(self.type.split(".")[:2])

    @property
    def fact(self) -> str:
        """The fact, such as `converted` of `mtl.lead.converted.v1`."""
        return self.type.split(".")[2]

    @property
    def topic(self) -> str:
        """The Kafka topic of the aggregate type."""
        return topic_of(self.aggregate_type)

    @property
    def version(self) -> tuple[int, int]:
        """The version that guards compare; after a restore, versions continue in a higher epoch."""
        return self.epoch, self.sequence

    def attributes(self) -> dict[str, str | int]:
        """Return every CloudEvents attribute that has a value, by its lower-case name."""
        attributes: dict[str, str | int | None] = {
            "specversion": SPECVERSION,
            "id": str(self.id),
            "source": self.source,
            "type": self.type,
            "subject": str(self.subject),
            "time": self.time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "datacontenttype": self.datacontenttype,
            "dataschema": self.dataschema or schema_uri(self.type),
            "tenantid": str(self.tenantid),
            "sequence": self.sequence,
            "epoch": self.epoch,
            "partitionkey": self.partitionkey,
            "correlationid": self.correlationid,
            "causationid": self.causationid,
            "actor": self.actor,
            "traceparent": self.traceparent,
        }
        return {name: value for name, value in attributes.items() if value is not None}

    def encode(self) -> bytes:
        """Return the value of the Kafka record."""
        return orjson.dumps({**self.attributes(), "data": self.data})

    def headers(self) -> list[tuple[str, bytes]]:
        """Return the attributes as Kafka headers; the binding has none for `datacontenttype`."""
        attributes = self.attributes()
        del attributes["datacontenttype"]
        headers = [(f"ce_{name}", str(value).encode()) for name, value in attributes.items()]
        return [("content-type", CONTENT_TYPE.encode()), *headers]

    @classmethod
    def from_outbox_row(cls, row: Mapping[str, Any], epoch: int) -> "Envelope":
        """Return the envelope of an outbox row from asyncpg; `payload` is JSON text or a dict."""
        payload = row["payload"]
        return cls(
            id=row["id"],
            source=f"/{row['type'].partition('.')[0]}",
            type=row["type"],
            subject=row["aggregateid"],
            time=row["created"],
            tenantid=row["tenant_id"],
            sequence=row["aggversion"],
            epoch=epoch,
            correlationid=row["correlationid"],
            causationid=row["causationid"],
            actor=row["actor"],
            traceparent=row["traceparent"],
            data=payload if isinstance(payload, dict) else orjson.loads(payload),
            dataschema=schema_uri(row["type"]),
        )

    @classmethod
    def decode(cls, value: bytes) -> "Envelope":
        """Return the envelope in a record's value; unknown attributes are ignored.

        Raises EnvelopeInvalid for anything that is not a complete envelope.
        """
        try:
            attributes = orjson.loads(value)
            envelope = _ENVELOPE.validate_python(attributes)
        except ValidationError as error:
            raise EnvelopeInvalid(_without_values(error)) from None
        except orjson.JSONDecodeError as error:
            raise EnvelopeInvalid(f"not JSON: {error}") from error
        if attributes.get("specversion") != SPECVERSION:
            raise EnvelopeInvalid(f"specversion is {attributes.get('specversion')!r}, not 1.0")
        if attributes.get("partitionkey") != envelope.partitionkey:
            raise EnvelopeInvalid("partitionkey is not <tenantid>:<subject>")
        return envelope


_ENVELOPE = TypeAdapter(Envelope)


def _without_values(error: ValidationError) -> str:
    """Describe the errors without the values, which may be personal data: the text is logged."""
    details = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in details)


def schema_uri(event_type: str) -> str:
    """Return the `$id` of an event type's JSON Schema: its path from the project's root."""
    return f"/contracts/schemas/events/{event_type}.json"
