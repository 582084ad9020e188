from uuid import UUID

from pydantic import BaseModel, Field

from kernel.money import Money


class CurrencyBalance(BaseModel):
    """What an account owes and has paid in one currency."""

    currency: str
    owed: Money = Field(description="Amounts of all its receivables, less what was withdrawn")
    settled: Money = Field(description="What of it payments settled")
    open: Money = Field(description="owed - settled")
    overdue: Money = Field(description="What of it is due before today")
    paid: Money = Field(description="Amounts of all its payments")
    returned: Money = Field(description="What of it was refunded or bounced")
    unallocated: Money = Field(description="paid - returned - settled: free to be allocated")
    balance: Money = Field(description="open - unallocated: negative where money is left over")


class BalanceOut(BaseModel):
    """The balance of an account, a row per currency; currencies are never mixed."""

    account_id: UUID
    account_name: str
    items: list[CurrencyBalance]
