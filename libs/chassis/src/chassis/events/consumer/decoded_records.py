"""A record from a topic, read as far as it can be read; nothing here raises."""

import base64
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import orjson
from pydantic import ValidationError

from chassis.database.error_texts import storable_text
from chassis.events.envelope import Envelope, EnvelopeInvalid
from chassis.events.subscriptions import EventMeta, ReceivedEvent, Subscription
from contracts.event import Event

NO_TENANT = UUID(int=0)  # the tenant of records that do not say whose they are
UNDECODABLE_ID_NAMESPACE = UUID("6e0f9d8e-6a51-4f0e-9d0c-6d2b7d3a3a10")


@dataclass(frozen=True, slots=True)
class ConsumerRecord:
    """A record as the topic holds it."""

    topic: str
    partition: int
    offset: int
    value: bytes

    @property
    def place(self) -> tuple[str, int]:
        return self.topic, self.partition


@dataclass(frozen=True, slots=True)
class DecodedRecord:
    """A record and what could be read of it: an event, or an error, or neither.

    Neither means that this subscription does not listen to its type.
    """

    record: ConsumerRecord
    tenant: UUID
    key: str
    event_id: UUID
    envelope: Envelope | None = None
    event: Event | None = None
    error: str | None = None

    @property
    def ignored(self) -> bool:
        return self.event is None and self.error is None

    @property
    def received(self) -> ReceivedEvent[Any]:
        assert self.envelope is not None
        assert self.event is not None
        meta = EventMeta(
            event_id=self.envelope.id,
            tenant=self.tenant,
            aggregate_id=self.envelope.subject,
            sequence=self.envelope.sequence,
            epoch=self.envelope.epoch,
            occurred_at=self.envelope.time,
        )
        return ReceivedEvent(self.event, meta)


def decode_record(subscription: Subscription, record: ConsumerRecord) -> DecodedRecord:
    """Decode the envelope, and the event where this subscription listens to its type."""
    try:
        envelope = Envelope.decode(record.value)
    except EnvelopeInvalid as error:
        return _unreadable(record, str(error))
    event, misfit = _event(subscription, envelope)
    return DecodedRecord(
        record=record,
        tenant=envelope.tenantid,
        key=f"{record.topic}:{envelope.subject}",
        event_id=envelope.id,
        envelope=envelope,
        event=event,
        error=misfit,
    )


def _event(subscription: Subscription, envelope: Envelope) -> tuple[Event | None, str | None]:
    kind = subscription.event_class(envelope.type)
    if kind is None:
        return None, None
    try:
        return kind.model_validate(envelope.data), None
    except ValidationError as invalid:
        wrong = invalid.errors(include_url=False, include_input=False, include_context=False)
        told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong)
        return None, storable_text(f"{envelope.type} does not fit its schema: {told}")


def _unreadable(record: ConsumerRecord, error: str) -> DecodedRecord:
    """Parked under its tenant and aggregate where these can still be made out."""
    position = f"{record.topic}:{record.partition}:{record.offset}"
    found = _json(record.value)
    tenant, subject = _uuid(found.get("tenantid")), _uuid(found.get("subject"))
    whose = tenant is not None and subject is not None
    return DecodedRecord(
        record=record,
        tenant=tenant or NO_TENANT,
        key=f"{record.topic}:{subject}" if whose else position,
        event_id=uuid5(UNDECODABLE_ID_NAMESPACE, position),
        error=storable_text(f"The envelope cannot be read: {error}"),
    )


def _json(value: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(value)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


RAW_KEY = "raw_base64"


def to_stored_json(value: bytes) -> dict[str, Any]:
    """A record's value as a JSON column can hold it: NUL and what is no object go in as base64."""
    found = {} if b"\\u0000" in value else _json(value)
    return found if _fits(found) else {RAW_KEY: base64.b64encode(value).decode()}


def _fits(found: dict[str, Any]) -> bool:
    try:
        orjson.dumps(found)  # writes less deeply than it reads
    except orjson.JSONEncodeError:
        return False
    return bool(found) and RAW_KEY not in found


def from_stored_json(stored: dict[str, Any]) -> bytes:
    """The value that `to_stored_json` was given, up to the spelling of its JSON."""
    raw = stored.get(RAW_KEY)
    return base64.b64decode(raw) if isinstance(raw, str) else orjson.dumps(stored)
