"""The envelope of an event on its way: CloudEvents 1.0 in structured JSON, and as headers.

A consumer can route, filter and drop by headers alone; the value is complete without them.
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
    """The bytes are no event of ours; the text says what is wrong with them."""


def _is_text(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("must be a string")  # noqa: TRY004  # pydantic reads ValueError
    return value


def _instant(value: object) -> datetime:
    return datetime.fromisoformat(str(_is_text(value)))


def _is_type(value: str) -> str:
    if EVENT_TYPE.fullmatch(value) is None:
        raise ValueError("must be <service>.<aggregate>.<fact>.v<N>")
    return value


Id = Annotated[UUID, BeforeValidator(_is_text)]
Name = Annotated[str, Field(strict=True, min_length=1)]
Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
Count = Annotated[int, Field(strict=True, ge=0, lt=2**63)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope:
    """One event. `sequence` is the aggregate's version, `epoch` that of the publishing database."""

    id: Id
    source: Name
    type: Annotated[Name, AfterValidator(_is_type)]
    subject: Id
    time: Instant
    tenantid: Id
    sequence: Count
    epoch: Count
    correlationid: Name
    traceparent: Name
    data: dict[str, Any]
    causationid: Name | None = None
    datacontenttype: Name = "application/json"
    dataschema: Name = ""

    @property
    def partitionkey(self) -> str:
        """What keeps the events of one aggregate in order: `<tenant>:<aggregate id>`."""
        return f"{self.tenantid}:{self.subject}"

    @property
    def aggregate_type(self) -> str:
        """`mtl.lead` of `mtl.lead.converted.v1`."""
        return ".".join(self.type.split(".")[:2])

    @property
    def topic(self) -> str:
        return topic_of(self.aggregate_type)

    @property
    def version(self) -> tuple[int, int]:
        """What guards compare: a restored database counts on in a higher epoch."""
        return self.epoch, self.sequence

    def attributes(self) -> dict[str, str | int]:
        """Every CloudEvents attribute that has a value, in the spec's lower-case names."""
        found: dict[str, str | int | None] = {
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
            "traceparent": self.traceparent,
        }
        return {name: value for name, value in found.items() if value is not None}

    def encode(self) -> bytes:
        """The value of the record."""
        return orjson.dumps({**self.attributes(), "data": self.data})

    def headers(self) -> list[tuple[str, bytes]]:
        """The attributes as the Kafka binding names them; `datacontenttype` has no header there."""
        named = self.attributes()
        del named["datacontenttype"]
        found = [(f"ce_{name}", str(value).encode()) for name, value in named.items()]
        return [("content-type", CONTENT_TYPE.encode()), *found]

    @classmethod
    def from_outbox_row(cls, row: Mapping[str, Any], epoch: int) -> "Envelope":
        """The envelope of an outbox row as asyncpg gives it (`payload` as JSON text or a dict)."""
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
            traceparent=row["traceparent"],
            data=payload if isinstance(payload, dict) else orjson.loads(payload),
            dataschema=schema_uri(row["type"]),
        )

    @classmethod
    def decode(cls, value: bytes) -> "Envelope":
        """The envelope in a record's value; unknown attributes are left out, as the spec allows.

        Raises EnvelopeInvalid for anything that is not a whole event of ours.
        """
        try:
            found = orjson.loads(value)
            envelope = _ENVELOPE.validate_python(found)
        except ValidationError as error:
            raise EnvelopeInvalid(_without_values(error)) from None
        except orjson.JSONDecodeError as error:
            raise EnvelopeInvalid(f"no JSON: {error}") from error
        if found.get("specversion") != SPECVERSION:
            raise EnvelopeInvalid(f"specversion is {found.get('specversion')!r}, not 1.0")
        if found.get("partitionkey") != envelope.partitionkey:
            raise EnvelopeInvalid("partitionkey is not <tenantid>:<subject>")
        return envelope


_ENVELOPE = TypeAdapter(Envelope)


def _without_values(error: ValidationError) -> str:
    """What is wrong and where; the values may be personal data and this text is logged."""
    wrong = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong)


def schema_uri(event_type: str) -> str:
    """Where the JSON Schema of an event type stands, from the project's root: its `$id`."""
    return f"/contracts/schemas/events/{event_type}.json"
