"""Who a step asks: found by its approvers, without the asker, people who left, and duplicates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from desk.flows.domain.flow import Approver, ApproverSource, Step


class Exclusion(StrEnum):
    """Why somebody who was found is not asked."""

    IS_ASKER = "IS_ASKER"
    INACTIVE = "INACTIVE"
    DUPLICATE = "DUPLICATE"
    ON_LEAVE = "ON_LEAVE"


class Origin(StrEnum):
    """Why somebody is asked."""

    FLOW = "FLOW"
    SUBSTITUTE = "SUBSTITUTE"
    SUPERIOR_OF_ASKER = "SUPERIOR_OF_ASKER"
    FALLBACK = "FALLBACK"
    ADDED = "ADDED"
    ESCALATED = "ESCALATED"


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the directory says about the people whom a step may ask, all by their subjects.

    `active` are people who may decide. `heads` are the heads of the asker's department and of those
    above it, the nearest first; None for a department without a head. `substitutes` are those of
    people who are on leave. `record_people` are named by the asking service.
    """

    active: frozenset[str]
    heads: Sequence[str | None] = ()
    holders: Mapping[str, Sequence[str]] = field(default_factory=dict)
    posts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    substitutes: Mapping[str, str] = field(default_factory=dict)
    record_people: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Somebody who is asked; `instead_of` is the person on leave whom a substitute stands for."""

    person: str
    origin: Origin = Origin.FLOW
    instead_of: str | None = None


@dataclass(frozen=True, kw_only=True)
class Passed:
    """Somebody who was found but is not asked."""

    person: str
    why: Exclusion


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """Who is asked in a step, in order, and who is not, and why."""

    asked: tuple[Asked, ...] = ()
    passed: tuple[Passed, ...] = ()


_UPWARDS: Final = frozenset({ApproverSource.DEPARTMENT_HEAD, ApproverSource.SUPERIOR})


def resolve(
    step: Step, *, asker: str, around: Surroundings, fallback: Approver | None = None
) -> Resolution:
    """Return who is asked in a step.

    The asker never is. Where they are the only one found, their next superior is asked; where
    nobody is found, the fallback of the step, or of the flow. Whoever is on leave is replaced by
    their substitute, unless that is the asker or somebody who is asked anyway. The result is empty
    if all of that finds nobody.
    """
    search = _Search(asker, around)
    search.add_all(step.approvers, Origin.FLOW)
    if not search.asked and search.found_asker:
        search.add_first(_above(asker, around), Origin.SUPERIOR_OF_ASKER)
    last = step.fallback or fallback
    if not search.asked and last is not None:
        search.add_all([last], Origin.FALLBACK)
    return search.result()


def eligible_superior(heads: Sequence[str | None], *, excluded: frozenset[str]) -> str | None:
    """Return the nearest head who is not excluded; None if there is none."""
    return next((head for head in heads if head is not None and head not in excluded), None)


def _above(asker: str, around: Surroundings) -> Iterator[str]:
    return (head for head in around.heads if head is not None and head != asker)


class _Search:
    """Collects who is asked; whoever cannot be is noted with the reason."""

    def __init__(self, asker: str, around: Surroundings) -> None:
        self._asker, self._around = asker, around
        self.asked: list[Asked] = []
        self._passed: list[Passed] = []
        self.found_asker = False

    def result(self) -> Resolution:
        return Resolution(asked=tuple(self.asked), passed=tuple(dict.fromkeys(self._passed)))

    def add_all(self, approvers: Iterable[Approver], origin: Origin) -> None:
        for approver in approvers:
            if approver.source in _UPWARDS:
                # A department without a head, or headed by the asker, is represented by the next.
                self.add_first(self._upwards(approver), origin)
            else:
                for person in self._found(approver):
                    self._add(person, origin)

    def add_first(self, people: Iterable[str], origin: Origin) -> None:
        """Ask the first who can be asked; one who is asked already counts as that."""
        for person in people:
            if self._add(person, origin) or self._is_asked(person):
                return

    def _upwards(self, approver: Approver) -> Iterator[str]:
        level = approver.levels if approver.source is ApproverSource.SUPERIOR else 0
        return (head for head in self._around.heads[level:] if head is not None)

    def _found(self, approver: Approver) -> Sequence[str]:
        name = approver.name
        match approver.source:
            case ApproverSource.PERSON:
                return (name,)
            case ApproverSource.ROLE:
                return self._around.holders.get(name, ())
            case ApproverSource.POST:
                return self._around.posts.get(name, ())
            case _:
                person = self._around.record_people.get(name)
                return () if person is None else (person,)

    def _is_asked(self, person: str) -> bool:
        return any(person in (one.person, one.instead_of) for one in self.asked)

    def _add(self, person: str, origin: Origin) -> bool:
        if person == self._asker:
            self.found_asker = True
            return self._pass(person, Exclusion.IS_ASKER)
        if person not in self._around.active:
            return self._pass(person, Exclusion.INACTIVE)
        if self._is_asked(person):
            return self._pass(person, Exclusion.DUPLICATE)
        substitute = self._substitute_of(person)
        if substitute is None:
            self.asked.append(Asked(person=person, origin=origin))
        else:
            self._pass(person, Exclusion.ON_LEAVE)
            self.asked.append(Asked(person=substitute, origin=Origin.SUBSTITUTE, instead_of=person))
        return True

    def _substitute_of(self, person: str) -> str | None:
        substitute = self._around.substitutes.get(person)
        is_free = (
            substitute != self._asker
            and substitute in self._around.active
            and not self._is_asked(substitute or "")
        )
        return substitute if is_free else None

    def _pass(self, person: str, why: Exclusion) -> bool:
        self._passed.append(Passed(person=person, why=why))
        return False
