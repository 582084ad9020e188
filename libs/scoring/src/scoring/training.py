"""Training of a model from a tenant's own won and lost leads.

It runs in worker processes only: this module and `estimators.py` are the only ones that load
scikit-learn and numpy. The examples are split by time, never at random: the model learns from the
earlier ones, the method and the calibration are chosen on the later part of these, and the figures
of the card come from the latest, which took no part. One thread and a seed make the result the same
each time.
"""

import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import sklearn

from kernel.errors import RuleBroken
from scoring.calibration import Calibration, sigmoid
from scoring.encoding import Encoding
from scoring.estimators import fit, fit_calibration, take_apart
from scoring.examples import ClassCounts, Example, count_classes, ensure_enough
from scoring.features import ExcludedField, FeatureSettings, LearnedFeatures, learn_features
from scoring.forms import Form
from scoring.leakage import LeakageRules, guard
from scoring.metrics import log_loss, quality_of
from scoring.model import ScoringModel
from scoring.model_card import Method, ModelCard
from scoring.monitoring import FieldProfile, profile_fields

MINIMUM_EXAMPLES: Final = 200  # won, and as many lost
MINIMUM_IN_PART: Final = 10  # of a class in each part by time: fewer give no figures


class OutcomesNotMixed(RuleBroken):
    """A period of the examples has too few won or lost leads; code SCORING_OUTCOMES_NOT_MIXED.

    `won` and `lost` count those of the period, `needed` is the number that each must reach.
    """

    def __init__(self, counts: ClassCounts) -> None:
        super().__init__(
            "SCORING_OUTCOMES_NOT_MIXED",
            won=counts.won,
            lost=counts.lost,
            needed=MINIMUM_IN_PART,
        )


class NoUsableFields(RuleBroken):
    """All fields are constant or excluded; code SCORING_NO_USABLE_FIELDS."""

    def __init__(self, excluded: Sequence[ExcludedField]) -> None:
        super().__init__("SCORING_NO_USABLE_FIELDS", fields=[one.field for one in excluded])


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """How a model is trained; `version` is the tenant's running number for it.

    `test_share` of all examples, the latest, measure the model; `validation_share` of the others,
    their latest, choose its method.
    """

    version: int
    seed: int = 0
    minimum_examples: int = MINIMUM_EXAMPLES
    test_share: float = 0.2
    validation_share: float = 0.2
    methods: tuple[Method, ...] = tuple(Method)
    leakage: LeakageRules = field(default_factory=LeakageRules)
    features: FeatureSettings = field(default_factory=FeatureSettings)


@dataclass(frozen=True)
class Training:
    """A trained model, its card, and the profile of its examples for later comparison."""

    model: ScoringModel
    card: ModelCard
    profile: tuple[FieldProfile, ...]


@dataclass(frozen=True)
class _Choice:
    method: Method
    calibration: Calibration
    losses: dict[Method, float]


def split_by_time(
    examples: Sequence[Example], later_share: float
) -> tuple[list[Example], list[Example]]:
    """Return the earlier and the later examples; the later are this share of all."""
    ordered = sorted(examples, key=lambda one: one.at)
    cut = len(ordered) - round(len(ordered) * later_share)
    return ordered[:cut], ordered[cut:]


def train(examples: Sequence[Example], settings: TrainingSettings) -> Training:
    """Train, calibrate and measure a model.

    Raises TooFewExamples where won or lost leads are fewer than the minimum, OutcomesNotMixed where
    a period has hardly any of one class, NoUsableFields where no field tells anything.
    """
    ensure_enough(examples, settings.minimum_examples)
    known, latest = split_by_time(examples, settings.test_share)
    early, middle = split_by_time(known, settings.validation_share)
    for part in (early, middle, latest):
        _ensure_mixed(part)
    allowed = guard(known, settings.leakage)
    features = _learn_usable(known, allowed.allowed, settings)
    excluded = (*allowed.excluded, *features.excluded)
    choice = _choose(early, middle, allowed.allowed, settings)
    form = _learn(choice.method, known, features.encoding, settings.seed)
    model = ScoringModel(settings.version, features.encoding, form, choice.calibration)
    card = _card(model, choice, known, latest, excluded, settings)
    profile = profile_fields(features.encoding, ((one.fields, one.at) for one in known))
    return Training(model, card, profile)


def _choose(
    early: Sequence[Example],
    middle: Sequence[Example],
    allowed: Sequence[str],
    settings: TrainingSettings,
) -> _Choice:
    """Choose the method with the least log loss on later examples, and calibrate on these."""
    encoding = _learn_usable(early, allowed, settings).encoding
    outcomes = [one.is_won for one in middle]
    columns = _columns(encoding, middle)
    log_odds: dict[Method, list[float]] = {}
    for method in settings.methods:
        form = _learn(method, early, encoding, settings.seed)
        log_odds[method] = [form.log_odds(row) for row in columns]
    losses = {
        method: log_loss([sigmoid(one) for one in found], outcomes)
        for method, found in log_odds.items()
    }
    best = min(losses, key=losses.__getitem__)
    return _Choice(best, fit_calibration(log_odds[best], outcomes), losses)


def _learn_usable(
    examples: Sequence[Example], allowed: Sequence[str], settings: TrainingSettings
) -> LearnedFeatures:
    features = learn_features(examples, allowed, settings.features)
    if not features.encoding.fields:
        raise NoUsableFields(features.excluded)
    return features


def _learn(method: Method, examples: Sequence[Example], encoding: Encoding, seed: int) -> Form:
    columns = _columns(encoding, examples)
    outcomes = [one.is_won for one in examples]
    return take_apart(fit(method, columns, outcomes, seed=seed), columns)


def _columns(encoding: Encoding, examples: Sequence[Example]) -> list[list[float]]:
    return [encoding.encode(one.fields, one.at) for one in examples]


def _card(
    model: ScoringModel,
    choice: _Choice,
    known: Sequence[Example],
    latest: Sequence[Example],
    excluded: tuple[ExcludedField, ...],
    settings: TrainingSettings,
) -> ModelCard:
    probabilities = [model.probability(one.fields, one.at) for one in latest]
    return ModelCard(
        version=model.version,
        digest=model.digest,
        method=choice.method,
        calibration=choice.calibration.kind,
        trained_on=count_classes(known),
        tested_on=count_classes(latest),
        trained_until=known[-1].at,
        quality=quality_of(probabilities, [one.is_won for one in latest]),
        validation_losses=choice.losses,
        fields_used=tuple(one.field for one in model.encoding.fields),
        fields_excluded=excluded,
        seed=settings.seed,
        libraries={
            "python": platform.python_version(),
            "scikit-learn": sklearn.__version__,
            "numpy": np.__version__,
        },
    )


def _ensure_mixed(examples: Sequence[Example]) -> None:
    counts = count_classes(examples)
    if min(counts.won, counts.lost) < MINIMUM_IN_PART:
        raise OutcomesNotMixed(counts)
