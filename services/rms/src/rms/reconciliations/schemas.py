"""The answer of the reconciliation route."""

from pydantic import BaseModel, ConfigDict, Field

from kernel.sums import MoneySum


class CurrencyReconciliation(BaseModel):
    """The sums of orders, receivables and payments in one currency."""

    model_config = ConfigDict(from_attributes=True)

    currency: str
    confirmed: MoneySum = Field(description="Gross totals of confirmed orders")
    cancelled: MoneySum = Field(description="The part of `confirmed` that was cancelled")
    shipped: MoneySum = Field(description="The part of `confirmed` that was shipped")
    prepaid: MoneySum = Field(description="Prepayments that the orders ask for")
    deducted: MoneySum = Field(
        description="Prepayments that shipments have deducted from their amount"
    )
    unshipped: MoneySum = Field(
        description="Open gross amounts of the lines of confirmed orders; "
        "equals `confirmed - cancelled - shipped`"
    )
    owed: MoneySum = Field(
        description="Amounts of all receivables minus withdrawn prepayments; "
        "equals `shipped + prepaid - deducted`"
    )
    settled: MoneySum = Field(description="The part of `owed` that is settled, per the receivables")
    open: MoneySum = Field(description="owed - settled")
    paid: MoneySum = Field(description="Amounts of all payments")
    returned: MoneySum = Field(description="The part of `paid` that was returned, per the payments")
    repaid: MoneySum = Field(description="Amounts of all refunds and reversals; equals `returned`")
    allocated: MoneySum = Field(
        description="The part of `paid` that is allocated, per the payments"
    )
    booked: MoneySum = Field(
        description="Amounts of all allocations including their reversals; "
        "equals both `allocated` and `settled`"
    )
    unallocated: MoneySum = Field(description="paid - returned - allocated")


class ReconciliationOut(BaseModel):
    """The sums of the whole tenant, one row per currency."""

    items: list[CurrencyReconciliation]
