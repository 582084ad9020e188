"""From which leads models are trained, and how far the leads of today have moved away from them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from mtl.leads.domain.moves import InvalidReason
from mtl.leads.domain.scoring import LEAD_FACTS
from rules.fields import FactType

MOST_EXAMPLES: Final = 20_000  # the leads that ended last
# Of these nothing can be learned: the person is a lead already, under another record.
NOT_LOST: Final = (InvalidReason.ALREADY_KNOWN,)
_HAS: Final = "has_"
_SOME_DRIFT, _LARGE_DRIFT = 0.1, 0.25  # the usual bounds of the population stability index


@dataclass(frozen=True, kw_only=True)
class TrainingDeclaration:
    """What people know of fields: which are written after the outcome and why, and which are not.

    `confirmed` are fields that look as if they were written later, and are not.
    """

    written_later: Mapping[str, str] = field(default_factory=dict)
    confirmed: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the declaration as the payload of a job."""
        return {"written_later": dict(self.written_later), "confirmed": list(self.confirmed)}


class DriftLevel(StrEnum):
    """How far the values of a field have moved since a model was trained."""

    NONE = "NONE"
    SOME = "SOME"
    LARGE = "LARGE"


def drift_level(index: float) -> DriftLevel:
    """Return the level of a population stability index."""
    if index < _SOME_DRIFT:
        return DriftLevel.NONE
    return DriftLevel.SOME if index < _LARGE_DRIFT else DriftLevel.LARGE


def facts_at_capture(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a lead from the columns with which its row was inserted, as JSON values.

    Custom fields are left to the caller. Empty columns are absent.
    """
    return {spec.name: _fact(spec.type, spec.name, columns) for spec in LEAD_FACTS.fields.values()}


def _fact(kind: FactType, name: str, columns: Mapping[str, Any]) -> Any:
    if name.startswith(_HAS):
        return name.removeprefix(_HAS) in columns
    value = columns.get(name)
    if value is None:
        return None
    if kind is FactType.DECIMAL:
        return Decimal(str(value))
    return date.fromisoformat(value) if kind is FactType.DATE else value


def unknown_fields(names: Iterable[str], custom: Iterable[str]) -> set[str]:
    """Return those of the names of which no lead has a field."""
    return set(names) - set(LEAD_FACTS.fields) - {f"custom.{key}" for key in custom}
