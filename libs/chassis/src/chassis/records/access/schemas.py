"""What the routes of access take and answer."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.records.access.explain_access import AccessExplanation, AccessReasonKind
from chassis.records.access.grants import GranteeKind, GrantKind
from chassis.records.access.visibility import Access

MAX_TRANSFERRED_RECORDS = 200

OwnerId = Annotated[
    str, Field(min_length=1, max_length=255, description="The `subject` of an active person")
]
ReasonText = Annotated[str | None, Field(min_length=1, max_length=500)]


class TransferIn(BaseModel):
    """To whom a record goes, and why."""

    model_config = ConfigDict(extra="forbid")
    owner_id: OwnerId
    reason: ReasonText = None


class TransferManyIn(TransferIn):
    """To whom these records go, and why."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_TRANSFERRED_RECORDS)]


class RecordOwnerOut(BaseModel):
    """Who owns the record now."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    owner_id: str
    owner_name: str
    version: int


class TransferResult(BaseModel):
    """What became of one of many: `status` as if it had been asked alone, `problem` if refused."""

    id: UUID
    status: int
    owner_id: str | None = None
    version: int | None = None
    problem: dict[str, Any] | None = None


class TransferManyOut(BaseModel):
    """A result for each id, in the order asked."""

    items: list[TransferResult]


class OwnerChangeOut(BaseModel):
    """A record changed hands."""

    id: UUID
    from_owner_id: str | None
    from_owner_name: str | None
    to_owner_id: str
    to_owner_name: str | None
    reason: str | None
    changed_by: str
    changed_by_name: str | None
    changed_at: datetime

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls.model_validate(dict(row))


class TeamAccessIn(BaseModel):
    """What a member of the record's team may do."""

    model_config = ConfigDict(extra="forbid")
    access: Access = Access.READ


class ShareIn(BaseModel):
    """What those it is shared with may do; `until_date` is the first day they may not."""

    model_config = ConfigDict(extra="forbid")
    access: Access = Access.READ
    until_date: date | None = None


class GrantOut(BaseModel):
    """What a record grants to a person, a department with all below it, or a team."""

    model_config = ConfigDict(from_attributes=True)
    via: GrantKind
    grantee_kind: GranteeKind
    grantee_id: UUID
    grantee_name: str | None
    access: Access
    until_date: date | None
    created_by: str
    created_at: datetime


class DirectoryNameOut(BaseModel):
    """A person, department or team."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    name: str | None


class AccessReasonOut(BaseModel):
    """One reason to see the record: the way it comes, and how far it goes."""

    model_config = ConfigDict(from_attributes=True)
    why: AccessReasonKind
    access: Access
    subject: str | None
    person: DirectoryNameOut | None
    department: DirectoryNameOut | None = Field(
        description="Which they head, or which it is shared with"
    )
    team: DirectoryNameOut | None
    stands_in_for: DirectoryNameOut | None
    until_date: date | None
    under: str | None = Field(description="The resource whose record was granted")
    scope: str | None


class MyAccessOut(BaseModel):
    """What the caller may do with the record; `transfer` also means granting others to write."""

    read: bool
    write: bool
    transfer: bool
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
    def of(cls, sight: AccessExplanation) -> Self:
        mine = MyAccessOut(
            read=True,
            write=sight.standing.access is Access.WRITE,
            transfer=sight.standing.head,
            reasons=[AccessReasonOut.model_validate(one) for one in sight.mine],
        )
        return cls(
            record_id=sight.record_id,
            owner_id=sight.owner_id,
            owner_name=sight.owner_name,
            mine=mine,
            everybody=[AccessReasonOut.model_validate(one) for one in sight.everybody],
            everyone_with=list(sight.everyone_with),
        )
