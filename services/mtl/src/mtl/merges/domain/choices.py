"""Chooses the values of a lead into which others are merged, and says why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from kernel.errors import Invalid, Violation
from kernel.json_pointers import child
from mtl.leads.domain.details import KEY_FIELDS
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.moves import INVALID
from mtl.merges.domain.units import (
    BLOCKS,
    FIELDS_OF,
    MAPPINGS,
    SINGLE_FIELDS,
    SLOTS,
    TAGS,
    is_pinnable,
    values_of,
)
from parties.tags import MAX_TAGS, distinct_tags
from scoring.grades import Grade

MAX_ATTRIBUTES: Final = 100
GRADE_RANKS: Final = {grade: rank for rank, grade in enumerate(Grade)}


class ChoiceReason(StrEnum):
    """Why a value is the one that the survivor gets."""

    PINNED = "PINNED"
    OWN = "OWN"
    ONLY = "ONLY"
    MORE_COMPLETE = "MORE_COMPLETE"
    BETTER_GRADE = "BETTER_GRADE"
    NEWER = "NEWER"
    UNITED = "UNITED"


@dataclass(frozen=True)
class LeftOut:
    """A value that the survivor does not get; `name` is that of an attribute or custom field."""

    lead_id: UUID
    value: Any
    name: str | None = None


@dataclass(frozen=True)
class Choice:
    """The values of a unit that the survivor gets, whose they are, and what is left out."""

    unit: str
    values: Mapping[str, Any]
    lead_id: UUID
    reason: ChoiceReason
    left_out: Sequence[LeftOut] = ()


@dataclass(frozen=True)
class Candidates:
    """The survivor and the leads that are merged into it, the best of these first."""

    survivor: Lead
    others: Sequence[Lead]
    pinned: Mapping[str, UUID] = field(default_factory=dict)

    @property
    def leads(self) -> Sequence[Lead]:
        """All leads, the survivor first."""
        return (self.survivor, *self.others)

    def pinned_first(self, unit: str) -> Sequence[Lead]:
        """Return all leads, before the others the one that somebody chose."""
        chosen = self.pinned.get(unit)
        return sorted(self.leads, key=lambda lead: lead.id != chosen)


def choose(survivor: Lead, others: Sequence[Lead], pinned: Mapping[str, UUID]) -> list[Choice]:
    """Choose the values of the survivor, for each unit that any of the leads has.

    The survivor's own value counts, unless another one is pinned. Where it has none, that of the
    most complete, the best graded, the newest lead counts, in this order; phones and mails of an
    invalid lead never do. Raises Invalid
    (PINNED_FIELD_UNKNOWN, PINNED_LEAD_UNKNOWN, PINNED_VALUE_MISSING).
    """
    ranked = [_without_contacts(lead) for lead in sorted(others, key=_rank)]
    leads = Candidates(survivor, ranked, pinned)
    _ensure_pinned(leads)
    choices = [_one_of(leads, unit) for unit in (*SINGLE_FIELDS, *BLOCKS)]
    choices += [_slots(leads, unit) for unit in SLOTS]
    choices += [_tags(leads), *(_mapping(leads, unit) for unit in MAPPINGS)]
    found = {one.unit: one for one in choices if one is not None}
    return [found[unit] for unit in FIELDS_OF if unit in found]


def merged_lead(survivor: Lead, choices: Sequence[Choice]) -> Lead:
    """Return the survivor with the chosen values."""
    values: dict[str, Any] = {}
    for choice in choices:
        values |= choice.values
    return replace(survivor, **values)


def _rank(lead: Lead) -> tuple[int, float, UUID]:
    grade = len(GRADE_RANKS) if lead.grade is None else GRADE_RANKS[lead.grade]
    return grade, -lead.updated_at.timestamp(), lead.id


def _without_contacts(lead: Lead) -> Lead:
    """Return an invalid lead without its phones and mails, which other leads may have."""
    if lead.status is not INVALID:
        return lead
    contacts = [name for name, kind in KEY_FIELDS.items() if kind != "external_id"]
    blank: dict[str, Any] = dict.fromkeys(contacts)
    return replace(lead, **blank)


def _ensure_pinned(leads: Candidates) -> None:
    by_id = {lead.id: lead for lead in leads.leads}
    violations = []
    for unit, lead_id in leads.pinned.items():
        pointer = child("/pinned", unit)
        if not is_pinnable(unit):
            violations.append(Violation(pointer, "PINNED_FIELD_UNKNOWN"))
        elif lead_id not in by_id:
            violations.append(Violation(pointer, "PINNED_LEAD_UNKNOWN"))
        elif not _has(by_id[lead_id], unit):
            violations.append(Violation(pointer, "PINNED_VALUE_MISSING"))
    if violations:
        raise Invalid(violations)


def _has(lead: Lead, unit: str) -> bool:
    """Whether a lead has a value of a unit, or of one name in a mapping."""
    mapping, dot, name = unit.partition(".")
    return getattr(lead, mapping).get(name) is not None if dot else _filled(lead, unit) > 0


def _filled(lead: Lead, unit: str) -> int:
    """Return how many values of a unit a lead has; a country alone is no address."""
    values = values_of(lead, unit)
    return sum(value is not None for name, value in values.items() if name != "country")


def _one_of(leads: Candidates, unit: str) -> Choice | None:
    """Choose the values of one lead, by how many of them it has."""
    having = [lead for lead in leads.leads if _filled(lead, unit) > 0]
    if not having:
        return None
    best = sorted(having, key=lambda lead: (lead is not leads.survivor, -_filled(lead, unit)))
    chosen = next((lead for lead in best if lead.id == leads.pinned.get(unit)), best[0])
    values = values_of(chosen, unit)
    if values.get("country", "") is None:
        values["country"] = leads.survivor.country
    left_out = [
        LeftOut(lead.id, values_of(lead, unit))
        for lead in best
        if lead is not chosen and values_of(lead, unit) != values_of(chosen, unit)
    ]
    return Choice(unit, values, chosen.id, _reason(leads, unit, best), left_out)


def _reason(leads: Candidates, unit: str, best: Sequence[Lead]) -> ChoiceReason:
    """Say why a value is chosen; `best` are the leads that have one, the best first."""
    if unit in leads.pinned:
        return ChoiceReason.PINNED
    if best[0] is leads.survivor:
        return ChoiceReason.OWN
    if len(best) == 1:
        return ChoiceReason.ONLY
    if _filled(best[0], unit) > _filled(best[1], unit):
        return ChoiceReason.MORE_COMPLETE
    return ChoiceReason.BETTER_GRADE if best[0].grade != best[1].grade else ChoiceReason.NEWER


def _slots(leads: Candidates, unit: str) -> Choice | None:
    """Unite the values of a kind: the survivor's stay where they are, others fill what is free."""
    fields, pinned = FIELDS_OF[unit], unit in leads.pinned
    found: dict[str, UUID] = {}
    for lead in leads.pinned_first(unit):
        for value in values_of(lead, unit).values():
            if value is not None:
                found.setdefault(value, lead.id)
    if not found:
        return None
    values = dict.fromkeys(fields) if pinned else values_of(leads.survivor, unit)
    waiting = [value for value in found if value not in values.values()]
    for name in fields:
        if values[name] is None and waiting:
            values[name] = waiting.pop(0)
    left_out = [LeftOut(found[value], value) for value in waiting]
    if pinned:
        return Choice(unit, values, leads.pinned[unit], ChoiceReason.PINNED, left_out)
    is_own = values == values_of(leads.survivor, unit)
    reason = ChoiceReason.OWN if is_own else ChoiceReason.UNITED
    return Choice(unit, values, leads.survivor.id, reason, left_out)


def _tags(leads: Candidates) -> Choice | None:
    """Unite the tags; those beyond the twenty that a lead may have are left out."""
    own = leads.survivor.tags
    united = distinct_tags(tag for lead in leads.leads for tag in lead.tags)
    if not united:
        return None
    kept = united[:MAX_TAGS]
    left_out = [
        LeftOut(lead.id, tag)
        for tag in united[MAX_TAGS:]
        for lead in leads.leads[1:]
        if tag in lead.tags
    ]
    reason = ChoiceReason.OWN if kept == own else ChoiceReason.UNITED
    return Choice(TAGS, {TAGS: kept}, leads.survivor.id, reason, left_out)


def _mapping(leads: Candidates, unit: str) -> Choice | None:
    """Unite values by name; lists of one name are united, of others the first one counts."""
    united: dict[str, Any] = {}
    left_out: list[LeftOut] = []
    names = dict.fromkeys(name for lead in leads.leads for name in getattr(lead, unit))
    for name in names:
        having = [
            one for one in leads.pinned_first(f"{unit}.{name}") if _has(one, f"{unit}.{name}")
        ]
        for lead in having:
            value = getattr(lead, unit)[name]
            if name not in united and (unit == "custom_fields" or len(united) < MAX_ATTRIBUTES):
                united[name] = value
            elif isinstance(value, list) and isinstance(united.get(name), list):
                united[name] = [*united[name], *(v for v in value if v not in united[name])]
            elif united.get(name) != value:
                left_out.append(LeftOut(lead.id, value, name))
    if not united:
        return None
    is_own = united == dict(getattr(leads.survivor, unit))
    reason = ChoiceReason.OWN if is_own else ChoiceReason.UNITED
    return Choice(unit, {unit: united}, leads.survivor.id, reason, left_out)
