"""What every answer that shows a record has, beside the fields of its own."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from chassis.records.access.schemas import PersonSummary
from chassis.web.references import Expandable, PersonSubject


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
