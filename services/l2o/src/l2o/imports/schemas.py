"""Rows of files, checked as bodies are."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from chassis.records.contact_points import Phone
from kernel.business_dates import BusinessDate
from kernel.currencies import CurrencyCode
from kernel.decimals import DecimalString
from l2o.imports.domain import MILLION, AccountRow, OpportunityRow
from l2o.opportunities.domain import Stage


def _text(maximum: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=maximum)


Name = Annotated[str, _text(200)]
Amount = Annotated[DecimalString, Field(ge=0)]


class AccountCells(BaseModel):
    """An account; `revenue` in millions, of US dollars unless a currency is given."""

    name: Name
    industry: Annotated[str, _text(100)] | None = None
    country: Annotated[str, _text(100)] | None = None
    founded_year: Annotated[int, Field(ge=1000, le=9999)] | None = None
    employees: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    phone: Phone | None = None
    revenue: Annotated[DecimalString, Field(ge=0, le=10**9)] | None = None
    currency: CurrencyCode = "USD"
    parent: Name | None = None
    custom_fields: dict[str, str] = {}

    def row(self) -> AccountRow:
        """The row it describes."""
        units = None if self.revenue is None else self.revenue * MILLION
        return AccountRow(**{**dict(self), "revenue": units})


class OpportunityCells(BaseModel):
    """An opportunity; won and lost ones with the day on which they were."""

    external_id: Name
    account: Name
    name: Name | None = None
    owner: Annotated[str, _text(200)] | None = None
    product: Name | None = None
    stage: Stage = Stage.FIRST_CONTACT
    engaged_date: BusinessDate | None = None
    closed_date: BusinessDate | None = None
    amount: Amount | None = None
    currency: CurrencyCode | None = None
    lost_reason: Annotated[str, _text(500)] | None = None

    def row(self) -> OpportunityRow:
        """The row it describes."""
        return OpportunityRow(**dict(self))
