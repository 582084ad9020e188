"""Request and response bodies of passwords."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic.config import JsonDict

from org.logins.schemas import Password, Username
from org.passwords.domain import LinkPurpose

_USERNAME: Final[JsonDict] = {"examples": [{"username": "li.na"}]}
_TOKEN: Final = "EXAMPLE-token-of-43-letters-as-it-was-given"  # noqa: S105  # an example in OpenAPI


class InvitationIn(BaseModel):
    """The username of the invited person, required if they have none yet."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_USERNAME)
    username: Username | None = None


class PasswordLinkOut(BaseModel):
    """A one-time token to set a password; the administrator passes it on, no mail is sent."""

    person_id: UUID
    purpose: LinkPurpose
    username: str
    token: str | None = Field(
        description="Shown only once; null when the answer is replayed by its Idempotency-Key"
    )
    expires_at: datetime


class PasswordResetIn(BaseModel):
    """The username whose password was forgotten."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_USERNAME)
    username: Username


class PasswordLinkAcceptIn(BaseModel):
    """The token of a link and the new password."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"token": _TOKEN, "password": "correct horse"}]},
    )
    token: Annotated[SecretStr, Field(min_length=1, max_length=200)]
    password: Password


class PasswordChangeIn(BaseModel):
    """The current and the new password."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"current_password": "correct horse", "new_password": "battery staple"}]
        },
    )
    current_password: Annotated[SecretStr, Field(max_length=128)]
    new_password: Password
