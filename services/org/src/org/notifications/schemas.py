"""Request and response bodies of notifications."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StringConstraints
from pydantic_core import PydanticCustomError

from contracts.resources import declared_notices, declared_resources


def _ensure_resource(name: str) -> str:
    if name not in declared_resources():
        raise PydanticCustomError("RESOURCE_UNKNOWN", "No such resource", {"given": name})
    return name


# The kind of a record, such as `l2o.opportunity`: a declared resource.
ResourceName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]+\.[a-z_]+$", max_length=60),
    AfterValidator(_ensure_resource),
]

NoticeCode = Annotated[str, Field(examples=["QUOTE_EXPIRED"])]


def _ensure_declared(code: str) -> str:
    """Accept only the kinds that services declare."""
    if code not in declared_notices():
        raise PydanticCustomError(
            "enum", "Unknown kind", {"expected": ", ".join(declared_notices())}
        )
    return code


DeclaredNotice = Annotated[str, AfterValidator(_ensure_declared)]


class NotificationOut(BaseModel):
    """A notification; `message` states its kind and params in the caller's language."""

    id: UUID
    kind: NoticeCode
    message: str
    params: dict[str, str]
    resource: str | None = Field(examples=["l2o.opportunity"])
    record_id: UUID | None
    read_at: datetime | None
    occurred_at: datetime = Field(description="When it happened")
    created_at: datetime = Field(description="When the notification was sent")
    version: int


class UnreadCountOut(BaseModel):
    """The number of unread notifications."""

    unread: int


class MarkedReadOut(BaseModel):
    """The number of notifications that were marked as read."""

    read: int


class PreferencesIn(BaseModel):
    """The kinds to switch on or off; other kinds stay as they are."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"in_app": {"QUOTE_EXPIRED": False}}]}
    )
    in_app: dict[DeclaredNotice, StrictBool]


class PreferencesOut(BaseModel):
    """Every kind, and whether the caller receives it."""

    in_app: dict[NoticeCode, bool]
