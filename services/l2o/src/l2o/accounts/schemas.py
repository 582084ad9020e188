"""Request and response bodies of accounts."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chassis.records.access.schemas import OwnerId
from chassis.records.contact_points import Phone
from kernel.money import Money, PreciseMoney
from kernel.personal import Personal

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


Industry = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class AccountEdit(BaseModel):
    """What may be changed of an account; its owner is changed by a transfer."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)
    name: Name
    phone: Phone | None = Field(default=None, description="Any usual spelling; stored as E.164")
    parent_id: UUID | None = Field(default=None, description="The company it belongs to")
    industry: Industry | None = None
    country: Country | None = Field(default=None, description="ISO 3166-1 alpha-2")
    founded_year: int | None = Field(default=None, ge=1000, le=9999)
    employees: int | None = Field(default=None, ge=0, le=2**31 - 1)
    annual_revenue: PreciseMoney | None = None
    custom_fields: dict[str, Any] = {}


class AccountIn(AccountEdit):
    """A customer company; what may be null may be left out."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "上海示例有限公司", "phone": "021-6437 2345"}]},
    )
    owner_id: OwnerId | None = Field(
        default=None,
        description="The `subject` of an active person; else the caller. Transfers change it later",
    )


class AccountOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: UUID
    name: str
    phone: Annotated[str | None, Personal("phone")] = Field(examples=["+862164372345"])
    parent_id: UUID | None
    industry: str | None
    country: str | None
    founded_year: int | None
    employees: int | None
    annual_revenue: Money | None
    custom_fields: dict[str, Any]
    lead_id: UUID | None = Field(description="The lead it was converted from")
    owner_id: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


class TotalsOut(BaseModel):
    """Gross sums in one currency, counted from the events of RMS: behind it by moments."""

    model_config = ConfigDict(from_attributes=True)
    currency: str
    ordered: Money
    shipped: Money
    received: Money


class AccountTotals(BaseModel):
    """One entry a currency."""

    account_id: UUID
    totals: list[TotalsOut]
