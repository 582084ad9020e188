"""Request and response bodies of the access routes."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.foundation.context import current
from chassis.foundation.texts import Texts
from chassis.records.access.explain_access import AccessExplanation, AccessReasonKind
from chassis.records.access.grants import GranteeKind, GrantKind
from chassis.records.access.visibility import Access
from chassis.web.references import PersonSubject, RefersTo
from contracts.org.states import GoesAlong
from kernel.business_dates import BusinessDate
from kernel.personal import Personal
from kernel.texts import TrimmedText

MAX_TRANSFERRED_RECORDS = 200

OwnerId = Annotated[
    str, Field(min_length=1, max_length=255, description="The `subject` of an active person")
]
ReasonText = Annotated[str, TrimmedText(min_length=1, max_length=500)] | None


class PersonSummary(BaseModel):
    """A person in the directory, as answers show the person whom they refer to."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    subject: str
    name: Annotated[str, Personal("name")]
    active: bool
    manager_id: Annotated[UUID | None, RefersTo("org.person")]
    manager_name: str | None = None


class RecordSummary(BaseModel):
    """A record of another service, as far as this service has a copy of it."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    name: str
    owner_id: Annotated[str | None, PersonSubject] = None
    owner_name: str | None = None


ALONG = Field(
    default=None,
    description="Kinds of open records of the former owner that go along; null: as the tenant has "
    "set. Those of other services follow soon after",
)


class TransferIn(BaseModel):
    """The new owner of a record, and the reason for the transfer."""

    model_config = ConfigDict(extra="forbid")
    owner_id: OwnerId
    reason: ReasonText = None


class TransferManyIn(TransferIn):
    """The records to transfer, their new owner, and the reason for the transfer."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_TRANSFERRED_RECORDS)]


class TransferAlongIn(TransferIn):
    """The new owner of a record, the reason, and what goes along to the new owner."""

    along: list[GoesAlong] | None = ALONG


class TransferManyAlongIn(TransferManyIn):
    """The records to transfer, their new owner, the reason, and what goes along with each."""

    along: list[GoesAlong] | None = ALONG


class TransferResult(BaseModel):
    """The outcome for one of many records."""

    id: UUID
    status: int = Field(
        description="The HTTP status that a transfer of this record alone would get"
    )
    owner_id: Annotated[str | None, PersonSubject] = None
    owner_name: str | None = None
    version: int | None = None
    problem: dict[str, Any] | None = Field(
        default=None, description="Why the record was not transferred (RFC 9457); null if it was"
    )


class AlongResult(TransferResult):
    """The outcome for one of the records that should go along."""

    resource: str


class RecordOwnerOut(BaseModel):
    """The record's owner after a transfer."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    owner_id: str
    owner_name: str
    version: int
    along: list[AlongResult] = Field(
        default_factory=list,
        description="What became of the records that went along; those of other services follow",
    )


class TransferManyOut(BaseModel):
    """A result for each id, in the order of the request, and for each record that went along."""

    items: list[TransferResult]
    along: list[AlongResult] = Field(default_factory=list)


class OwnerChangeOut(BaseModel):
    """One change of a record's owner."""

    id: UUID
    from_owner_id: str | None
    from_owner_name: str | None
    to_owner_id: str | None = Field(description="Null: nobody owned the record any more")
    to_owner_name: str | None
    reason: str | None
    changed_by: str
    changed_by_name: str | None
    changed_at: datetime

    @classmethod
    def of(cls, row: Mapping[str, Any], *, texts: Texts) -> Self:
        """Return a change; why the service itself made it is said in the preferred language."""
        cause = row["cause"]
        if cause is None:
            return cls.model_validate(dict(row))
        reason = texts.say(cause["code"], cause["params"], current().language)
        return cls.model_validate({**row, "reason": reason})


class TeamAccessIn(BaseModel):
    """The access of a member of the record's team."""

    model_config = ConfigDict(extra="forbid")
    access: Access = Access.READ


class ShareIn(BaseModel):
    """The access of those the record is shared with."""

    model_config = ConfigDict(extra="forbid")
    access: Access = Access.READ
    until_date: BusinessDate | None = Field(
        default=None, description="The first day without access; null: without an end"
    )


class GrantOut(BaseModel):
    """Access to a record, granted to a person, a team, or a department and all below it."""

    model_config = ConfigDict(from_attributes=True)
    via: GrantKind
    grantee_kind: GranteeKind
    grantee_id: UUID
    grantee_name: str | None
    access: Access
    until_date: date | None = Field(
        description="The first day without access; null: without an end"
    )
    created_by: Annotated[str, PersonSubject]
    created_by_name: str | None = None
    created_at: datetime


class DirectoryNameOut(BaseModel):
    """A person, department or team."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    name: str | None


class AccessReasonOut(BaseModel):
    """One reason why somebody sees the record, and with which access."""

    model_config = ConfigDict(from_attributes=True)
    why: AccessReasonKind
    access: Access
    subject: str | None
    person: DirectoryNameOut | None
    department: DirectoryNameOut | None = Field(
        description="The department that the person manages or that the record is shared with"
    )
    team: DirectoryNameOut | None
    stands_in_for: DirectoryNameOut | None
    until_date: date | None
    under: str | None = Field(description="The resource whose record was granted")
    scope: str | None


class MyAccessOut(BaseModel):
    """What the caller may do with the record, and why."""

    read: bool
    write: bool
    transfer: bool = Field(
        description="Whether the caller may transfer the record and grant write access to others"
    )
    delete: bool = Field(description="Whether the caller may delete the record")
    reasons: list[AccessReasonOut]


class AccessOut(BaseModel):
    """Who sees a record, and why."""

    record_id: UUID
    owner_id: str | None
    owner_name: str | None
    mine: MyAccessOut
    everybody: list[AccessReasonOut]
    everyone_with: list[str] = Field(description="Scopes whose holders see every record")

    @classmethod
    def of(cls, explanation: AccessExplanation) -> Self:
        mine = MyAccessOut(
            read=True,
            write=explanation.caller_access.access is Access.WRITE,
            transfer=explanation.caller_access.may_transfer,
            delete=explanation.caller_access.may_delete,
            reasons=[AccessReasonOut.model_validate(reason) for reason in explanation.mine],
        )
        return cls(
            record_id=explanation.record_id,
            owner_id=explanation.owner_id,
            owner_name=explanation.owner_name,
            mine=mine,
            everybody=[AccessReasonOut.model_validate(reason) for reason in explanation.everybody],
            everyone_with=list(explanation.everyone_with),
        )
