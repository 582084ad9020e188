"""Request and response bodies of contacts."""

from collections.abc import Collection
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from chassis.foundation.texts import Text
from chassis.records.answers import ExternalRefOut, OwnedRecordOut
from chassis.records.contact_points import Email, PhoneOfParent
from chassis.records.import_examples import COMPANY, CONTACT
from chassis.records.import_headings import Heading
from chassis.web.references import Expandable, RefersTo
from kernel.personal import Personal
from kernel.texts import TrimmedText
from l2o.accounts.schemas import AccountOut
from parties.point_schemas import (
    EmailPointOut,
    EmailPoints,
    PhonePointOut,
    PhonePoints,
    cells_as,
    points_of_body,
)

ContactName = Annotated[str, TrimmedText(min_length=1, max_length=200)]
JobTitle = Annotated[str, TrimmedText(min_length=1, max_length=100)]
# Any code, for example DECISION_MAKER, INFLUENCER, BUYER, USER, FINANCE, TECHNICAL.
ContactRole = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,39}$")]


def _without_duplicates(roles: list[str]) -> list[str]:
    return list(dict.fromkeys(roles))


class ContactEdit(BaseModel):
    """The editable fields of a contact; `make-primary` changes which one is primary."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"title": "采购总监", "roles": ["DECISION_MAKER"]}]},
    )
    name: Annotated[ContactName, Personal("name"), Heading("姓名", ("联系人",), CONTACT)]
    title: Annotated[
        JobTitle | None, Heading("职务", ("职位",), Text("采购总监", "Head of purchasing"))
    ] = None
    phone: PhoneOfParent | None = Field(
        default=None,
        description="Any usual spelling, without a country code a number of the account's country,"
        " else of the tenant's; stored as E.164, an extension as `;ext=`",
    )
    email: Email | None = Field(default=None, description="Stored in lower case")
    roles: Annotated[
        list[ContactRole],
        Field(max_length=10),
        AfterValidator(_without_duplicates),
        Heading("角色", example="DECISION_MAKER"),
    ] = Field(default=[], description="The roles of the person in a sale, as codes")
    phones: Annotated[
        PhonePoints, Heading("其他电话", ("further phones",), cell=cells_as("phone"))
    ] = Field(default=[], description="Further ones, beside `phone`; replaced as a whole")
    emails: Annotated[
        EmailPoints, Heading("其他邮箱", ("further emails",), cell=cells_as("email"))
    ] = Field(default=[], description="Further ones, beside `email`; replaced as a whole")
    custom_fields: dict[str, Any] = {}


def contact_values(body: ContactEdit, names: Collection[str] | None = None) -> dict[str, Any]:
    """Return the fields of a contact that a body describes, by default all of them."""
    given = set(type(body).model_fields if names is None else names)
    values = {name: getattr(body, name) for name in given - {"phones", "emails", "confirmed"}}
    if given & {"phones", "emails"}:
        values["points"] = points_of_body(body)
    return values


class ContactIn(ContactEdit):
    """A new contact; it has the owner of its account, and the first one is primary."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "account_id": "01990000-0000-7000-8000-000000000001",
                    "name": "王伟",
                    "phone": "138-0013-8000",
                    "email": "wang.wei@example.com",
                }
            ]
        },
    )
    account_id: Annotated[UUID, Heading("客户", ("客户名称", "account name"), COMPANY)]
    confirmed: StrictBool = Field(
        default=False, description="Create it although the policy warns of the same person"
    )


class ContactOut(OwnedRecordOut):
    """A contact: a person at an account."""

    account_id: Annotated[UUID, RefersTo("l2o.account")]
    account_name: str | None = None
    account: Expandable[AccountOut] = None
    name: Annotated[str, Personal("name")]
    phone: Annotated[str | None, Personal("phone")] = Field(examples=["+8613800138000"])
    email: Annotated[str | None, Personal("email")]
    title: str | None
    roles: list[str]
    is_primary: bool
    external_ids: list[ExternalRefOut] = Field(description="What other systems call the person")


class ContactDetailOut(ContactOut):
    """A contact with further numbers and mail addresses."""

    phones: list[PhonePointOut]
    emails: list[EmailPointOut]
