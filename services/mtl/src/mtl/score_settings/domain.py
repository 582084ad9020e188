"""How the score of a lead is put together: the weights of its parts, and the worth of behavior."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Self

from rules.versions import RuleVersion
from scoring.behavior import BehaviorRules, TouchRule
from scoring.blend import ScorePart

FULL_BEHAVIOR: Final = 100  # points of behavior that are a full part, unless settings differ
ONLY_ATTRIBUTES: Final[Mapping[ScorePart, int]] = {
    ScorePart.ATTRIBUTE: 100,
    ScorePart.BEHAVIOR: 0,
    ScorePart.INTELLIGENT: 0,
}


@dataclass(frozen=True, kw_only=True)
class TouchWorth:
    """What touches of a kind are worth: points each, and at most `cap` together.

    After each half-life half of the points is left; without one they are kept for ever.
    """

    points: int
    cap: int | None = None
    half_life_days: int | None = None

    def as_rule(self) -> TouchRule:
        """Return the rule by which `scoring.behavior` counts."""
        return TouchRule(
            points=Decimal(self.points),
            cap=None if self.cap is None else Decimal(self.cap),
            half_life=None if self.half_life_days is None else Decimal(self.half_life_days),
        )


@dataclass(frozen=True, kw_only=True)
class ScoreSettings:
    """The weights of the parts of a score, the worth of touches by kind, and the model in use.

    `full_behavior` is how many points of behavior are the full 100 of their part; `model` is the
    number of a trained model.
    """

    weights: Mapping[ScorePart, int] = field(default_factory=lambda: ONLY_ATTRIBUTES)
    touches: Mapping[str, TouchWorth] = field(default_factory=dict)
    cap: int | None = None
    full_behavior: int = FULL_BEHAVIOR
    model: int | None = None

    def counts(self, part: ScorePart) -> bool:
        """Whether a part has a weight, and what it needs is there."""
        if not self.weights.get(part, 0):
            return False
        if part is ScorePart.BEHAVIOR:
            return bool(self.touches)
        return part is not ScorePart.INTELLIGENT or self.model is not None

    @property
    def decimal_weights(self) -> dict[ScorePart, Decimal]:
        """The weights in the form in which scores are blended."""
        return {part: Decimal(weight) for part, weight in self.weights.items()}

    @property
    def behavior(self) -> BehaviorRules:
        """The rules by which touches are counted."""
        kinds = {kind: worth.as_rule() for kind, worth in self.touches.items()}
        return BehaviorRules(kinds=kinds, cap=None if self.cap is None else Decimal(self.cap))

    def to_json(self) -> dict[str, Any]:
        """Return the settings as the JSON of a version."""
        return {
            "weights": {str(part): self.weights.get(part, 0) for part in ScorePart},
            "touches": {kind: vars(self.touches[kind]) for kind in sorted(self.touches)},
            "cap": self.cap,
            "full_behavior": self.full_behavior,
            "model": self.model,
        }

    @classmethod
    def of(cls, version: RuleVersion | None) -> Self:
        """Return the settings of a version; before the first one only attributes count."""
        if version is None:
            return cls()
        content = version.content
        touches = content["touches"].items()
        return cls(
            weights={ScorePart(part): weight for part, weight in content["weights"].items()},
            touches={kind: TouchWorth(**worth) for kind, worth in touches},
            cap=content["cap"],
            full_behavior=content["full_behavior"],
            model=content["model"],
        )
