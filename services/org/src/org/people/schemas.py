"""Request and response bodies of people, and rows of people imports."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StrictBool,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from chassis.records.access.schemas import PersonSummary
from chassis.records.contact_points import Email, Phone
from chassis.records.lists.restricted import RestrictedFields
from chassis.web.references import Expandable, ExpandableList, RefersTo, ignored_names
from contracts.org.events import Post
from kernel.business_dates import BusinessDate
from kernel.personal import Personal
from kernel.texts import TrimmedText
from org.departments.schemas import DepartmentName, DepartmentOut
from org.logins.schemas import Password, Scopes, Username
from org.roles.schemas import RoleOut

PersonName = Annotated[
    str,
    TrimmedText(min_length=1, max_length=200),
    Personal("name"),
    Field(examples=["李娜"]),
]
OidcSubject = Annotated[
    str,
    TrimmedText(pattern=r"^[!-~]{1,255}$"),
    Field(description="The `sub` of their tokens at another OIDC provider; by default the id"),
]
LONGEST_LEAVE: Final = timedelta(days=1827)  # five years
JobTitle = Annotated[
    str, TrimmedText(min_length=1, max_length=100),
    Field(examples=["高级销售"]),
]  # fmt: skip


def _sorted_unique(values: tuple[UUID, ...]) -> tuple[UUID, ...]:
    return tuple(sorted(set(values)))


class PostIn(Post):
    """A post in a department; the first is the primary one unless another says so."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)
    title: JobTitle | None = None
    primary: StrictBool = False
    _names = ignored_names("department_name")


class PersonProfileIn(BaseModel):
    """The fields of a person that another system may set; roles and scopes are not among them."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"name": "李娜", "phone": "+8613912345678"}]},
    )
    name: PersonName
    email: Email | None = None
    phone: Phone | None = None
    subject: OidcSubject | None = None
    manager_id: UUID | None = Field(None, description="The person they report to")
    posts: Annotated[tuple[PostIn, ...], Field(max_length=20)] = ()
    custom_fields: dict[str, Any] = {}


class PersonEdit(PersonProfileIn):
    """The fields of a person that can be edited."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"phone": "+8613912345678", "manager_id": None}]},
    )
    role_ids: Annotated[tuple[UUID, ...], Field(max_length=50), AfterValidator(_sorted_unique)] = ()
    scopes: Scopes = Field((), description="Scopes in addition to those of the roles")


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
    def fields(self) -> dict[str, Any]:
        """The fields of the new person, which the password is not one of."""
        return {name: getattr(self, name) for name in PersonIn.model_fields if name != "password"}

    @property
    def secret(self) -> str:
        """The password as plain text; empty if there is none."""
        return self.password.get_secret_value() if self.password else ""


class AgentPlacementRow(BaseModel):
    """A row of a people import: a sales agent with their manager and office."""

    name: PersonName
    manager: PersonName
    office: DepartmentName


class LeaveIn(BaseModel):
    """A leave in `[from_date, to_date)`: `to_date` is the first day back."""

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
        if self.to_date - self.from_date > LONGEST_LEAVE:
            raise PydanticCustomError(
                "PERIOD_TOO_LONG", "The leave is too long", {"days": LONGEST_LEAVE.days}
            )
        return self


class LeaveOut(BaseModel):
    """A leave."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    from_date: date
    to_date: date
    substitute_id: Annotated[UUID | None, RefersTo("org.person")]
    substitute_name: str | None = None
    substitute: Expandable[PersonSummary] = None


# Colleagues see the directory; how people sign in and what they may do is for administrators.
FOR_ADMINISTRATORS = RestrictedFields(
    scope="org.person.write",
    fields=("username", "role_ids", "role_names", "scopes"),
    filters=("username", "role_id"),
)
ADMIN_FIELD = "null for callers who may not administer people (`org.person.write`)"


class PostOut(BaseModel):
    """A post in a department."""

    model_config = ConfigDict(from_attributes=True)
    department_id: Annotated[UUID, RefersTo("org.department")]
    department_name: str | None = None
    department: Expandable[DepartmentOut] = None
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
    username: Annotated[str | None, Personal("username")] = Field(description=ADMIN_FIELD)
    manager_id: Annotated[UUID | None, RefersTo("org.person")]
    manager_name: str | None = None
    manager: Expandable[PersonSummary] = None
    posts: list[PostOut]
    role_ids: Annotated[list[UUID] | None, RefersTo("org.role")] = Field(description=ADMIN_FIELD)
    role_names: list[str | None] | None = Field([], description=ADMIN_FIELD)
    roles: ExpandableList[RoleOut] = None
    scopes: list[str] | None = Field(description=ADMIN_FIELD)
    leaves: list[LeaveOut]
    active: bool
    custom_fields: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    version: int
