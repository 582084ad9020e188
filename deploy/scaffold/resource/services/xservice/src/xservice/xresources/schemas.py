"""Request and response bodies of xwords."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict

from chassis.records.answers import OwnedRecordOut
from kernel.texts import TrimmedText

Name = Annotated[str, TrimmedText(min_length=1, max_length=200)]
Description = Annotated[str, TrimmedText(min_length=1, max_length=4000)]


class XresourceEdit(BaseModel):
    """The fields that PATCH may change."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"description": "As agreed on the phone"}]},
    )
    name: Name
    description: Description | None = None
    custom_fields: dict[str, Any] = {}


class XresourceIn(XresourceEdit):
    """A new xword; its owner is the caller."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "A name", "description": "What it is about"}]},
    )


class XresourceOut(OwnedRecordOut):
    """One xword, as the API answers it."""

    name: str
    description: str | None
