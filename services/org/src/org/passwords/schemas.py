from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic.config import JsonDict

from org.logins.schemas import Password, Username
from org.passwords.domain import Purpose

_USERNAME: Final[JsonDict] = {"examples": [{"username": "li.na"}]}
_TOKEN: Final = "EXAMPLE-token-of-43-letters-as-it-was-given"  # noqa: S105  # shown in OpenAPI


class InviteIn(BaseModel):
    """Under which name somebody shall sign in; who has one keeps it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_USERNAME)
    username: Username | None = None


class LinkOut(BaseModel):
    """A one-time token with which a person sets a password; there is no mail server to send it."""

    person_id: UUID
    purpose: Purpose
    username: str
    token: str | None = Field(
        description="Told this once; null when the answer is replayed by its Idempotency-Key"
    )
    expires_at: datetime


class ResetRequest(BaseModel):
    """Who forgot a password."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_USERNAME)
    username: Username


class AcceptIn(BaseModel):
    """The token of a link, and the password that is wanted."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"token": _TOKEN, "password": "correct horse"}]},
    )
    token: Annotated[SecretStr, Field(min_length=1, max_length=200)]
    password: Password


class PasswordChange(BaseModel):
    """My password, and the one I want instead."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"current_password": "correct horse", "new_password": "battery staple"}]
        },
    )
    current_password: Annotated[SecretStr, Field(max_length=128)]
    new_password: Password
