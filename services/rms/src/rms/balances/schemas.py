"""The answer of the balance route."""

from uuid import UUID

from pydantic import BaseModel, Field

from kernel.money import Money


class CurrencyBalance(BaseModel):
    """What an account owes and has paid in one currency."""

    currency: str
    owed: Money = Field(description="Amounts of all its receivables minus withdrawn prepayments")
    settled: Money = Field(description="The part of `owed` that payments have settled")
    open: Money = Field(description="owed - settled")
    overdue: Money = Field(description="The part of `open` that was due before today")
    paid: Money = Field(description="Amounts of all its payments")
    returned: Money = Field(description="The part of `paid` that was refunded or reversed")
    unallocated: Money = Field(description="paid - returned - settled: available to allocate")
    balance: Money = Field(description="open - unallocated; negative if the account has credit")


class BalanceOut(BaseModel):
    """The balance of an account, one row per currency; currencies are never added up."""

    account_id: UUID
    account_name: str
    items: list[CurrencyBalance]
