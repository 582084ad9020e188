"""Request and response bodies of capture settings."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictInt

MOST_DAYS: Final = 3650


class CaptureSettingsEdit(BaseModel):
    """How long captures are kept."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"payload_days": 180}]},
    )

    payload_days: Annotated[StrictInt, Field(ge=1, le=MOST_DAYS)] | None = Field(
        default=None,
        description="After so many days payloads and the fields read in them are erased, also in"
        " the trail of the lead; null keeps them. Captures that wait for a decision keep theirs",
    )


class CaptureSettingsOut(CaptureSettingsEdit):
    """How long captures are kept."""

    id: UUID = Field(description="The tenant's")
    updated_at: datetime
    version: int
