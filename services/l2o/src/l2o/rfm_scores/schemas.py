"""Request and response bodies of RFM scores."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from kernel.sums import MoneySum
from l2o.rfm_scores.domain import DEFAULT_WINDOW_DAYS, AccountRfm, OrderWindow

Score = Annotated[int | None, Field(description="From 1 to 5, of which 5 is the best")]


class RfmSettingsEdit(BaseModel):
    """For how many days orders count."""

    model_config = ConfigDict(
        extra="forbid", from_attributes=True, json_schema_extra={"examples": [{"window_days": 180}]}
    )
    window_days: Annotated[StrictInt, Field(ge=1, le=3660)] = DEFAULT_WINDOW_DAYS


class RfmSettingsOut(RfmSettingsEdit):
    """For how many days orders count."""

    id: UUID = Field(description="The tenant's")
    updated_at: datetime
    version: int


class RfmComputationOut(BaseModel):
    """The computation of all scores that was queued."""

    queued_at: datetime


class AccountRfmOut(BaseModel):
    """What an account ordered in the window, and its scores among all accounts that ordered in it.

    A score is `1 + floor(5 x accounts that are strictly worse / accounts that ordered)`. An account
    that did not order in the window has none.
    """

    account_id: UUID
    from_date: date
    to_date: date
    orders: int = 0
    recency_days: int | None = Field(default=None, description="Since the last order")
    last_order_date: date | None = None
    amount: MoneySum = Field(description="What was ordered in the tenant's currency, gross")
    recency: Score = None
    frequency: Score = None
    monetary: Score = None
    code: str | None = Field(default=None, description="The three scores", examples=["545"])

    @classmethod
    def of(cls, account_id: UUID, window: OrderWindow, found: AccountRfm | None) -> Self:
        """Return the answer; `found` is None for an account that did not order."""
        if found is None:
            nothing = MoneySum.of("0", window.currency)
            return cls(
                account_id=account_id,
                from_date=window.first,
                to_date=window.last,
                amount=nothing,
            )
        return cls(
            account_id=account_id,
            from_date=window.first,
            to_date=window.last,
            orders=found.orders,
            recency_days=(window.last - found.last_ordered_on).days,
            last_order_date=found.last_ordered_on,
            amount=MoneySum(found.amount, found.currency),
            recency=found.recency,
            frequency=found.frequency,
            monetary=found.monetary,
            code=found.code,
        )
