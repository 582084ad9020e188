"""What the words of a file mean here."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from l2o.opportunities.domain import Stage

MILLION = Decimal(1_000_000)

# As salespeople and other systems call them, beside our own codes.
STAGES = {
    "prospecting": Stage.FIRST_CONTACT,
    "engaging": Stage.SOLUTION,
    "closed won": Stage.WON,
    "closed lost": Stage.LOST,
    "初步接触": Stage.FIRST_CONTACT,
    "方案": Stage.SOLUTION,
    "报价": Stage.QUOTATION,
    "投标": Stage.BIDDING,
    "谈判": Stage.NEGOTIATION,
    "签约": Stage.SIGNING,
    "赢单": Stage.WON,
    "输单": Stage.LOST,
}
# Known misspellings; each is told as a warning.
SECTORS = {"technolgy": "technology"}


@dataclass(frozen=True, kw_only=True)
class AccountRow:
    """A row of a file about a customer company."""

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


@dataclass(frozen=True, kw_only=True)
class OpportunityRow:
    """A row of a file about a sale; account, owner and product by their names."""

    external_id: str
    account: str
    name: str | None = None
    owner: str | None = None
    product: str | None = None
    stage: Stage = Stage.FIRST_CONTACT
    engaged_date: date | None = None
    closed_date: date | None = None
    amount: Decimal | None = None
    currency: str | None = None
    lost_reason: str | None = None


def stage_named(word: str) -> str:
    """Our code of a stage; what we do not know stays as it is, for others to refuse."""
    return STAGES.get(word.casefold(), word.upper())


def squeezed(name: str) -> str:
    """What is left of a product's name when blanks and case do not count."""
    return "".join(name.split()).casefold()


def alike(name: str, known: Collection[str]) -> str | None:
    """The one known name that differs by blanks and case only: `GTXPro` is `GTX Pro`."""
    found = [one for one in known if squeezed(one) == squeezed(name)]
    return found[0] if len(found) == 1 else None


def without_repeats(rows: Sequence[OpportunityRow]) -> list[list[OpportunityRow]]:
    """The rows in their order, cut where an opportunity comes again: it is to find what it was."""
    runs: list[list[OpportunityRow]] = [[]]
    seen: set[str] = set()
    for row in rows:
        if row.external_id in seen:
            runs.append([])
            seen.clear()
        runs[-1].append(row)
        seen.add(row.external_id)
    return runs
