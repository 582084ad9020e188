"""The response body of a profile."""

from pydantic import BaseModel, Field

from l2o.accounts.schemas import AccountDetailOut, TotalsOut
from l2o.contacts.schemas import ContactOut
from l2o.opportunities.schemas import OpportunityOut


class ProfileCounts(BaseModel):
    """How many records of each kind hang on an account, for the tabs of its page."""

    child_accounts: int
    contacts: int
    opportunities: int = Field(description="Those that the caller sees")
    open_opportunities: int = Field(description="Those that the caller sees")
    activities: int
    open_next_steps: int
    overdue_next_steps: int = Field(description="Open steps of days before today")
    orders: int
    receivables: int
    payments: int


class ProfileOut(BaseModel):
    """An account with what its page shows above the timeline."""

    account: AccountDetailOut
    contacts: list[ContactOut] = Field(
        description="At most 5, the primary one first, then the newest"
    )
    open_opportunities: list[OpportunityOut] = Field(
        description="At most 5 that the caller sees, those that are to close first"
    )
    totals: list[TotalsOut] = Field(description="As `/accounts/{account_id}/totals`")
    counts: ProfileCounts
