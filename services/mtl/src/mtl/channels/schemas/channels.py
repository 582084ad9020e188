"""Bodies of channels, and the reasons of captures in words."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from chassis.foundation.context import current
from chassis.foundation.resource_texts import resource_texts
from chassis.foundation.texts import Texts
from chassis.records.access.schemas import OwnerId, PersonSummary
from chassis.records.answers import RecordOut
from chassis.records.codes import Instant
from chassis.web.references import Expandable, PersonSubject, RefersTo
from kernel.texts import TrimmedText
from mtl.channels.domain.channel import ChannelKind, DuplicatePolicy
from mtl.channels.domain.gate import GateOutcome
from mtl.channels.domain.payloads import MAX_DEPTH, MAX_VALUES
from mtl.leads.schemas.fields import ShortText
from mtl.texts import TEXTS
from rules.bodies import ConditionBody, MappingBody

MOST_REQUESTS: Final = 6_000
Origin = Annotated[
    str, StringConstraints(pattern=r"^https?://[a-z0-9.-]{1,253}(:[0-9]{1,5})?$", max_length=300)
]
MailDomain = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9.-]{1,190}\.[a-z0-9-]{2,63}$", max_length=255)
]
FieldName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_SCALARS: Final = (str, int, float, bool, type(None))


def ensure_storable(payload: dict[str, Any]) -> dict[str, Any]:
    """Return a payload that is not too deep and not too large.

    Raises PydanticCustomError (PAYLOAD_TOO_DEEP, PAYLOAD_TOO_LARGE, and TEXT_INVALID where a text
    cannot be stored).
    """
    left: list[tuple[Any, int]] = [(payload, 1)]
    count = 0
    while left:
        value, depth = left.pop()
        count += 1
        if count > MAX_VALUES:
            raise PydanticCustomError(
                "PAYLOAD_TOO_LARGE", "The payload has too many values", {"limit": MAX_VALUES}
            )
        if isinstance(value, dict | list):
            if depth > MAX_DEPTH:
                raise PydanticCustomError(
                    "PAYLOAD_TOO_DEEP", "The payload is nested too deeply", {"limit": MAX_DEPTH}
                )
            inner = value.values() if isinstance(value, dict) else value
            left += [(each, depth + 1) for each in inner]
        elif not isinstance(value, _SCALARS):
            raise PydanticCustomError("TEXT_INVALID", "The payload has a text with NUL")
    return payload


Payload = Annotated[dict[str, Any], AfterValidator(ensure_storable)]


ChannelMapping = Annotated[MappingBody, AfterValidator(ensure_storable)]
Honeypot = Annotated[str, TrimmedText(min_length=1, max_length=200)]


class GateConditionBody(BaseModel):
    """A condition under which a capture is no lead at once."""

    model_config = ConfigDict(extra="forbid")

    label: ShortText = Field(description="What reviewers read", examples=["预算太小"])
    when: Annotated[ConditionBody, AfterValidator(ensure_storable)]
    outcome: GateOutcome = GateOutcome.QUARANTINE


class GateBody(BaseModel):
    """The quality gate of a channel: each check says what becomes of a capture that fails it."""

    model_config = ConfigDict(extra="forbid")

    required_fields: Annotated[tuple[FieldName, ...], Field(max_length=100)] = Field(
        default=(), examples=[["company", "phone"]]
    )
    if_missing: GateOutcome = GateOutcome.QUARANTINE
    if_invalid: GateOutcome = Field(
        default=GateOutcome.QUARANTINE,
        description="Of values that fit no field, such as a phone number with too few digits",
    )
    blocked_mail_domains: Annotated[tuple[MailDomain, ...], Field(max_length=500)] = Field(
        default=(), description="With the domains below them", examples=[["mailinator.com"]]
    )
    if_mail_domain_blocked: GateOutcome = GateOutcome.REJECT
    blocked_words: Annotated[tuple[ShortText, ...], Field(max_length=500)] = ()
    if_word_blocked: GateOutcome = GateOutcome.QUARANTINE
    conditions: Annotated[tuple[GateConditionBody, ...], Field(max_length=50)] = ()


class ChannelEdit(BaseModel):
    """The editable fields of a channel."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"active": False}]},
    )

    name: Annotated[str, TrimmedText(min_length=1, max_length=100)]
    kind: ChannelKind
    active: StrictBool = True
    default_owner_id: OwnerId | None = Field(
        default=None, description="The `subject` of who gets its leads; else the rules decide"
    )
    default_pool_id: UUID | None = Field(
        default=None, description="The pool in which leads without an owner wait to be claimed"
    )
    duplicate_policy: DuplicatePolicy = Field(
        default=DuplicatePolicy.ATTACH,
        description="What becomes of a capture that repeats a lead: it is refused (BLOCK), a touch "
        "of that lead (ATTACH), a lead of its own (CREATE_AND_FLAG), or a touch that also fills "
        "the lead's blank fields (MERGE)",
    )
    mapping: ChannelMapping = Field(
        default={},
        description="How payloads fill leads; without it by members of the fields' names",
    )
    gate: GateBody = GateBody()
    allowed_origins: Annotated[tuple[Origin, ...], Field(max_length=50)] = Field(
        default=(),
        description="The sites whose pages may send; other systems need none",
        examples=[["https://www.example.com"]],
    )
    honeypot: Honeypot | None = Field(
        default=None, description="The path of a hidden field that only machines fill in"
    )
    shows_duplicates: StrictBool = Field(
        default=False,
        description="Whether answers to senders say that a lead is known; not for public forms",
    )
    requests_per_minute: Annotated[StrictInt, Field(ge=1, le=MOST_REQUESTS)] = Field(
        default=60, description="Counted by each process"
    )
    custom_fields: dict[str, Any] = {}


class ChannelIn(ChannelEdit):
    """A new channel."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "官网表单",
                    "kind": "WEB_FORM",
                    "mapping": {
                        "fields": [
                            {"target": "name", "sources": ["form.name", "/表单/姓名"]},
                            {"target": "phone", "sources": ["form.mobile"]},
                            {"target": "event_id", "sources": ["id"]},
                        ]
                    },
                    "gate": {"required_fields": ["phone"], "blocked_mail_domains": ["test.com"]},
                    "allowed_origins": ["https://www.example.com"],
                    "honeypot": "form.website2",
                }
            ]
        },
    )


class ChannelOut(RecordOut):
    """A channel, through which leads come in."""

    name: str
    kind: ChannelKind
    active: bool
    default_owner_id: Annotated[str | None, PersonSubject]
    default_owner_name: str | None = None
    default_owner: Expandable[PersonSummary] = None
    default_pool_id: Annotated[UUID | None, RefersTo("mtl.pool")]
    default_pool_name: str | None = None
    duplicate_policy: DuplicatePolicy
    mapping: dict[str, Any]
    gate: GateBody
    allowed_origins: list[str]
    honeypot: str | None
    shows_duplicates: bool
    requests_per_minute: int


def channel_values(body: ChannelEdit) -> Mapping[str, Any]:
    """Return the fields of a channel that a body describes; its gate as JSON."""
    return {**dict(body), "gate": body.gate.model_dump(mode="json")}


class ChannelKeyIn(BaseModel):
    """For how long a new key of a channel admits."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"expires_at": "2027-12-31T16:00:00Z"}]}
    )

    expires_at: Instant | None = Field(default=None, description="By default in ten years")


class ChannelKeyOut(BaseModel):
    """A new key of a channel."""

    key_id: UUID
    key: str | None = Field(
        description="Shown only once; null when the answer is replayed by its Idempotency-Key"
    )
    expires_at: datetime


class CaptureReasonOut(BaseModel):
    """Why a capture is not accepted."""

    field: str | None = Field(description="The field of the lead that it is about, if it is one")
    code: str
    message: str = Field(description="For people, in the language of Accept-Language")


@cache
def _texts() -> Texts:
    return Texts(resource_texts("mtl"), TEXTS)


def reason_out(code: str, params: Mapping[str, Any], field: str | None) -> CaptureReasonOut:
    """Return a reason in the preferred language."""
    message = _texts().say(code, params, current().language)
    return CaptureReasonOut(field=field, code=code, message=message)
