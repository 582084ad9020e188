"""What the service policy of an account says, what its rules read, and who may own the account."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol, Self
from uuid import UUID

from kernel.errors import RuleBroken
from parties.company_sizes import CompanySize
from parties.industries import IndustrySection
from rules.fields import FactSchema, FactType, FieldSpec


class AccountGrade(StrEnum):
    """How much an account matters to us; A is a key account."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class GradedAccount(Protocol):
    """What policies read of an account."""

    @property
    def grade(self) -> AccountGrade | None: ...
    @property
    def kinds(self) -> tuple[str, ...]: ...
    @property
    def region_code(self) -> str | None: ...
    @property
    def country(self) -> str | None: ...
    @property
    def industry_section(self) -> IndustrySection | None: ...
    @property
    def company_size(self) -> CompanySize | None: ...


def account_spec(name: str, kind: FactType, values: tuple[str, ...] = ()) -> FieldSpec:
    """Return a field of accounts that rules may read."""
    return FieldSpec(name=name, type=kind, label=f"AccountField.{name}", values=values)


GRADE_FACT: Final = account_spec("grade", FactType.ENUM, tuple(map(str, AccountGrade)))
MASTER_FACTS: Final = (
    account_spec("kinds", FactType.TEXT_LIST),
    account_spec("region_code", FactType.TEXT),
    account_spec("country", FactType.TEXT),
    account_spec("industry_section", FactType.ENUM, tuple(map(str, IndustrySection))),
    account_spec("company_size", FactType.ENUM, tuple(map(str, CompanySize))),
)
SERVICE_FACTS: Final = FactSchema.of(GRADE_FACT, *MASTER_FACTS)


def master_facts_of(account: GradedAccount) -> dict[str, Any]:
    """Return the fields of an account that policies and grades read alike."""
    section, size = account.industry_section, account.company_size
    return {
        "kinds": list(account.kinds),
        "region_code": account.region_code,
        "country": account.country,
        "industry_section": None if section is None else str(section),
        "company_size": None if size is None else str(size),
    }


def service_facts_of(account: GradedAccount) -> dict[str, Any]:
    """Return what the rules of service policies read of an account."""
    grade = account.grade
    return master_facts_of(account) | {"grade": None if grade is None else str(grade)}


@dataclass(frozen=True, kw_only=True)
class ServicePolicy:
    """How an account is served.

    `sales_process` is the code of the process by which is sold to it. Where `owner_titles` or
    `owner_team_ids` name anybody, its owner has one of these titles or is in one of these teams.
    `review_days` is how long after its last activity or review the account is due for review.
    """

    sales_process: str | None = None
    owner_titles: tuple[str, ...] = ()
    owner_team_ids: tuple[UUID, ...] = ()
    review_days: int | None = None

    @classmethod
    def of(cls, outcome: Mapping[str, Any] | None) -> Self:
        """Return the policy that a rule gives; without one nothing is demanded."""
        given = outcome or {}
        return cls(
            sales_process=given.get("sales_process"),
            owner_titles=tuple(given.get("owner_titles") or ()),
            owner_team_ids=tuple(UUID(one) for one in given.get("owner_team_ids") or ()),
            review_days=given.get("review_days"),
        )

    @property
    def names_owners(self) -> bool:
        """Whether only some people may own the account."""
        return bool(self.owner_titles or self.owner_team_ids)

    def allows(self, standing: "Standing") -> bool:
        """Whether somebody of this standing may own the account; titles in any case."""
        if not self.names_owners:
            return True
        titles = {title.casefold() for title in self.owner_titles}
        has_title = any(title.casefold() in titles for title in standing.titles)
        return has_title or not standing.team_ids.isdisjoint(self.owner_team_ids)

    def ensure_allows(self, standing: "Standing", grade: AccountGrade | None) -> None:
        """Refuse an owner. Raises RuleBroken (OWNER_NOT_SENIOR)."""
        if not self.allows(standing):
            titles = list(self.owner_titles)
            raise RuleBroken(
                "OWNER_NOT_SENIOR", grade=None if grade is None else str(grade), titles=titles
            )


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The titles of a person's posts, and the teams they are in."""

    titles: frozenset[str] = frozenset()
    team_ids: frozenset[UUID] = frozenset()
