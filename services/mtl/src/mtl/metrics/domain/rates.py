"""Rates of samples with their confidence intervals, and the leads that a target needs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final

NORMAL_QUANTILE: Final = Decimal("1.959964")  # of 0.975: intervals hold 95 % of all samples
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
    low, high = wilson_interval(successes, sample)
    return SampleRate(
        rate=(Decimal(successes) / sample).quantize(RATE_STEP, ROUND_HALF_UP),
        low=low.quantize(RATE_STEP, ROUND_FLOOR),
        high=high.quantize(RATE_STEP, ROUND_CEILING),
        sample=sample,
    )


def wilson_interval(successes: int, sample: int) -> tuple[Decimal, Decimal]:
    """Return the score interval of a share, from 0 to 1.

    With p = successes / n and the quantile z it is
    (p + z²/2n ± z·sqrt(p(1 - p)/n + z²/4n²)) / (1 + z²/n): E. B. Wilson, "Probable inference, the
    law of succession, and statistical inference", JASA 22 (1927), 209-212. Unlike the usual one it
    stays within 0 and 1, also for small samples and rare outcomes.
    """
    share, n, z = Decimal(successes) / sample, Decimal(sample), NORMAL_QUANTILE
    scale = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / scale
    margin = z * (share * (1 - share) / n + z * z / (4 * n * n)).sqrt() / scale
    # Of no or only successes one end is exactly the share itself, but for rounding.
    low = Decimal(0) if successes == 0 else centre - margin
    high = Decimal(1) if successes == sample else centre + margin
    return low, high


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
    low, high = wilson_interval(converted, sample)
    return LeadsNeeded(
        NeededState.COMPUTED,
        needed=needed,
        needed_at_least=_ceiling(target / high),
        needed_at_most=_ceiling(target / low),
        missing=max(0, needed - came),
    )


def _ceiling(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_CEILING))
