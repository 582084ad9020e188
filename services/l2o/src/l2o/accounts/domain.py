"""An account, the rules of its hierarchy, and its totals."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from contracts.l2o.events import AccountState
from kernel.errors import Invalid, RuleBroken, Violation
from kernel.money import Money
from kernel.personal import Personal
from kernel.records import NamedRecord
from kernel.sums import MoneySum


@dataclass(frozen=True, kw_only=True)
class Account(NamedRecord):
    """A customer company; `parent_id` is its parent account, `country` an ISO 3166-1 code.

    `last_activity_at` follows from its activities, and is written beside its version.
    """

    phone: Annotated[str | None, Personal("phone")] = None
    parent_id: UUID | None = None
    industry: str | None = None
    country: str | None = None
    founded_year: int | None = None
    employees: int | None = None
    annual_revenue: Money | None = None
    lead_id: UUID | None = None
    last_activity_at: datetime | None = None

    def ensure_unused(self, *, children: int, opportunities: int) -> None:
        """Refuse a deletion while child accounts or open opportunities refer to the account.

        Raises RuleBroken (ACCOUNT_HAS_CHILDREN, ACCOUNT_HAS_OPPORTUNITIES).
        """
        if children:
            raise RuleBroken("ACCOUNT_HAS_CHILDREN", name=self.name, children=children)
        if opportunities:
            count = {"opportunities": opportunities}
            raise RuleBroken("ACCOUNT_HAS_OPPORTUNITIES", name=self.name, **count)

    def state(self) -> AccountState:
        """The account in the form that events carry."""
        return AccountState.of(self, account_id=self.id)


def ensure_valid_parent(
    account_id: UUID, parent_id: UUID, *, exists: bool, ancestors_of_parent: Collection[UUID]
) -> None:
    """Refuse a parent that does not exist, or that is the account itself or one below it.

    Raises Invalid (PARENT_UNKNOWN), RuleBroken (ACCOUNT_CYCLE).
    """
    if not exists:
        raise Invalid([Violation("/parent_id", "PARENT_UNKNOWN")])
    if account_id == parent_id or account_id in ancestors_of_parent:
        raise RuleBroken("ACCOUNT_CYCLE", account_id=str(account_id), parent_id=str(parent_id))


@dataclass(frozen=True, kw_only=True)
class CurrencyTotals:
    """What an account may buy, bought, received, paid and owes, in one currency.

    `open` and `won` are the amounts of opportunities; the others are gross amounts of documents.
    `owed` is what receivables still ask for, `overdue` the part of it that is past its due date.
    """

    account_id: UUID
    open: MoneySum
    won: MoneySum
    ordered: MoneySum
    shipped: MoneySum
    received: MoneySum
    owed: MoneySum
    overdue: MoneySum


@dataclass(frozen=True, kw_only=True)
class AccountRow:
    """A row of a file of accounts; `revenue` in units of the currency, `parent` by name.

    `phone` is as written if it has no country code.
    """

    name: str
    phone: str | None = None
    industry: str | None = None
    country: str | None = None
    founded_year: int | None = None
    employees: int | None = None
    revenue: Decimal | None = None
    currency: str = "USD"
    parent: str | None = None
    custom_fields: Mapping[str, str] = field(default_factory=dict)

    def edited_values(self) -> dict[str, Any]:
        """The fields that the row gives; a blank cell gives none."""
        revenue = self.revenue
        values = {
            "phone": self.phone,
            "industry": self.industry,
            "country": self.country,
            "founded_year": self.founded_year,
            "employees": self.employees,
            "annual_revenue": None if revenue is None else Money(revenue, self.currency).rounded(),
        }
        return {name: value for name, value in values.items() if value is not None}
