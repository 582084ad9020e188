"""A learned model: it scores a lead and says why, in plain Python, out of JSON.

An API or a worker reads a model from its database without loading the library that trained it, and
what it reads are numbers and names only.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, Self

from scoring.blend import to_scale
from scoring.calibration import Calibration, calibration_from_json, calibration_to_json
from scoring.encoding import Encoding
from scoring.examples import Fields
from scoring.forms import Form, form_from_json, form_to_json

FORMAT: Final = 1


class InvalidModel(ValueError):
    """A document is not a model, or one of another format."""


@dataclass(frozen=True)
class ScoringModel:
    """A model of one tenant; `version` is the tenant's running number of it."""

    version: int
    encoding: Encoding
    form: Form
    calibration: Calibration

    def log_odds(self, fields: Fields, at: datetime) -> float:
        """Return the log-odds of a lead as it is known at an instant, before calibration."""
        return self.form.log_odds(self.encoding.encode(fields, at))

    def probability(self, fields: Fields, at: datetime) -> float:
        """Return the calibrated probability that a lead is won. Unknown fields say nothing."""
        return self.calibration.probability(self.log_odds(fields, at))

    def score(self, fields: Fields, at: datetime) -> Decimal:
        """Return the probability as a part from 0 to 100, with two places."""
        return to_scale(Decimal(repr(self.probability(fields, at))), Decimal(1))

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the model's document: equal for models that score alike."""
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Return the model as JSON values; floats keep all their digits."""
        return {
            "format": FORMAT,
            "version": self.version,
            "encoding": self.encoding.to_json(),
            "form": form_to_json(self.form),
            "calibration": calibration_to_json(self.calibration),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote. Raises InvalidModel for anything else."""
        if document.get("format") != FORMAT:
            raise InvalidModel(f"unknown format of a model: {document.get('format')!r}")
        try:
            encoding = Encoding.from_json(document["encoding"])
            return cls(
                version=int(document["version"]),
                encoding=encoding,
                form=form_from_json(document["form"], encoding.width),
                calibration=calibration_from_json(document["calibration"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidModel(f"not a model: {error!r}") from error
