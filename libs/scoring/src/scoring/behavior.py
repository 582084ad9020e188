"""What the behavior of a lead is worth: points for each touch that lose half their worth in time.

A touch of a kind is worth its points times 2^(-age / half-life): exponential decay, as of
radioactive matter. The worth of a kind is capped, and so is that of all kinds together; a cap binds
what is worth something now, so touches above it keep a capped kind at its cap for longer.

Arithmetic: Decimal with 40 digits, rounded half up to six places at the end. Two instants that
differ by a microsecond differ by far more than the error of the 40th digit wherever a value is not
rounded to zero, so the rounded worth never rises as time passes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

PLACES: Final = Decimal("0.000001")
_CONTEXT: Final = Context(prec=40, rounding=ROUND_HALF_UP)
_SECONDS_A_DAY: Final = 86_400
_MICROSECONDS_A_DAY: Final = Decimal(_SECONDS_A_DAY * 1_000_000)
_NOTHING: Final = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class TouchRule:
    """What touches of one kind are worth.

    `points` of a touch when it happens, at least 0; `cap` of all touches of the kind (None: none);
    `half_life` in days, above 0 (None: the points are kept for ever). Raises ValueError otherwise.
    """

    points: Decimal
    cap: Decimal | None = None
    half_life: Decimal | None = None

    def __post_init__(self) -> None:
        if not self.points.is_finite() or self.points < 0:
            raise ValueError("points must be at least 0")
        _ensure_cap(self.cap)
        if self.half_life is not None and not (self.half_life.is_finite() and self.half_life > 0):
            raise ValueError("a half-life must be more than 0 days")

    def remaining(self, age: timedelta) -> Decimal:
        """Return which part of its points a touch of this age still has, from 1 to 0."""
        if self.half_life is None:
            return Decimal(1)
        days = _CONTEXT.divide(Decimal(age // timedelta(microseconds=1)), _MICROSECONDS_A_DAY)
        return _CONTEXT.power(Decimal(2), -_CONTEXT.divide(days, self.half_life))


@dataclass(frozen=True, kw_only=True)
class BehaviorRules:
    """What each kind of touch is worth, and at most all together (None: without limit)."""

    kinds: Mapping[str, TouchRule]
    cap: Decimal | None = None

    def __post_init__(self) -> None:
        _ensure_cap(self.cap)


@dataclass(frozen=True)
class Touch:
    """Something that a lead did at an instant with a time zone, such as opening a mail."""

    kind: str
    at: datetime

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("the instant of a touch must have a time zone")


@dataclass(frozen=True)
class KindWorth:
    """The touches of one kind that count: how many, their worth, and what the cap leaves of it."""

    touches: int
    uncapped: Decimal
    points: Decimal


@dataclass(frozen=True)
class BehaviorScore:
    """What behavior is worth at an instant; `kinds` explain the points before the common cap."""

    points: Decimal
    kinds: Mapping[str, KindWorth]


def score_at(rules: BehaviorRules, touches: Iterable[Touch], instant: datetime) -> BehaviorScore:
    """Return what the touches up to an instant are worth then, with six places.

    Kinds without a rule and later touches count nothing.
    """
    worths, counts = _worths(rules, touches, instant)
    kinds = {
        kind: KindWorth(
            counts[kind], _rounded(worth), _rounded(_capped(worth, rules.kinds[kind].cap))
        )
        for kind, worth in sorted(worths.items())
    }
    return BehaviorScore(_rounded(_total(rules, worths, timedelta(0))), kinds)


def falls_below(
    rules: BehaviorRules, touches: Sequence[Touch], threshold: Decimal, *, after: datetime
) -> datetime | None:
    """Return when the score falls below a threshold by decay alone: the first such whole second.

    Seconds are counted from `after`, and touches later than that are left out. Returns `after`
    where the score is below already, None where it never gets there before the year 9999.
    """
    worths, _ = _worths(rules, touches, after)
    start = after.astimezone(UTC)

    def is_below(seconds: int) -> bool:
        return _rounded(_total(rules, worths, timedelta(seconds=seconds))) < threshold

    if is_below(0):
        return start
    # A touch may be worth a point for ever: then no later instant is below the threshold.
    last = (datetime.max.replace(tzinfo=UTC) - start) // timedelta(seconds=1)
    if not is_below(last):
        return None
    above, below = 0, _SECONDS_A_DAY
    while below < last and not is_below(below):
        above, below = below, below * 2
    below = min(below, last)
    while below - above > 1:
        middle = (above + below) // 2
        above, below = (above, middle) if is_below(middle) else (middle, below)
    return start + timedelta(seconds=below)


def _worths(
    rules: BehaviorRules, touches: Iterable[Touch], instant: datetime
) -> tuple[dict[str, Decimal], dict[str, int]]:
    """Return the uncapped worth and the number of touches of each kind, in any order the same."""
    worths: dict[str, Decimal] = {}
    counts: dict[str, int] = {}
    for touch in sorted(touches, key=lambda one: one.at):
        rule = rules.kinds.get(touch.kind)
        if rule is None or touch.at > instant:
            continue
        worth = _CONTEXT.multiply(rule.points, rule.remaining(instant - touch.at))
        worths[touch.kind] = _CONTEXT.add(worths.get(touch.kind, _NOTHING), worth)
        counts[touch.kind] = counts.get(touch.kind, 0) + 1
    return worths, counts


def _total(rules: BehaviorRules, worths: Mapping[str, Decimal], later: timedelta) -> Decimal:
    """Return the capped sum of what kinds are worth some time later.

    All touches of a kind decay alike, so their sum decays like one touch.
    """
    total = _NOTHING
    for kind, worth in worths.items():
        rule = rules.kinds[kind]
        rest = _CONTEXT.multiply(worth, rule.remaining(later))
        total = _CONTEXT.add(total, _capped(rest, rule.cap))
    return _capped(total, rules.cap)


def _capped(worth: Decimal, cap: Decimal | None) -> Decimal:
    return worth if cap is None else min(worth, cap)


def _rounded(worth: Decimal) -> Decimal:
    return worth.quantize(PLACES, context=_CONTEXT)


def _ensure_cap(cap: Decimal | None) -> None:
    if cap is not None and not (cap.is_finite() and cap >= 0):
        raise ValueError("a cap must be at least 0")
