"""What accounts ordered in a window of days, and the scores from 1 to 5 that follow from it."""

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeVar
from uuid import UUID

K = TypeVar("K", bound=Hashable)

STEPS: Final = 5
DEFAULT_WINDOW_DAYS: Final = 365


@dataclass(frozen=True, kw_only=True)
class RfmSettings:
    """For how many days orders count; `id` is the tenant's, version 0 that of a new tenant."""

    id: UUID
    window_days: int = DEFAULT_WINDOW_DAYS
    created_at: datetime
    updated_at: datetime
    version: int = 0


@dataclass(frozen=True, kw_only=True)
class OrderWindow:
    """Which orders count: those placed from `first` to `last`, both included, by days of a zone.

    Amounts count in `currency`; what was ordered in others counts by its date and number only,
    because nothing here says what it is worth.
    """

    first: date
    last: date
    timezone: str
    currency: str

    @classmethod
    def of(cls, today: date, *, days: int, timezone: str, currency: str) -> "OrderWindow":
        """Return the window of the last days, today included."""
        first = today - timedelta(days=days - 1)
        return cls(first=first, last=today, timezone=timezone, currency=currency)


@dataclass(frozen=True, kw_only=True)
class PlacedOrder:
    """An order as it counts: its day, and its amount in the currency of the window, else zero."""

    account_id: Any
    ordered_on: date
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Purchases:
    """What an account ordered in the window."""

    first_ordered_on: date
    last_ordered_on: date
    orders: int
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class RfmScores:
    """The scores of an account, each from 1 to 5, of which 5 is the best."""

    recency: int
    frequency: int
    monetary: int

    @property
    def code(self) -> str:
        """The three digits in their usual order, such as 545."""
        return f"{self.recency}{self.frequency}{self.monetary}"


def score_of(worse: int, among: int) -> int:
    """Return `1 + floor(5 x worse / among)`: `worse` of `among` accounts are strictly worse.

    The account itself is one of `among`, so the score is 5 at most; equal values have equal scores.
    """
    return 1 + STEPS * worse // among


def purchases_of(orders: Iterable[PlacedOrder], window: OrderWindow) -> dict[Any, Purchases]:
    """Return what accounts ordered in the window, by account; those without an order are absent."""
    by_account: dict[Any, list[PlacedOrder]] = {}
    for order in orders:
        if window.first <= order.ordered_on <= window.last:
            by_account.setdefault(order.account_id, []).append(order)
    return {account_id: _summed(placed) for account_id, placed in by_account.items()}


def _summed(placed: Sequence[PlacedOrder]) -> Purchases:
    days = [order.ordered_on for order in placed]
    return Purchases(
        first_ordered_on=min(days),
        last_ordered_on=max(days),
        orders=len(placed),
        amount=sum((order.amount for order in placed), Decimal(0)),
    )


def scores_of(purchases: Mapping[K, Purchases]) -> dict[K, RfmScores]:
    """Return the scores of all accounts that ordered, which are compared with each other.

    The order of the accounts does not matter. A later last order, more orders and a larger amount
    are better, so scores do not change while nobody orders and nothing leaves the window.
    """
    among = len(purchases)
    recency = sorted(one.last_ordered_on for one in purchases.values())
    frequency = sorted(one.orders for one in purchases.values())
    monetary = sorted(one.amount for one in purchases.values())
    return {
        key: RfmScores(
            recency=score_of(bisect_left(recency, one.last_ordered_on), among),
            frequency=score_of(bisect_left(frequency, one.orders), among),
            monetary=score_of(bisect_left(monetary, one.amount), among),
        )
        for key, one in purchases.items()
    }


@dataclass(frozen=True, kw_only=True)
class AccountRfm(Purchases):
    """What an account ordered in the window, and its scores, which follow in the same run."""

    account_id: UUID
    currency: str
    recency: int | None
    frequency: int | None
    monetary: int | None

    @property
    def code(self) -> str | None:
        """The three scores in their usual order, such as 545."""
        if self.recency is None or self.frequency is None or self.monetary is None:
            return None
        scores = RfmScores(recency=self.recency, frequency=self.frequency, monetary=self.monetary)
        return scores.code
