"""Request and response bodies of notifications."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from org.notifications.domain import NotificationKind


class NotificationOut(BaseModel):
    """`kind` and `params` are the contract; `message` says them in the caller's language."""

    id: UUID
    kind: NotificationKind
    message: str
    params: dict[str, str]
    resource: str | None = Field(examples=["l2o.opportunity"])
    record_id: UUID | None
    read_at: datetime | None
    occurred_at: datetime = Field(description="When it happened")
    created_at: datetime = Field(description="When it was told")
    version: int


class UnreadOut(BaseModel):
    """For the badge."""

    unread: int


class ReadOut(BaseModel):
    """How many were unread until now."""

    read: int


class PreferencesIn(BaseModel):
    """Kinds that are not named stay as they are."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"in_app": {"QUOTE_EXPIRED": False}}]}
    )
    in_app: dict[NotificationKind, bool]


class PreferencesOut(BaseModel):
    """Every kind, and whether the caller is told of it."""

    in_app: dict[NotificationKind, bool]
