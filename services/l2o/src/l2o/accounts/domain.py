"""An account, the rules of its hierarchy, and its totals."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from contracts.l2o.events import AccountState
from kernel.errors import Invalid, RuleBroken, Violation
from kernel.money import Money
from kernel.personal import Personal
from kernel.records import NamedRecord, ReferencedRecord
from kernel.sums import MoneySum
from l2o.service_policies.domain import AccountGrade
from parties.addresses import PartyAddress
from parties.company_sizes import CompanySize
from parties.industries import IndustrySection
from parties.points import ReachedParty


class AccountKind(StrEnum):
    """What a company is to us."""

    CUSTOMER = "CUSTOMER"
    PROSPECT = "PROSPECT"
    DISTRIBUTOR = "DISTRIBUTOR"
    PARTNER = "PARTNER"
    COMPETITOR = "COMPETITOR"
    SUPPLIER = "SUPPLIER"


def kind_key(kind: str) -> str:
    """The key under which accounts of a kind are found."""
    return f"kind:{kind}"


def kind_keys(kinds: Iterable[str]) -> list[str]:
    """The keys of the kinds of an account."""
    return [kind_key(kind) for kind in kinds]


@dataclass(frozen=True, kw_only=True)
class Account(NamedRecord, ReachedParty, ReferencedRecord):
    """A company, by default a customer; `parent_id` is its parent account.

    `country` is an ISO 3166-1 code, `region_code` one of GB/T 2260, `uscc` one of GB 32100.
    `kinds` are values of AccountKind. `currency` and `payment_term_code` are those that we trade
    in with the company. `last_activity_at` follows from its activities, and is written beside its
    version. `grade`, `segment` and `rule_tags` are what rules say of it, `sales_process`
    and `review_days` follow from its service policy; `tags` are given by people. `reviewed_at` is
    written beside its version, too.
    """

    kinds: tuple[str, ...] = (AccountKind.CUSTOMER.value,)
    uscc: str | None = None
    legal_representative: Annotated[str | None, Personal("name")] = None
    phone: Annotated[str | None, Personal("phone")] = None
    parent_id: UUID | None = None
    industry: str | None = None
    country: str | None = None
    founded_year: int | None = None
    employees: int | None = None
    annual_revenue: Money | None = None
    lead_id: UUID | None = None
    industry_section: IndustrySection | None = None
    company_size: CompanySize | None = None
    region_code: str | None = None
    email: Annotated[str | None, Personal("email")] = None
    website: str | None = None
    currency: str | None = None
    language: str | None = None
    payment_term_code: str | None = None
    description: Annotated[str | None, Personal("text")] = None
    addresses: Sequence[PartyAddress] = ()
    last_activity_at: datetime | None = None
    grade: AccountGrade | None = None
    sales_process: str | None = None
    segment: str | None = None
    tags: tuple[str, ...] = ()
    rule_tags: tuple[str, ...] = ()
    review_days: int | None = None
    reviewed_at: datetime | None = None

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
class Classes:
    """What rules say of an account."""

    grade: AccountGrade | None
    sales_process: str | None
    segment: str | None
    rule_tags: tuple[str, ...]
    review_days: int | None

    @classmethod
    def of(cls, account: Account) -> "Classes":
        """Return the classes that an account has."""
        return cls(
            grade=account.grade,
            sales_process=account.sales_process,
            segment=account.segment,
            rule_tags=account.rule_tags,
            review_days=account.review_days,
        )


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

    `phone` is as written if it has no country code, and so are the numbers in `points`: by medium,
    as the body of a request has them. `more` are the values of further fields of the account.
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
    address: str | None = None
    points: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    custom_fields: Mapping[str, str] = field(default_factory=dict)

    def edited_values(self) -> dict[str, Any]:
        """The fields that the row gives; a blank cell gives none."""
        revenue = self.revenue
        values = {
            **self.more,
            "phone": self.phone,
            "industry": self.industry,
            "country": self.country,
            "founded_year": self.founded_year,
            "employees": self.employees,
            "annual_revenue": None if revenue is None else Money(revenue, self.currency).rounded(),
        }
        return {name: value for name, value in values.items() if value is not None}
