"""Request and response bodies of pools."""

from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from chassis.records.answers import RecordOut
from chassis.web.references import RefersTo, ignored_names
from kernel.texts import TrimmedText
from mtl.leads.schemas.fields import LeadFieldsOut, ShortText
from mtl.pools.domain import CONTACT_FIELDS
from mtl.quotas.schemas import QuotaLimit

MAX_MEMBERS: Final = 500
MAX_ADMINS: Final = 50
ACTIVE: Final = "Whether they still work here; who left cannot claim, and nothing is given to them"
# `region_name` is hidden with the code that it spells.
HIDEABLE: Final = tuple(name for name in LeadFieldsOut.model_fields if name != "region_name")


def _hideable(name: str) -> str:
    if name not in HIDEABLE:
        raise PydanticCustomError(
            "VALUE_UNKNOWN", "This field cannot be hidden", {"expected": list(HIDEABLE)}
        )
    return name


def _once(values: list[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


HiddenField = Annotated[str, AfterValidator(_hideable)]
HiddenFields = Annotated[list[HiddenField], Field(max_length=len(HIDEABLE)), AfterValidator(_once)]
AdminIds = Annotated[list[UUID], Field(max_length=MAX_ADMINS), AfterValidator(_once)]


class PoolMemberIn(BaseModel):
    """A person, or a department with all below it, that may claim the leads of a pool."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)
    _names = ignored_names("person_name", "person_active", "department_name", "department_active")

    person_id: UUID | None = None
    department_id: UUID | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.person_id is None) == (self.department_id is None):
            raise PydanticCustomError("POOL_MEMBER_NOT_ONE", "Either a person or a department")
        return self


class PoolEdit(BaseModel):
    """The editable fields of a pool."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"example": {"hidden_fields": ["phone", "email"]}},
    )

    name: ShortText
    description: Annotated[str, TrimmedText(min_length=1, max_length=500)] | None = None
    active: StrictBool = Field(default=True, description="From an inactive pool nobody can claim")
    members: Annotated[list[PoolMemberIn], Field(max_length=MAX_MEMBERS)] = []
    admin_ids: AdminIds = Field(
        default=[], description="The people who see its leads in full, and assign them"
    )
    hidden_fields: HiddenFields = Field(
        default=list(CONTACT_FIELDS),
        description="Fields of a lead that members see only once they own it",
    )
    daily_claim_limit: QuotaLimit | None = Field(
        default=None, description="How many leads of this pool a member may claim on a day"
    )
    custom_fields: dict[str, Any] = {}


class PoolIn(PoolEdit):
    """A new pool."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "name": "华东公海",
                "members": [{"department_id": "01990000-0000-7000-8000-0000000000d1"}],
                "admin_ids": ["01990000-0000-7000-8000-000000000002"],
                "hidden_fields": ["phone", "email"],
                "daily_claim_limit": 5,
            }
        },
    )


class PoolMemberOut(BaseModel):
    """A person or a department that may claim the leads of a pool."""

    model_config = ConfigDict(from_attributes=True)

    person_id: Annotated[UUID | None, RefersTo("org.person")]
    person_name: str | None = None
    person_active: bool | None = Field(default=None, description=ACTIVE)
    department_id: Annotated[UUID | None, RefersTo("org.department")]
    department_name: str | None = None
    department_active: bool | None = None


class PoolOut(RecordOut):
    """A pool of leads, with those who may claim and who assign them."""

    name: str
    description: str | None
    active: bool
    members: list[PoolMemberOut]
    admin_ids: Annotated[list[UUID], RefersTo("org.person")]
    admin_names: list[str | None] = Field(default=[])
    admin_active: list[bool | None] = Field(default=[], description=ACTIVE)
    hidden_fields: list[str]
    daily_claim_limit: int | None
