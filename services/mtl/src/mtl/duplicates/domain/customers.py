"""How likely a lead belongs to an account or a contact that exists, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from mtl.duplicates.domain.leads import CERTAIN, OF_BRANDS, SAME_LEAD, DuplicateReason
from mtl.leads.domain.lead import Lead
from parties.company_names import CompanyName, parse_company_name
from parties.person_names import is_same_person
from parties.similarity import compare

LEAST_SHOWN: Final = 60
MAX_SHOWN: Final = 20


@dataclass(frozen=True)
class KnownAccount:
    """An account of L2O as its replica has it."""

    id: UUID
    name: str
    owner_id: str | None


@dataclass(frozen=True)
class KnownContact:
    """A contact of L2O as its replica has it, and the keys that it shares with the lead."""

    id: UUID
    account_id: UUID
    name: str
    owner_id: str | None
    shared: tuple[DuplicateReason, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """An account, or a contact of an account, with a score from 0 to 100 and its reasons."""

    account_id: UUID
    contact_id: UUID | None
    owner_id: str | None
    score: int
    reasons: tuple[DuplicateReason, ...]

    @property
    def is_same(self) -> bool:
        """Whether the score is high enough to propose no other."""
        return self.score >= SAME_LEAD


@dataclass(frozen=True)
class LikeCustomers:
    """The accounts and contacts that a lead may belong to, and which accounts the caller sees."""

    accounts: Collection[Proposal] = ()
    contacts: Collection[Proposal] = ()
    visible: Collection[UUID] = ()


def account_proposals(
    lead: Lead, accounts: Iterable[KnownAccount], contacts: Collection[KnownContact]
) -> list[Proposal]:
    """Return the accounts that the lead may belong to, the likeliest first.

    Certain are the account of an earlier lead of the person, and that of a contact with the same
    phone or mail; others are compared by the names of the companies.
    """
    company = None if lead.company is None else parse_company_name(lead.company)
    shared = {one.account_id: one.shared for one in contacts if one.shared}
    found = []
    for account in accounts:
        score, by_name = _of_names(company, account.name)
        certain = [*shared.get(account.id, ())]
        if account.id == lead.returning_account_id and not certain:
            certain.append(DuplicateReason.CUSTOMER_BEFORE)
        score = CERTAIN if certain else score
        reasons = (*certain, *by_name)
        found.append(Proposal(account.id, None, account.owner_id, score, reasons))
    return _likeliest(found)


def contact_proposals(
    lead: Lead, contacts: Iterable[KnownContact], accounts: Iterable[Proposal]
) -> list[Proposal]:
    """Return the contacts who may be the person of the lead, the likeliest first.

    Certain are those with the same phone or mail; a person of the same name is as likely as the
    account.
    """
    return _likeliest(_contacts(lead, contacts, {one.account_id: one for one in accounts}))


def _contacts(
    lead: Lead, contacts: Iterable[KnownContact], accounts: dict[UUID, Proposal]
) -> Iterator[Proposal]:
    for contact in contacts:
        is_namesake = lead.name is not None and is_same_person(lead.name, contact.name)
        reasons = (*contact.shared, *((DuplicateReason.PERSON_EQUAL,) if is_namesake else ()))
        account = accounts.get(contact.account_id)
        of_account = account.score if account is not None and is_namesake else 0
        score = CERTAIN if contact.shared else of_account
        yield Proposal(contact.account_id, contact.id, contact.owner_id, score, reasons)


def _of_names(company: CompanyName | None, name: str) -> tuple[int, tuple[DuplicateReason, ...]]:
    if company is None:
        return 0, ()
    found = compare(company, parse_company_name(name))
    reasons = tuple(OF_BRANDS[one] for one in found.reasons if one in OF_BRANDS)
    return round(CERTAIN * found.score), reasons


def _likeliest(found: Iterable[Proposal]) -> list[Proposal]:
    shown = [one for one in found if one.score >= LEAST_SHOWN]
    shown.sort(key=lambda one: (-one.score, one.contact_id or one.account_id))
    return shown[:MAX_SHOWN]
