from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from chassis.records.contact_points import Email, Phone
from contracts.org.events import Post
from kernel.business_dates import BusinessDate
from kernel.personal import Personal
from org.logins.schemas import Password, Scopes, Username

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    Personal("name"),
    Field(examples=["李娜"]),
]
Subject = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^[!-~]{1,255}$"),
    Field(description="The `sub` of their tokens at another OIDC provider; else it is the id"),
]
Title = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    Field(examples=["高级销售"]),
]  # fmt: skip


def _each_once(values: tuple[UUID, ...]) -> tuple[UUID, ...]:
    return tuple(sorted(set(values)))


class PostIn(Post):
    """A post in a department; the first is the primary one unless another says so."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)
    title: Title | None = None
    primary: bool = False


class PersonKnown(BaseModel):
    """What another system knows of a person; roles and scopes are given here alone."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"name": "李娜", "phone": "+8613912345678"}]},
    )
    name: Name
    email: Email | None = None
    phone: Phone | None = None
    subject: Subject | None = None
    manager_id: UUID | None = Field(None, description="The person they report to")
    posts: Annotated[tuple[PostIn, ...], Field(max_length=20)] = ()
    custom_fields: dict[str, Any] = {}


class PersonEdit(PersonKnown):
    """All that may be edited of a person."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"phone": "+8613912345678", "manager_id": None}]},
    )
    role_ids: Annotated[tuple[UUID, ...], Field(max_length=50), AfterValidator(_each_once)] = ()
    scopes: Scopes = Field([], description="Beyond those of the roles")


class PersonIn(PersonEdit):
    """A new person."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "李娜",
                    "email": "li.na@example.com",
                    "username": "li.na",
                    "password": "correct horse",
                    "posts": [{"department_id": "019ab000-0000-7000-8000-000000000302"}],
                    "role_ids": ["019ab000-0000-7000-8000-000000000401"],
                }
            ]
        },
    )
    username: Username | None = Field(
        None, description="For people who sign in at the development issuer"
    )
    password: Password | None = Field(None, validate_default=True)

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


class LeaveIn(BaseModel):
    """Away in `[from_date, to_date)`: `to_date` is the first day back."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "from_date": "2026-12-01",
                    "to_date": "2026-12-08",
                    "substitute_id": "019ab000-0000-7000-8000-000000000102",
                }
            ]
        },
    )
    from_date: BusinessDate
    to_date: BusinessDate
    substitute_id: UUID | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "LeaveIn":
        if self.to_date <= self.from_date:
            raise PydanticCustomError("PERIOD_EMPTY", "The end must be after the start")
        return self


class LeaveOut(BaseModel):
    """A leave."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    from_date: date
    to_date: date
    substitute_id: UUID | None


class PostOut(BaseModel):
    """A post in a department."""

    model_config = ConfigDict(from_attributes=True)
    department_id: UUID
    title: str | None
    primary: bool


class PersonOut(BaseModel):
    """A person."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    subject: str
    name: Annotated[str, Personal("name")]
    email: Annotated[str | None, Personal("email")]
    phone: Annotated[str | None, Personal("phone")]
    username: Annotated[str | None, Personal("username")]
    manager_id: UUID | None
    posts: list[PostOut]
    role_ids: list[UUID]
    scopes: list[str]
    leaves: list[LeaveOut]
    active: bool
    custom_fields: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    version: int
