"""Request and response bodies of approval settings."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from desk.approval_settings.domain import DEFAULT_DAYS, MOST_DAYS


class ApprovalSettingsEdit(BaseModel):
    """How a tenant lets people approve."""

    model_config = ConfigDict(
        extra="forbid", from_attributes=True, json_schema_extra={"examples": [{"mail_links": True}]}
    )

    mail_links: StrictBool = Field(
        default=False,
        description="Whether whoever is asked gets a link by mail, by which its holder decides"
        " without signing in",
    )
    link_days: Annotated[StrictInt, Field(ge=1, le=MOST_DAYS)] = Field(
        default=DEFAULT_DAYS, description="How many days a link is valid"
    )


class ApprovalSettingsOut(ApprovalSettingsEdit):
    """How a tenant lets people approve."""

    id: UUID = Field(description="The tenant's")
    updated_at: datetime
    version: int
