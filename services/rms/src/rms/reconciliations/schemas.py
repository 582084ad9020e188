from pydantic import BaseModel, ConfigDict, Field

from kernel.money import Money


class CurrencyReconciliation(BaseModel):
    """What was ordered, owed and paid in one currency."""

    model_config = ConfigDict(from_attributes=True)

    currency: str
    confirmed: Money = Field(description="Gross totals of confirmed orders")
    cancelled: Money = Field(description="What of it will never be shipped")
    shipped: Money = Field(description="What of it was shipped")
    prepaid: Money = Field(description="What the orders say is owed before anything is shipped")
    deducted: Money = Field(description="What of it the shipments say they were owed for with")
    unshipped: Money = Field(
        description="What the lines of confirmed orders say is left; "
        "equals `confirmed - cancelled - shipped`"
    )
    owed: Money = Field(
        description="Amounts of all receivables, less what was withdrawn; "
        "equals `shipped + prepaid - deducted`"
    )
    settled: Money = Field(description="What of it the receivables say payments settled")
    open: Money = Field(description="owed - settled")
    paid: Money = Field(description="Amounts of all payments")
    returned: Money = Field(description="What of it the payments say was refunded or bounced")
    repaid: Money = Field(description="Amounts of all refunds and reversals; equals `returned`")
    allocated: Money = Field(description="What of it the payments say is allocated")
    booked: Money = Field(
        description="Amounts of all allocations less what undid them; "
        "equals both `allocated` and `settled`"
    )
    unallocated: Money = Field(description="paid - returned - allocated")


class ReconciliationOut(BaseModel):
    """The sums of the whole tenant, a row per currency."""

    items: list[CurrencyReconciliation]
