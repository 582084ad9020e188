"""Request and response bodies of tenant tasks."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from chassis.records.contact_points import Email, InternationalPhone
from chassis.web.references import PersonSubject
from org.tenant_tasks.domain import TenantTaskKind, TenantTaskState


class TenantTaskIn(BaseModel):
    """Export all data, or erase a person identified by ids, phone numbers and mail addresses.

    Records with these ids lose all personal data; the names, phone numbers and mail addresses in
    them are removed from texts and files of all services too, but not from records of other
    people who bear the same name. The phone numbers and mail addresses are removed
    from all records, but other records keep the rest, because they may belong to somebody else.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"kind": "ERASE", "phones": ["13800138000"]}]},
    )
    kind: Literal["EXPORT", "ERASE"]
    ids: Annotated[
        list[UUID], Field(max_length=100, description="Ids of the person, contact or lead")
    ] = []
    phones: Annotated[
        list[InternationalPhone],
        Field(max_length=20, description="In international form, such as +86 138 0013 8000"),
    ] = []
    emails: Annotated[list[Email], Field(max_length=20)] = []

    @model_validator(mode="after")
    def _names_person_to_erase(self) -> Self:
        names_person = bool(self.ids or self.phones or self.emails)
        if names_person != (self.kind == "ERASE"):
            raise PydanticCustomError("ERASURE_NAMES_NOBODY", "An erasure names whom to erase")
        return self


class TenantTaskSummary(BaseModel):
    """A tenant task in a list."""

    model_config = ConfigDict(from_attributes=True, extra="ignore")
    id: UUID
    target_id: UUID
    kind: TenantTaskKind
    requested_by: Annotated[str | None, PersonSubject]
    requested_by_name: str | None = None
    created_at: datetime


class TenantTaskReportOut(BaseModel):
    """What one service did: the rows per table, and codes for what it left."""

    model_config = ConfigDict(from_attributes=True)
    service: str
    tables: list[dict[str, Any]]
    notes: list[str]
    finished_at: datetime


class TenantTaskOut(TenantTaskSummary):
    """A tenant task with its reports; each service offers its own file of an export."""

    state: TenantTaskState
    reports: list[TenantTaskReportOut]
