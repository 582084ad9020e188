"""Decodes a topic's records as far as possible; nothing here raises."""

import base64
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import orjson
from pydantic import ValidationError

from chassis.database.error_texts import storable_text
from chassis.events.envelope import Envelope, EnvelopeInvalid
from chassis.events.subscriptions import EventMeta, Subscription
from contracts.event import AggregateState, Event

NO_TENANT = UUID(int=0)  # the tenant of records whose tenant cannot be decoded
UNDECODABLE_ID_NAMESPACE = UUID("6e0f9d8e-6a51-4f0e-9d0c-6d2b7d3a3a10")


@dataclass(frozen=True, slots=True)
class ConsumerRecord:
    """A record as the topic holds it."""

    topic: str
    partition: int
    offset: int
    value: bytes

    @property
    def topic_partition(self) -> tuple[str, int]:
        """The topic and the partition."""
        return self.topic, self.partition


@dataclass(frozen=True, slots=True)
class DecodedRecord:
    """A record and what was decoded of it: its content, or an error, or neither.

    The content is an event for a process, and a state for a replica. Neither means that this
    subscription does not take events of its type.
    """

    source: ConsumerRecord
    tenant: UUID
    key: str
    event_id: UUID
    envelope: Envelope | None = None
    content: Event | AggregateState | None = None
    error: str | None = None

    @property
    def ignored(self) -> bool:
        """Whether this subscription does not take events of this type."""
        return self.content is None and self.error is None

    @property
    def meta(self) -> EventMeta:
        """The origin of the event, as its handler receives it."""
        assert self.envelope is not None
        return EventMeta.of(self.envelope)


def decode_record(subscription: Subscription, record: ConsumerRecord) -> DecodedRecord:
    """Decode the envelope, and the content where this subscription takes events of its type."""
    try:
        envelope = Envelope.decode(record.value)
    except EnvelopeInvalid as error:
        return _undecodable(record, str(error))
    content, error_text = _decode_content(subscription, envelope)
    return DecodedRecord(
        source=record,
        tenant=envelope.tenantid,
        key=f"{record.topic}:{envelope.subject}",
        event_id=envelope.id,
        envelope=envelope,
        content=content,
        error=error_text,
    )


def _decode_content(
    subscription: Subscription, envelope: Envelope
) -> tuple[Event | AggregateState | None, str | None]:
    try:
        return subscription.decode(envelope), None
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False, include_input=False, include_context=False)
        details = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in errors)
        return None, storable_text(f"{envelope.type} does not fit its schema: {details}")


def _undecodable(record: ConsumerRecord, error: str) -> DecodedRecord:
    """Return a record to be parked under its tenant and aggregate, where these can be decoded."""
    position = f"{record.topic}:{record.partition}:{record.offset}"
    attributes = _json_object(record.value)
    tenant, subject = _uuid(attributes.get("tenantid")), _uuid(attributes.get("subject"))
    has_key = tenant is not None and subject is not None
    return DecodedRecord(
        source=record,
        tenant=tenant or NO_TENANT,
        key=f"{record.topic}:{subject}" if has_key else position,
        event_id=uuid5(UNDECODABLE_ID_NAMESPACE, position),
        error=storable_text(f"The envelope cannot be read: {error}"),
    )


def _json_object(value: bytes) -> dict[str, Any]:
    try:
        decoded = orjson.loads(value)
    except orjson.JSONDecodeError:
        return {}
    return decoded if isinstance(decoded, dict) else {}


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


RAW_KEY = "raw_base64"


def to_stored_json(value: bytes) -> dict[str, Any]:
    """Return a record's value for a JSON column; NUL and anything but an object become base64."""
    decoded = {} if b"\\u0000" in value else _json_object(value)
    return decoded if _is_storable(decoded) else {RAW_KEY: base64.b64encode(value).decode()}


def _is_storable(decoded: dict[str, Any]) -> bool:
    try:
        orjson.dumps(decoded)  # writes less deeply nested values than it reads
    except orjson.JSONEncodeError:
        return False
    return bool(decoded) and RAW_KEY not in decoded


def from_stored_json(stored: dict[str, Any]) -> bytes:
    """Return the value passed to `to_stored_json`, apart from the formatting of its JSON."""
    raw = stored.get(RAW_KEY)
    return base64.b64decode(raw) if isinstance(raw, str) else orjson.dumps(stored)
