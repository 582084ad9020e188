"""How likely two accounts are one company, why, and what the policy of a tenant does then."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from kernel.errors import Conflict
from kernel.names import comparable_name
from parties.company_names import CompanyName, parse_company_name
from parties.similarity import SAME_COMPANY, compare

CERTAIN: Final = 100  # the score of accounts that share an exact key
LEAST_SCORE: Final = round(CERTAIN * SAME_COMPANY)
MAX_SHOWN: Final = 20
NOBODY: Final = "—"


class CollisionKey(StrEnum):
    """What two accounts have in common."""

    USCC = "USCC"
    NAME = "NAME"
    PHONE = "PHONE"
    EMAIL = "EMAIL"
    WEBSITE = "WEBSITE"
    SIMILAR_NAME = "SIMILAR_NAME"


class CollisionAction(StrEnum):
    """What becomes of a new account that has a key of another one; the later, the stricter."""

    ALLOW = "ALLOW"
    WARN = "WARN"
    BLOCK = "BLOCK"


_STRICTNESS: Final = tuple(CollisionAction)


@dataclass(frozen=True, kw_only=True)
class CollisionPolicy:
    """What a tenant does about each key; `id` is the tenant's, version 0 that of a new tenant.

    Subsidiaries share sites and parts of names, and contacts a switchboard or a mailbox, so these
    are allowed by default.
    """

    id: UUID
    uscc: CollisionAction = CollisionAction.BLOCK
    name: CollisionAction = CollisionAction.WARN
    phone: CollisionAction = CollisionAction.WARN
    email: CollisionAction = CollisionAction.WARN
    website: CollisionAction = CollisionAction.ALLOW
    similar_name: CollisionAction = CollisionAction.ALLOW
    contact_phone: CollisionAction = CollisionAction.ALLOW
    contact_email: CollisionAction = CollisionAction.ALLOW
    created_at: datetime
    updated_at: datetime
    version: int = 0

    def action_for(self, keys: Iterable[CollisionKey]) -> CollisionAction:
        """Return the strictest action for these keys; ALLOW for none."""
        actions = (getattr(self, key.lower()) for key in keys)
        return max(actions, key=_STRICTNESS.index, default=CollisionAction.ALLOW)

    def action_for_contacts(self, keys: Iterable[CollisionKey]) -> CollisionAction:
        """Return the strictest action for what two contacts have in common: PHONE, EMAIL."""
        actions = (getattr(self, f"contact_{key.lower()}") for key in keys)
        return max(actions, key=_STRICTNESS.index, default=CollisionAction.ALLOW)


@dataclass(frozen=True, kw_only=True)
class CompanyFacts:
    """What a company is recognized by; domains are those of its websites."""

    name: str | None = None
    uscc: str | None = None
    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()

    def exact_keys(self) -> list[str]:
        """The keys that two writers lock, so that they do not both create the company."""
        found = {
            *(f"USCC {one}" for one in (self.uscc,) if one),
            *(f"NAME {comparable_name(one)}" for one in (self.name,) if one),
            *(f"PHONE {one}" for one in self.phones),
            *(f"EMAIL {one}" for one in self.emails),
            *(f"WEBSITE {one}" for one in self.domains),
        }
        return sorted(found)

    def without(self, other: CompanyFacts) -> CompanyFacts:
        """Return what another state of the company does not have: what an edit adds."""
        same_name = comparable_name(self.name or "") == comparable_name(other.name or "")
        return CompanyFacts(
            name=None if same_name else self.name,
            uscc=None if self.uscc == other.uscc else self.uscc,
            phones=self.phones - other.phones,
            emails=self.emails - other.emails,
            domains=self.domains - other.domains,
        )


@dataclass(frozen=True, kw_only=True)
class KnownCompany:
    """An account as it is compared; its numbers and mails may be those of its contacts."""

    account_id: UUID
    owner_id: str | None
    facts: CompanyFacts


@dataclass(frozen=True, kw_only=True)
class Collision:
    """A record that may be the same, with a score from 0 to 100 and what is equal."""

    record_id: UUID
    name: str
    owner_id: str | None
    score: int
    keys: tuple[CollisionKey, ...]


def collisions(facts: CompanyFacts, known: Iterable[KnownCompany]) -> list[Collision]:
    """Return the accounts that may be the company, the likeliest first, at most MAX_SHOWN."""
    name = None if facts.name is None else parse_company_name(facts.name)
    found = [one for one in (_collision(facts, name, other) for other in known) if one.keys]
    found.sort(key=lambda one: (-one.score, -len(one.keys), one.record_id))
    return found[:MAX_SHOWN]


def _collision(facts: CompanyFacts, name: CompanyName | None, other: KnownCompany) -> Collision:
    theirs = other.facts
    keys = [
        *([CollisionKey.USCC] if facts.uscc and facts.uscc == theirs.uscc else []),
        *([CollisionKey.NAME] if _is_same_name(facts, theirs) else []),
        *([CollisionKey.PHONE] if facts.phones & theirs.phones else []),
        *([CollisionKey.EMAIL] if facts.emails & theirs.emails else []),
        *([CollisionKey.WEBSITE] if facts.domains & theirs.domains else []),
    ]
    score = CERTAIN if keys else 0
    if CollisionKey.NAME not in keys and (alike := _likeness(facts, name, theirs)) >= LEAST_SCORE:
        keys.append(CollisionKey.SIMILAR_NAME)
        score = max(score, alike)
    return Collision(
        record_id=other.account_id,
        name=theirs.name or "",
        owner_id=other.owner_id,
        score=score,
        keys=tuple(keys),
    )


def _has_other_code(facts: CompanyFacts, theirs: CompanyFacts) -> bool:
    """Whether two credit codes say that these are two companies, whatever their names."""
    return bool(facts.uscc and theirs.uscc and facts.uscc != theirs.uscc)


def _is_same_name(facts: CompanyFacts, theirs: CompanyFacts) -> bool:
    if not facts.name or not theirs.name or _has_other_code(facts, theirs):
        return False
    return comparable_name(facts.name) == comparable_name(theirs.name)


def _likeness(facts: CompanyFacts, name: CompanyName | None, theirs: CompanyFacts) -> int:
    """Return how alike the names are by `parties.similarity`, from 0 to 100."""
    if name is None or not theirs.name or _has_other_code(facts, theirs):
        return 0
    return round(CERTAIN * compare(name, parse_company_name(theirs.name)).score)


@dataclass(frozen=True, kw_only=True)
class PersonFacts:
    """The numbers and mails by which a contact is recognized."""

    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()

    def exact_keys(self) -> list[str]:
        """The keys that two writers lock, so that they do not both create the person."""
        phones = (f"CONTACT_PHONE {one}" for one in self.phones)
        return sorted({*phones, *(f"CONTACT_EMAIL {one}" for one in self.emails)})

    def without(self, other: PersonFacts) -> PersonFacts:
        """Return what another state of the person does not have: what an edit adds."""
        return PersonFacts(phones=self.phones - other.phones, emails=self.emails - other.emails)


@dataclass(frozen=True, kw_only=True)
class KnownPerson:
    """A contact with the numbers and mails of it that were looked for."""

    contact_id: UUID
    name: str
    owner_id: str | None
    facts: PersonFacts


def contact_collisions(facts: PersonFacts, known: Iterable[KnownPerson]) -> list[Collision]:
    """Return the contacts that have a number or a mail of the person, in the order of ids."""
    found = []
    for one in sorted(known, key=lambda person: person.contact_id):
        keys = (
            *([CollisionKey.PHONE] if facts.phones & one.facts.phones else []),
            *([CollisionKey.EMAIL] if facts.emails & one.facts.emails else []),
        )
        if keys:
            collision = Collision(
                record_id=one.contact_id,
                name=one.name,
                owner_id=one.owner_id,
                score=CERTAIN,
                keys=keys,
            )
            found.append(collision)
    return found[:MAX_SHOWN]


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who has a record that collides: a person with their department, and not what it holds."""

    record_id: UUID
    is_visible: bool
    owner_id: str | None = None
    owner_name: str | None = None
    department_name: str | None = None

    @property
    def in_words(self) -> str:
        """The person and their department as texts name them; a dash where nobody is known."""
        if self.owner_name is None or self.department_name is None:
            return self.owner_name or NOBODY
        return f"{self.owner_name} ({self.department_name})"


def collision_error(
    what: str,
    action: CollisionAction,
    found: Collection[Collision],
    holders: Mapping[UUID, Holder],
) -> Conflict:
    """Return the error that refuses a record: who has the others, and which one if visible.

    `what` is `account` or `contact`.
    """
    first = next(iter(found))
    verb = "COLLIDES" if action is CollisionAction.BLOCK else "MAY_COLLIDE"
    return Conflict(
        f"{what.upper()}_{verb}",
        holder=holders[first.record_id].in_words,
        keys=[key.value for key in first.keys],
        collisions=[_disclosed(what, one, holders[one.record_id]) for one in found],
    )


def _disclosed(what: str, collision: Collision, holder: Holder) -> dict[str, object]:
    """Return what everybody may know of a collision; of a visible record also which it is."""
    common: dict[str, object] = {
        "owner_id": holder.owner_id,
        "owner_name": holder.owner_name,
        "department_name": holder.department_name,
        "score": collision.score,
        "keys": [key.value for key in collision.keys],
    }
    if not holder.is_visible:
        return common
    shown = {f"{what}_id": str(collision.record_id), f"{what}_name": collision.name}
    return {**common, **shown}
