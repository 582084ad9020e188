"""A merge of leads: what it changed, and what an undo gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from kernel.errors import Conflict, RuleBroken
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.moves import INVALID
from mtl.merges.domain.units import FIELDS_OF, MAPPINGS, MERGED_FIELDS, values_of

MAX_MERGED: Final = 20


@dataclass(frozen=True)
class Changes:
    """The fields of the survivor that a merge changed, with their values before and after."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @classmethod
    def between(cls, before: Lead, after: Lead) -> Changes:
        """Return what differs between the survivor before and after the merge."""
        changed = [n for n in MERGED_FIELDS if getattr(before, n) != getattr(after, n)]
        return cls(
            {name: getattr(before, name) for name in changed},
            {name: getattr(after, name) for name in changed},
        )

    def taken_back(self, lead: Lead) -> tuple[Lead, Sequence[str]]:
        """Return the lead as it was, and the units that stay because they were edited since.

        Values that belong together are taken back together; attributes and custom fields each by
        itself.
        """
        values: dict[str, Any] = {}
        kept: list[str] = []
        for unit, fields in FIELDS_OF.items():
            if unit in MAPPINGS and unit in self.after:
                values[unit], edited = self._taken_back_by_name(unit, getattr(lead, unit))
                kept += edited
            elif unit not in MAPPINGS and any(name in self.after for name in fields):
                present = values_of(lead, unit)
                if all(present[name] == v for name, v in self.after.items() if name in fields):
                    values |= {n: v for n, v in self.before.items() if n in fields}
                else:
                    kept.append(unit)
        return replace(lead, **values), kept

    def _taken_back_by_name(
        self, unit: str, present: Mapping[str, Any]
    ) -> tuple[dict[str, Any], Sequence[str]]:
        before, after, values = self.before[unit], self.after[unit], dict(present)
        kept = []
        for name in {**before, **after}:
            if before.get(name) == after.get(name):
                continue
            if present.get(name) != after.get(name):
                kept.append(f"{unit}.{name}")
            elif name in before:
                values[name] = before[name]
            else:
                values.pop(name, None)
        return values, kept


@dataclass(frozen=True, kw_only=True)
class Moved:
    """What of a merged lead belongs to its survivor now; an undo gives it back."""

    touches: Sequence[UUID] = ()
    follow_ups: Sequence[UUID] = ()
    history: Sequence[UUID] = ()
    grants: Sequence[UUID] = ()
    external_ids: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, kw_only=True)
class LeadMerge:
    """A merge of leads into one; `request` is a digest of what was requested.

    `changes` is None once the person was erased: an undo then leaves the fields as they are.
    """

    id: UUID
    survivor_id: UUID
    merged_at: datetime
    merged_by: str | None
    request: str
    changes: Changes | None
    moved: Mapping[UUID, Moved]
    undone_at: datetime | None = None
    undone_by: str | None = None
    kept: Sequence[str] = ()

    @property
    def version(self) -> int:
        """The number of its states so far: it was made, and perhaps undone."""
        return version_of(self.undone_at)

    def undone(self, kept: Sequence[str], *, actor: str | None, now: datetime) -> LeadMerge:
        """Return the merge as undone."""
        return replace(self, undone_at=now, undone_by=actor, kept=tuple(kept))


def version_of(undone_at: datetime | None) -> int:
    """Return the version of a merge: 1, or 2 once it was undone."""
    return 1 if undone_at is None else 2


def ensure_mergeable(survivor: Lead, others: Sequence[Lead]) -> None:
    """Refuse a merge of converted leads, or into an invalid one.

    Raises RuleBroken (LEAD_CONVERTED, SURVIVOR_INVALID).
    """
    # The records of L2O refer to a converted lead as it was; and an open lead that disappeared in
    # a closed one would be followed up by nobody.
    for lead in (survivor, *others):
        lead.ensure_not_converted()
    if survivor.status is INVALID:
        raise RuleBroken("SURVIVOR_INVALID")


def ensure_versions(others: Sequence[Lead], versions: Mapping[UUID, int]) -> None:
    """Refuse a merge of leads that changed since. Raises Conflict (MERGED_LEAD_CHANGED)."""
    for lead in others:
        if lead.version != versions[lead.id]:
            name = lead.display_name
            raise Conflict("MERGED_LEAD_CHANGED", lead_id=str(lead.id), name=name)
