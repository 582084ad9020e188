from pydantic import BaseModel, ConfigDict, Field

from kernel.money import Money


class CurrencyReconciliation(BaseModel):
    """What was ordered, owed and paid in one currency."""

    model_config = ConfigDict(from_attributes=True)

    currency: str
    confirmed: Money = Field(description="Gross totals of confirmed orders")
    shipped: Money = Field(description="What of it was shipped; equals `owed`")
    unshipped: Money = Field(
        description="What the lines of confirmed orders say is left; equals `confirmed - owed`"
    )
    owed: Money = Field(description="Amounts of all receivables")
    settled: Money = Field(description="What of it the receivables say payments settled")
    open: Money = Field(description="owed - settled")
    paid: Money = Field(description="Amounts of all payments")
    allocated: Money = Field(description="What of it the payments say was allocated")
    booked: Money = Field(
        description="Amounts of all allocations; equals both `allocated` and `settled`"
    )
    unallocated: Money = Field(description="paid - allocated")


class ReconciliationOut(BaseModel):
    """The sums of the whole tenant, a row per currency."""

    items: list[CurrencyReconciliation]
