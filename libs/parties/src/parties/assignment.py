"""Who gets the next record of several people, by turn, by weight or by load.

Turns follow R. Tijdeman, "The chairman assignment problem", Discrete Mathematics 32 (1980): with
every record each eligible person earns their share of it, and whoever would be behind the longest
gets it. While the same people are eligible, nobody is ever a whole record ahead of their share or
behind it. Who is absent earns nothing and keeps what they had earned. Many records are given out
one by one, so that many at once are split as the same records one after the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from parties.regions import is_within


class Strategy(StrEnum):
    """How one of several eligible people is chosen."""

    TURN = "TURN"  # everybody as many as the others
    WEIGHT = "WEIGHT"  # as many as their weights say
    LEAST_LOADED = "LEAST_LOADED"  # who holds the fewest open records


class NotChosen(StrEnum):
    """Why a person did not get a record."""

    INACTIVE = "INACTIVE"
    ON_LEAVE = "ON_LEAVE"
    BARRED = "BARRED"  # they let the record fall back lately
    NO_ROOM = "NO_ROOM"
    OTHER_REGION = "OTHER_REGION"
    LATER_TURN = "LATER_TURN"
    MORE_LOADED = "MORE_LOADED"


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """A person who may get records.

    `load` counts the open records that they hold, `room` how many more they may take (None: any
    number); `regions` are codes of GB/T 2260 (none: everywhere). `absence` is INACTIVE, ON_LEAVE or
    BARRED.
    """

    subject: str
    weight: int = 1
    load: int = 0
    room: int | None = None
    regions: tuple[str, ...] = ()
    absence: NotChosen | None = None

    def refusal(self, region: str | None) -> NotChosen | None:
        """Return why this person cannot get a record of a region; None if they can."""
        if self.absence is not None:
            return self.absence
        if self.room is not None and self.room <= 0:
            return NotChosen.NO_ROOM
        elsewhere = self.regions and not any(_covers(own, region) for own in self.regions)
        return NotChosen.OTHER_REGION if elsewhere else None


@dataclass(frozen=True)
class Choice:
    """Who gets a record, if anybody, why the others do not, and what everybody has earned now."""

    subject: str | None
    not_chosen: Mapping[str, NotChosen] = field(default_factory=dict)
    earned: Mapping[str, Fraction] = field(default_factory=dict)


def choose(
    strategy: Strategy,
    recipients: Sequence[Recipient],
    earned: Mapping[str, Fraction],
    *,
    region: str | None = None,
) -> Choice:
    """Choose who gets a record of a region; of equals the first in the list.

    `earned` is what `Choice.earned` was after the record before.
    """
    refusals = {one.subject: one.refusal(region) for one in recipients}
    not_chosen = {subject: reason for subject, reason in refusals.items() if reason is not None}
    eligible = [one for one in recipients if one.subject not in not_chosen]
    if not eligible:
        return Choice(None, not_chosen, earned)
    if strategy is Strategy.LEAST_LOADED:
        chosen = min(eligible, key=lambda one: one.load)
        others = NotChosen.MORE_LOADED
    else:
        earned = _with_shares(strategy, eligible, earned)
        chosen = _next_in_turn(strategy, eligible, earned)
        others = NotChosen.LATER_TURN
        earned = {**earned, chosen.subject: earned[chosen.subject] - 1}
    not_chosen |= {one.subject: others for one in eligible if one is not chosen}
    return Choice(chosen.subject, not_chosen, earned)


def _covers(region: str, other: str | None) -> bool:
    """Whether a territory has a record's region in it; a record without a region is in none."""
    return other is not None and is_within(region, other)


def _weight(strategy: Strategy, recipient: Recipient) -> int:
    return recipient.weight if strategy is Strategy.WEIGHT else 1


def _with_shares(
    strategy: Strategy, eligible: Iterable[Recipient], earned: Mapping[str, Fraction]
) -> dict[str, Fraction]:
    """Return what everybody has earned when each eligible person earns their share of a record."""
    weights = {one.subject: _weight(strategy, one) for one in eligible}
    total = sum(weights.values())
    shares = {subject: Fraction(weight, total) for subject, weight in weights.items()}
    return {**earned, **{each: earned.get(each, Fraction(0)) + shares[each] for each in shares}}


def _next_in_turn(
    strategy: Strategy, eligible: Sequence[Recipient], earned: Mapping[str, Fraction]
) -> Recipient:
    """Return who would fall behind by too much first; only who has earned enough can be chosen."""
    count = len(eligible)
    slack = Fraction(1, 2 * count - 2) if count > 1 else Fraction(0)
    total = sum(_weight(strategy, one) for one in eligible)

    def records_until_behind(one: Recipient) -> Fraction:
        return (1 - slack - earned[one.subject]) * total / _weight(strategy, one)

    enough = [one for one in eligible if earned[one.subject] >= slack]
    return min(enough or eligible, key=records_until_behind)
