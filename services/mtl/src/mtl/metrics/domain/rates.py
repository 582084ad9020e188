"""Rates of samples with their confidence intervals, and the leads that a target needs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final

from scoring.metrics import wilson_bounds

RATE_STEP: Final = Decimal("0.0001")
LEAST_SAMPLE: Final = 30  # below it, a rate says too little for a forecast


@dataclass(frozen=True)
class SampleRate:
    """The share of a sample that had an outcome, and the interval of the share behind it.

    All three shares are rounded to four digits, the interval outwards.
    """

    rate: Decimal
    low: Decimal
    high: Decimal
    sample: int


def sample_rate(successes: int, sample: int) -> SampleRate | None:
    """Return the rate of a sample with its interval of 95 %; None for an empty sample."""
    if sample == 0:
        return None
    low, high = wilson_bounds(successes, sample)
    return SampleRate(
        rate=(Decimal(successes) / sample).quantize(RATE_STEP, ROUND_HALF_UP),
        low=low.quantize(RATE_STEP, ROUND_FLOOR),
        high=high.quantize(RATE_STEP, ROUND_CEILING),
        sample=sample,
    )


class NeededState(StrEnum):
    """Whether past leads say how many are needed."""

    COMPUTED = "COMPUTED"
    NOT_ENOUGH_DATA = "NOT_ENOUGH_DATA"
    NONE_CONVERTED = "NONE_CONVERTED"


@dataclass(frozen=True)
class LeadsNeeded:
    """How many leads a target needs, the range of it, and how many are still missing.

    The numbers are None unless the state is COMPUTED.
    """

    state: NeededState
    needed: int | None = None
    needed_at_least: int | None = None
    needed_at_most: int | None = None
    missing: int | None = None


def leads_needed(target: int, came: int, *, converted: int, sample: int) -> LeadsNeeded:
    """Return how many leads a target of conversions needs, if as many convert as in a sample.

    The range comes from the interval of the rate: the more leads convert, the fewer are needed.
    """
    if sample < LEAST_SAMPLE:
        return LeadsNeeded(NeededState.NOT_ENOUGH_DATA)
    if converted == 0:
        return LeadsNeeded(NeededState.NONE_CONVERTED)
    needed = -(-target * sample // converted)
    low, high = wilson_bounds(converted, sample)
    return LeadsNeeded(
        NeededState.COMPUTED,
        needed=needed,
        needed_at_least=_ceiling(target / high),
        needed_at_most=_ceiling(target / low),
        missing=max(0, needed - came),
    )


def _ceiling(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_CEILING))
