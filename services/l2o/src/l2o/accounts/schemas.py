"""Request and response bodies of accounts."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
)
from pydantic_core import PydanticCustomError

from chassis.foundation.clock import now
from chassis.records.access.schemas import OwnerId
from chassis.records.answers import ExternalRefOut, OwnedRecordOut
from chassis.records.codes import CountryCode, LanguageTag
from chassis.records.contact_points import Email, Phone
from chassis.web.references import Expandable, RefersTo
from kernel.currencies import CurrencyCode
from kernel.money import Money, NonNegativeMoney
from kernel.personal import Personal
from kernel.sums import MoneySum
from kernel.texts import TrimmedText
from l2o.accounts.domain import AccountKind, CurrencyTotals
from l2o.reviews.domain import review_due_at
from l2o.service_policies.domain import AccountGrade
from parties.address_schemas import Addresses, AddressOut, addresses_of_body
from parties.company_sizes import CompanySize
from parties.fields import REGION_NAME, RegionCode, RegionName, Uscc, Website
from parties.industries import IndustrySection
from parties.located_points import located_points
from parties.point_schemas import (
    EmailPointOut,
    EmailPoints,
    PhonePointOut,
    PhonePoints,
    WebsitePointOut,
    WebsitePoints,
    points_of_body,
)
from parties.tag_schemas import Tags

AccountName = Annotated[str, TrimmedText(min_length=1, max_length=200)]
Industry = Annotated[str, TrimmedText(min_length=1, max_length=100)]


def _begun(year: int) -> int:
    """Refuse a year that has begun nowhere on earth. Raises PydanticCustomError (TOO_LARGE)."""
    this_year = (now() + _FIRST_ZONE).year
    if year > this_year:
        limit = {"relation": "<=", "limit": this_year}
        raise PydanticCustomError("TOO_LARGE", "A year to come", limit)
    return year


_FIRST_ZONE = timedelta(hours=14)
FoundedYear = Annotated[StrictInt, Field(ge=1000), AfterValidator(_begun)]
Employees = Annotated[StrictInt, Field(ge=0, le=100_000_000)]


def _each_once(kinds: list[AccountKind]) -> list[AccountKind]:
    return list(dict.fromkeys(kinds))


AccountKinds = Annotated[
    list[AccountKind], Field(min_length=1, max_length=len(AccountKind)), AfterValidator(_each_once)
]
PersonName = Annotated[str, TrimmedText(min_length=1, max_length=100), Personal("name")]
PaymentTermCode = Annotated[str, TrimmedText(min_length=1, max_length=50)]
Description = Annotated[str, TrimmedText(min_length=1, max_length=2000), Personal("text")]


class AccountEdit(BaseModel):
    """The editable fields of an account; a transfer changes its owner.

    `phones`, `emails`, `websites` and `addresses` are replaced as a whole.
    """

    model_config = ConfigDict(extra="forbid", from_attributes=True)
    name: AccountName
    kinds: AccountKinds = Field(
        default=[AccountKind.CUSTOMER], description="What the company is to us, at least one"
    )
    country: CountryCode | None = None
    uscc: Uscc | None = None
    legal_representative: PersonName | None = None
    phone: Phone | None = Field(
        default=None,
        description="Any usual spelling, without a country code a number of `country` or of the"
        " tenant's country; stored as E.164, an extension as `;ext=`",
    )
    parent_id: UUID | None = Field(default=None, description="The parent account")
    industry: Industry | None = None
    founded_year: FoundedYear | None = Field(default=None, description="At most this year")
    employees: Employees | None = None
    annual_revenue: NonNegativeMoney | None = None
    industry_section: IndustrySection | None = Field(
        default=None, description="The section of GB/T 4754, beside the words of `industry`"
    )
    company_size: CompanySize | None = None
    region_code: RegionCode | None = None
    email: Email | None = Field(default=None, description="The usual one, in lower case")
    website: Website | None = None
    currency: CurrencyCode | None = Field(
        default=None, description="The currency that we trade in with the company"
    )
    language: LanguageTag | None = Field(default=None, examples=["zh-CN"])
    payment_term_code: PaymentTermCode | None = Field(
        default=None, description="The code of a payment term of CPQ", examples=["NET30"]
    )
    description: Description | None = None
    phones: PhonePoints = Field(default=[], description="Further ones, beside `phone`")
    emails: EmailPoints = Field(default=[], description="Further ones, beside `email`")
    websites: WebsitePoints = Field(default=[], description="Further ones, beside `website`")
    addresses: Addresses = []
    tags: Tags = Field(default=(), description="Given by people; a case makes no difference")
    custom_fields: dict[str, Any] = {}


POINT_FIELDS: Final = frozenset({"phones", "emails", "websites"})
_NOT_STORED: Final = frozenset({*POINT_FIELDS, "addresses", "owner_id", "confirmed"})


def account_values(body: AccountEdit, names: Collection[str] | None = None) -> dict[str, Any]:
    """Return the fields of an account that a body describes, by default all of them.

    Raises Invalid (PHONE_INVALID, PHONE_REGION_UNKNOWN) for further numbers.
    """
    given = set(type(body).model_fields if names is None else names)
    values = {name: getattr(body, name) for name in given - _NOT_STORED}
    if "kinds" in given:
        values["kinds"] = tuple(kind.value for kind in body.kinds)
    if given & POINT_FIELDS:
        values["points"] = located_points(points_of_body(body), body.country)
    if "addresses" in given:
        values["addresses"] = addresses_of_body(body.addresses)
    return values


class AccountIn(AccountEdit):
    """A new account; fields that may be null may be omitted."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "上海示例有限公司",
                    "kinds": ["CUSTOMER"],
                    "uscc": "91110000600037341L",
                    "industry_section": "C",
                    "region_code": "310104",
                    "phone": "021-6437 2345",
                    "phones": [{"kind": "FAX", "phone": "021-6437 2346"}],
                    "addresses": [
                        {"kind": "SHIPPING", "region_code": "310104", "address": "漕溪北路 1 号"}
                    ],
                }
            ]
        },
    )
    owner_id: OwnerId | None = Field(
        default=None,
        description="The `subject` of an active person; by default the caller. Transfers change it",
    )
    confirmed: StrictBool = Field(
        default=False,
        description="Create it although the policy warns of accounts that may be the same company",
    )


class AccountPoints(BaseModel):
    """The further numbers, mail addresses and websites of an account."""

    model_config = ConfigDict(from_attributes=True)
    phones: PhonePoints = []
    emails: EmailPoints = []
    websites: WebsitePoints = []


def _review_due_at(known: dict[str, Any]) -> datetime | None:
    """Compute from the other fields what the database has in a column that only lists use."""
    touched, reviewed = known["last_activity_at"], known["reviewed_at"]
    return review_due_at(known["review_days"], known["created_at"], touched, reviewed)


class AccountOut(OwnedRecordOut):
    """An account: a company we sell to, or another one that matters to us."""

    name: str
    kinds: list[AccountKind]
    uscc: str | None
    legal_representative: Annotated[str | None, Personal("name")]
    phone: Annotated[str | None, Personal("phone")] = Field(examples=["+862164372345"])
    parent_id: Annotated[UUID | None, RefersTo("l2o.account")]
    parent_name: str | None = None
    parent: Expandable["AccountOut"] = None
    industry: str | None
    country: str | None
    founded_year: int | None
    employees: int | None
    annual_revenue: Money | None
    industry_section: IndustrySection | None
    company_size: CompanySize | None
    region_code: str | None = Field(examples=["310104"])
    region_name: RegionName = REGION_NAME
    email: Annotated[str | None, Personal("email")]
    website: str | None
    currency: str | None
    language: str | None
    payment_term_code: str | None
    description: Annotated[str | None, Personal("text")]
    external_ids: list[ExternalRefOut] = Field(description="What other systems call it")
    lead_id: UUID | None = Field(description="The lead it was converted from")
    last_activity_at: datetime | None = Field(
        description="When the last call, mail, meeting, visit or chat was; the version stays"
    )
    grade: AccountGrade | None = Field(description="By the rules `account_grade`, or by hand")
    sales_process: str | None = Field(
        description="The process by which is sold to it, by the rules `account_service`",
        examples=["KEY_ACCOUNT"],
    )
    segment: str | None = Field(description="By the rules `account_segment`")
    tags: list[str]
    rule_tags: list[str] = Field(description="Given by the rules `account_tags`")
    review_days: int | None = Field(
        description="It is due for review so many days after its last activity or review"
    )
    reviewed_at: datetime | None = Field(description="When it was last reviewed; the version stays")
    review_due_at: datetime | None = Field(
        default_factory=_review_due_at, description="When it is due for review"
    )


class AccountDetailOut(AccountOut):
    """An account with its further numbers, mail addresses, websites and its addresses."""

    phones: list[PhonePointOut]
    emails: list[EmailPointOut]
    websites: list[WebsitePointOut]
    addresses: list[AddressOut]


class AccountReview(BaseModel):
    """What a review of an account found."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"note": "明年预算已确认"}]}
    )
    note: Annotated[str, TrimmedText(min_length=1, max_length=500)]


class TotalsOut(BaseModel):
    """Totals in one currency, added up from what is there; RMS is seen shortly after it happens."""

    model_config = ConfigDict(from_attributes=True)
    currency: str
    open: MoneySum = Field(description="The amounts of open opportunities")
    won: MoneySum = Field(description="The amounts of won opportunities")
    ordered: MoneySum = Field(description="Confirmed orders, gross, without what was cancelled")
    shipped: MoneySum
    received: MoneySum = Field(description="Payments, without what was refunded or bounced")
    owed: MoneySum = Field(description="What receivables still ask for")
    overdue: MoneySum = Field(description="The part of `owed` that was due before today")

    @classmethod
    def of(cls, totals: CurrencyTotals) -> Self:
        """Return the totals of one currency."""
        amounts = {name: value for name, value in vars(totals).items() if name != "account_id"}
        return cls(currency=totals.ordered.currency, **amounts)


class AccountTotals(BaseModel):
    """The totals of an account, one entry for each currency."""

    account_id: UUID
    totals: list[TotalsOut]


class SubtreeTotals(AccountTotals):
    """The totals of an account and of the accounts below it, one entry for each currency."""

    accounts: int = Field(description="How many accounts are added up, itself included")
