"""What every answer that shows a record has, beside the fields of its own."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.records.access.schemas import PersonSummary
from chassis.web.references import Expandable, PersonSubject


class ExternalRefOut(BaseModel):
    """What another system calls a record."""

    model_config = ConfigDict(from_attributes=True)
    system: str = Field(examples=["sap"])
    external_id: str = Field(examples=["0001000042"])


class RecordOut(BaseModel):
    """A record of a resource."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    custom_fields: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


class OwnedRecordOut(RecordOut):
    """A record that belongs to a person."""

    owner_id: Annotated[str | None, PersonSubject]
    owner_name: str | None = None
    owner: Expandable[PersonSummary] = None
