from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from chassis.contact_points import Email
from kernel.personal import Personal
from org.logins.schemas import Password, Scopes, Username

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    Personal("name"),
    Field(examples=["李娜"]),
]


class PersonIn(BaseModel):
    """A new person."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "李娜",
                    "email": "li.na@example.com",
                    "username": "li.na",
                    "password": "correct horse",
                    "scopes": ["mtl.lead.read", "mtl.lead.write"],
                }
            ]
        },
    )
    name: Name
    email: Email | None = None
    username: Username | None = Field(
        None, description="For people who sign in at the development issuer"
    )
    password: Password | None = Field(None, validate_default=True)
    scopes: Scopes = []

    @field_validator("password")
    @classmethod
    def _goes_with_username(
        cls, password: SecretStr | None, others: ValidationInfo
    ) -> SecretStr | None:
        username = others.data.get("username")
        if username is not None and password is None:
            raise PydanticCustomError("REQUIRED", "A username needs a password")
        if password is not None and others.data.get("username", "") is None:
            raise PydanticCustomError("USERNAME_MISSING", "A password needs a username")
        return password

    @property
    def secret(self) -> str:
        """The password itself; empty where there is none."""
        return self.password.get_secret_value() if self.password else ""


class PersonOut(BaseModel):
    """A person."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    name: Annotated[str, Personal("name")]
    email: Annotated[str | None, Personal("email")]
    username: Annotated[str | None, Personal("username")]
    scopes: list[str]
    active: bool
    created_at: datetime
    updated_at: datetime
    version: int
