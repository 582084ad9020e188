"""The answer of the balance route."""

from uuid import UUID

from pydantic import BaseModel, Field

from kernel.sums import MoneySum


class CurrencyBalance(BaseModel):
    """What an account owes and has paid in one currency."""

    currency: str
    owed: MoneySum = Field(description="Amounts of all its receivables minus withdrawn prepayments")
    settled: MoneySum = Field(description="The part of `owed` that payments have settled")
    open: MoneySum = Field(description="owed - settled")
    overdue: MoneySum = Field(description="The part of `open` that was due before today")
    paid: MoneySum = Field(description="Amounts of all its payments")
    returned: MoneySum = Field(description="The part of `paid` that was refunded or reversed")
    unallocated: MoneySum = Field(description="paid - returned - settled: available to allocate")
    balance: MoneySum = Field(description="open - unallocated; negative if the account has credit")


class BalanceOut(BaseModel):
    """The balance of an account, one row per currency; currencies are never added up."""

    account_id: UUID
    account_name: str
    items: list[CurrencyBalance]
