from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kernel.money import Money
from kernel.personal import Personal

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=40)]


class AccountIn(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "上海示例有限公司"}]}
    )
    name: Name
    phone: Annotated[Phone | None, Personal("phone")] = None


class AccountOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: UUID
    name: str
    phone: Annotated[str | None, Personal("phone")]
    lead_id: UUID | None = Field(description="The lead it was converted from")
    owner_id: str | None
    version: int
    created_at: datetime
    updated_at: datetime


class TotalsOut(BaseModel):
    """Gross sums in one currency, kept from the events of RMS."""

    model_config = ConfigDict(from_attributes=True)
    currency: str
    ordered: Money
    shipped: Money
    received: Money


class AccountTotals(BaseModel):
    """One entry a currency."""

    account_id: UUID
    totals: list[TotalsOut]
