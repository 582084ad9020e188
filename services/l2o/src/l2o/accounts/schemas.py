"""Request and response bodies of accounts."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
)
from pydantic_core import PydanticCustomError

from chassis.foundation.clock import now
from chassis.records.access.schemas import OwnerId
from chassis.records.answers import OwnedRecordOut
from chassis.records.codes import CountryCode
from chassis.records.contact_points import Phone, PhoneOfParent
from chassis.records.custom_fields.cells import whole_number
from chassis.web.references import Expandable, RefersTo
from kernel.currencies import CurrencyCode
from kernel.decimals import DecimalString, ensure_no_card_number
from kernel.money import Money, NonNegativeMoney
from kernel.personal import Personal
from kernel.sums import MoneySum
from kernel.texts import TrimmedText
from l2o.accounts.domain import AccountRow, CurrencyTotals

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
MILLION = 1_000_000


class AccountEdit(BaseModel):
    """The editable fields of an account; a transfer changes its owner."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)
    name: AccountName
    country: CountryCode | None = None
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
    custom_fields: dict[str, Any] = {}


class AccountIn(AccountEdit):
    """A new account; fields that may be null may be omitted."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "上海示例有限公司", "phone": "021-6437 2345"}]},
    )
    owner_id: OwnerId | None = Field(
        default=None,
        description="The `subject` of an active person; by default the caller. Transfers change it",
    )


class AccountOut(OwnedRecordOut):
    """An account: a company we sell to."""

    name: str
    phone: Annotated[str | None, Personal("phone")] = Field(examples=["+862164372345"])
    parent_id: Annotated[UUID | None, RefersTo("l2o.account")]
    parent_name: str | None = None
    parent: Expandable["AccountOut"] = None
    industry: str | None
    country: str | None
    founded_year: int | None
    employees: int | None
    annual_revenue: Money | None
    lead_id: UUID | None = Field(description="The lead it was converted from")
    last_activity_at: datetime | None = Field(
        description="When the last call, mail, meeting, visit or chat was; the version stays"
    )


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


class AccountCells(BaseModel):
    """The cells of a row; `revenue` in millions, of US dollars unless a currency is given.

    A telephone number is one of the account's country, which the row need not repeat.
    """

    name: AccountName
    industry: Industry | None = None
    country: CountryCode | None = None
    founded_year: Annotated[FoundedYear, BeforeValidator(whole_number)] | None = None
    employees: Annotated[Employees, BeforeValidator(whole_number)] | None = None
    phone: PhoneOfParent | None = None
    revenue: (
        Annotated[DecimalString, AfterValidator(ensure_no_card_number), Field(ge=0, lt=10**9)]
        | None
    ) = None
    currency: CurrencyCode = "USD"
    parent: AccountName | None = None
    custom_fields: dict[str, str] = {}

    def row(self) -> AccountRow:
        """The validated row, with the revenue in units of the currency."""
        revenue = None if self.revenue is None else self.revenue * MILLION
        return AccountRow(**{**dict(self), "revenue": revenue})
