"""How alike two leads are, and why: their keys decide, else their companies and persons."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from kernel.personal import Personal
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.moves import LeadStatus
from parties.company_names import CompanyName, parse_company_name
from parties.person_names import is_same_person
from parties.similarity import Reason, compare

CERTAIN: Final = 100  # the score of leads that share a key
SAME_LEAD: Final = 80  # from this score on, two leads are taken for one
LEAST_SHOWN: Final = 60
PERSON_EQUAL, PERSON_MISSING, PERSON_OTHER = 1.0, 0.95, 0.7  # factors of the company's score


class DuplicateReason(StrEnum):
    """What two leads have in common, or not."""

    PHONE_EQUAL = "PHONE_EQUAL"
    EMAIL_EQUAL = "EMAIL_EQUAL"
    WECHAT_ID_EQUAL = "WECHAT_ID_EQUAL"
    COMPANY_CODE_EQUAL = "COMPANY_CODE_EQUAL"
    EXTERNAL_ID_EQUAL = "EXTERNAL_ID_EQUAL"
    COMPANY_EQUAL = "COMPANY_EQUAL"
    COMPANY_SOUNDS_EQUAL = "COMPANY_SOUNDS_EQUAL"
    COMPANY_MISTYPED = "COMPANY_MISTYPED"
    COMPANY_ABBREVIATED = "COMPANY_ABBREVIATED"
    PERSON_EQUAL = "PERSON_EQUAL"
    PERSON_OTHER = "PERSON_OTHER"
    CUSTOMER_BEFORE = "CUSTOMER_BEFORE"  # of an account: an earlier lead of the person became it


OF_KEYS: Final[Mapping[str, DuplicateReason]] = {
    "phone": DuplicateReason.PHONE_EQUAL,
    "email": DuplicateReason.EMAIL_EQUAL,
    "wechat_id": DuplicateReason.WECHAT_ID_EQUAL,
    "external_id": DuplicateReason.EXTERNAL_ID_EQUAL,
}
OF_BRANDS: Final[Mapping[Reason, DuplicateReason]] = {
    Reason.BRAND_EQUAL: DuplicateReason.COMPANY_EQUAL,
    Reason.BRAND_SOUNDS_EQUAL: DuplicateReason.COMPANY_SOUNDS_EQUAL,
    Reason.BRAND_MISTYPED: DuplicateReason.COMPANY_MISTYPED,
    Reason.BRAND_ACRONYM: DuplicateReason.COMPANY_ABBREVIATED,
}


@dataclass(frozen=True, kw_only=True)
class KnownLead:
    """A stored lead as it is compared: of its keys only the kinds that it shares are known."""

    id: UUID
    created_at: datetime
    name: Annotated[str | None, Personal("name")] = None
    company: str | None = None
    uscc: str | None = None
    status: LeadStatus = LeadStatus.RAW
    owner_id: str | None = None
    shared: Collection[str] = ()


@dataclass(frozen=True)
class Likeness:
    """The score, from 0 to 100, of a lead that is like another, and the reasons for it."""

    lead_id: UUID
    score: int
    reasons: tuple[DuplicateReason, ...]

    @property
    def is_same(self) -> bool:
        return self.score >= SAME_LEAD


def likeness(lead: Lead, company: CompanyName | None, other: KnownLead) -> Likeness:
    """Return how alike two leads are; `company` is that of the first one, in parts."""
    score, reasons = _of_companies(lead, company, other)
    if other.shared:
        keys = (reason for kind, reason in OF_KEYS.items() if kind in other.shared)
        return Likeness(other.id, CERTAIN, (*keys, *reasons))
    return Likeness(other.id, score, reasons)


def _of_companies(
    lead: Lead, company: CompanyName | None, other: KnownLead
) -> tuple[int, tuple[DuplicateReason, ...]]:
    found = _of_company(lead, company, other)
    if found is None:
        return 0, ()
    score, reasons = found
    if lead.name is None or other.name is None:
        return round(100 * score * PERSON_MISSING), reasons
    if is_same_person(lead.name, other.name):
        return round(100 * score * PERSON_EQUAL), (*reasons, DuplicateReason.PERSON_EQUAL)
    return round(100 * score * PERSON_OTHER), (*reasons, DuplicateReason.PERSON_OTHER)


def _of_company(
    lead: Lead, company: CompanyName | None, other: KnownLead
) -> tuple[float, tuple[DuplicateReason, ...]] | None:
    """Compare the credit codes of two companies, which are certain; without both, the names.

    None if one of the leads names no company.
    """
    if lead.uscc is not None and other.uscc is not None:
        same = lead.uscc == other.uscc
        return (1.0, (DuplicateReason.COMPANY_CODE_EQUAL,)) if same else (0.0, ())
    if company is None or other.company is None:
        return None
    found = compare(company, parse_company_name(other.company))
    return found.score, tuple(OF_BRANDS[one] for one in found.reasons if one in OF_BRANDS)
