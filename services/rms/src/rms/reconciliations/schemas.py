"""The answer of the reconciliation route."""

from pydantic import BaseModel, ConfigDict, Field

from kernel.money import Money


class CurrencyReconciliation(BaseModel):
    """The sums of orders, receivables and payments in one currency."""

    model_config = ConfigDict(from_attributes=True)

    currency: str
    confirmed: Money = Field(description="Gross totals of confirmed orders")
    cancelled: Money = Field(description="The part of `confirmed` that was cancelled")
    shipped: Money = Field(description="The part of `confirmed` that was shipped")
    prepaid: Money = Field(description="Prepayments that the orders ask for")
    deducted: Money = Field(
        description="Prepayments that shipments have deducted from their amount"
    )
    unshipped: Money = Field(
        description="Open gross amounts of the lines of confirmed orders; "
        "equals `confirmed - cancelled - shipped`"
    )
    owed: Money = Field(
        description="Amounts of all receivables minus withdrawn prepayments; "
        "equals `shipped + prepaid - deducted`"
    )
    settled: Money = Field(description="The part of `owed` that is settled, per the receivables")
    open: Money = Field(description="owed - settled")
    paid: Money = Field(description="Amounts of all payments")
    returned: Money = Field(description="The part of `paid` that was returned, per the payments")
    repaid: Money = Field(description="Amounts of all refunds and reversals; equals `returned`")
    allocated: Money = Field(description="The part of `paid` that is allocated, per the payments")
    booked: Money = Field(
        description="Amounts of all allocations including their reversals; "
        "equals both `allocated` and `settled`"
    )
    unallocated: Money = Field(description="paid - returned - allocated")


class ReconciliationOut(BaseModel):
    """The sums of the whole tenant, one row per currency."""

    items: list[CurrencyReconciliation]
