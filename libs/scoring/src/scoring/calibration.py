"""From the log-odds of a model to a probability that holds: of leads at 30 %, 30 % are won."""

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self

from scoring.encoding import finite


@dataclass(frozen=True)
class SigmoidCalibration:
    """The sigmoid of `slope` * log-odds + `intercept` (J. Platt, 1999): for fewer examples."""

    slope: float
    intercept: float
    kind: ClassVar[str] = "SIGMOID"

    def probability(self, log_odds: float) -> float:
        """Return the calibrated probability."""
        return sigmoid(self.slope * log_odds + self.intercept)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read what `asdict` gave."""
        return cls(finite(document["slope"]), finite(document["intercept"]))


@dataclass(frozen=True)
class IsotonicCalibration:
    """A rising line through points (B. Zadrozny, C. Elkan, 2002): for a thousand examples or more.

    Between two points the line is straight, outside it keeps the first and the last probability.
    """

    log_odds: tuple[float, ...]
    probabilities: tuple[float, ...]
    kind: ClassVar[str] = "ISOTONIC"

    def probability(self, log_odds: float) -> float:
        """Return the calibrated probability."""
        after = bisect_right(self.log_odds, log_odds)
        if after == 0:
            return self.probabilities[0]
        if after == len(self.log_odds):
            return self.probabilities[-1]
        x0, x1 = self.log_odds[after - 1 : after + 1]
        y0, y1 = self.probabilities[after - 1 : after + 1]
        return y0 + (y1 - y0) * (log_odds - x0) / (x1 - x0)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read what `asdict` gave. Raises ValueError unless the line rises from 0 to 1."""
        xs = tuple(finite(one) for one in document["log_odds"])
        ys = tuple(finite(one) for one in document["probabilities"])
        if not xs or len(xs) != len(ys) or list(xs) != sorted(set(xs)) or list(ys) != sorted(ys):
            raise ValueError("the points of a calibration must rise")
        if not 0 <= ys[0] <= ys[-1] <= 1:
            raise ValueError("probabilities are from 0 to 1")
        return cls(xs, ys)


Calibration = SigmoidCalibration | IsotonicCalibration


def calibration_to_json(calibration: Calibration) -> dict[str, Any]:
    """Return a calibration as JSON values."""
    return {"kind": calibration.kind, **asdict(calibration)}


def calibration_from_json(document: Mapping[str, Any]) -> Calibration:
    """Read what `calibration_to_json` wrote.

    Raises KeyError, TypeError or ValueError for anything else.
    """
    for kind in (SigmoidCalibration, IsotonicCalibration):
        if document["kind"] == kind.kind:
            return kind.from_json(document)
    raise ValueError(f"unknown calibration: {document['kind']}")


def sigmoid(log_odds: float) -> float:
    """Return 1 / (1 + exp(-x)) without overflow."""
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    odds = math.exp(log_odds)
    return odds / (1 + odds)
