from pydantic import BaseModel, ConfigDict, Field

from kernel.money import Money


class CurrencyReconciliation(BaseModel):
    """What was ordered, owed and paid in one currency."""

    model_config = ConfigDict(from_attributes=True)

    currency: str
    confirmed: Money = Field(description="Gross totals of confirmed orders")
    shipped: Money = Field(description="What of it was shipped; equals `owed`")
    unshipped: Money = Field(description="confirmed - shipped")
    owed: Money = Field(description="Amounts of all receivables")
    settled: Money = Field(description="What of it payments were allocated to")
    open: Money = Field(description="owed - settled")
    paid: Money = Field(description="Amounts of all payments")
    allocated: Money = Field(description="What of it was allocated; equals `settled`")
    unallocated: Money = Field(description="paid - allocated")


class ReconciliationOut(BaseModel):
    """The sums of the whole tenant, a row per currency."""

    items: list[CurrencyReconciliation]
