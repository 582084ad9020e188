"""To whom a rule gives a lead: the people of the rule, whose turn it is, and who is away."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from parties.assignment import Choice, NotChosen, Recipient, Strategy, choose
from parties.capacity import MonthlyCapacity

MAX_RECIPIENTS: Final = 100


class AssignmentStrategy(StrEnum):
    """How a rule chooses who gets a lead."""

    PERSON = "PERSON"
    TURN = "TURN"
    WEIGHT = "WEIGHT"
    LEAST_LOADED = "LEAST_LOADED"
    POOL = "POOL"  # nobody: the lead waits in a pool


_CHOICES: Final[Mapping[AssignmentStrategy, Strategy]] = {
    AssignmentStrategy.PERSON: Strategy.TURN,
    AssignmentStrategy.TURN: Strategy.TURN,
    AssignmentStrategy.WEIGHT: Strategy.WEIGHT,
    AssignmentStrategy.LEAST_LOADED: Strategy.LEAST_LOADED,
}


@dataclass(frozen=True, kw_only=True)
class RuleRecipient:
    """A person of a rule: with what weight, for which regions, and how many leads a month.

    `first_day` is the day from which the monthly capacity counts.
    """

    owner_id: str
    weight: int = 1
    regions: tuple[str, ...] = ()
    monthly_capacity: int | None = None
    first_day: date | None = None

    def capacity_room(self, today: date, given: int, absent: Iterable[date]) -> int | None:
        """Return how many more leads the person may get of the rule today; None for any number."""
        if self.monthly_capacity is None:
            return None
        first_day = self.first_day or today.replace(month=1, day=1)
        capacity = MonthlyCapacity(count=self.monthly_capacity, first_day=first_day)
        return capacity.room(today, given, frozenset(absent))


@dataclass(frozen=True, kw_only=True)
class AssignmentRule:
    """What a row of the rules says of the leads that meet its condition.

    With `substitutes` the substitute of who is on leave gets the lead in their place. A lead that
    nobody of the rule may get goes into the pool, if the rule names one.
    """

    strategy: AssignmentStrategy
    recipients: tuple[RuleRecipient, ...] = ()
    substitutes: bool = False
    pool_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """What the directory and the leads say of a person just now.

    `room` is None for any number of leads; `absence` is INACTIVE or ON_LEAVE, and `substitute_id`
    is who stands in then.
    """

    owner_id: str
    load: int = 0
    room: int | None = None
    absence: NotChosen | None = NotChosen.INACTIVE
    substitute_id: str | None = None

    def with_one_more(self) -> "Colleague":
        """Return the person with one lead more."""
        room = None if self.room is None else self.room - 1
        return replace(self, load=self.load + 1, room=room)


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Who of a rule gets a lead: `owner_id`, in the place of the recipient whose turn it was."""

    owner_id: str | None = None
    recipient_id: str | None = None
    not_chosen: Mapping[str, NotChosen] = field(default_factory=dict)
    earned: Mapping[str, Fraction] = field(default_factory=dict)


@dataclass
class Distribution:
    """Gives out leads of one rule one after the other, and keeps who got how many.

    `colleagues` are shared with the other rules; `capacity` is what remains of the monthly
    capacities of this rule, by recipient.
    """

    rule: AssignmentRule
    colleagues: dict[str, Colleague]
    earned: Mapping[str, Fraction]
    capacity: dict[str, int | None]

    def choose(self, region: str | None, barred: Collection[str] = ()) -> Chosen:
        """Return who gets a lead of a region, without giving it; nobody of those who are barred."""
        recipients = [self._recipient(one, barred) for one in self.rule.recipients]
        choice: Choice = choose(
            _CHOICES[self.rule.strategy], recipients, self.earned, region=region
        )
        recipient = choice.subject
        owner_id = None if recipient is None else self._owner_in_place_of(recipient)
        return Chosen(
            owner_id=owner_id,
            recipient_id=recipient,
            not_chosen=choice.not_chosen,
            earned=choice.earned,
        )

    def give(self, region: str | None, barred: Collection[str] = ()) -> Chosen:
        """Give a lead of a region to somebody, if anybody may get it who is not barred from it."""
        chosen = self.choose(region, barred)
        self.earned = chosen.earned
        if chosen.owner_id is not None and chosen.recipient_id is not None:
            self.colleagues[chosen.owner_id] = self.colleagues[chosen.owner_id].with_one_more()
            left = self.capacity.get(chosen.recipient_id)
            if left is not None:
                self.capacity[chosen.recipient_id] = left - 1
        return chosen

    def _recipient(self, one: RuleRecipient, barred: Collection[str]) -> Recipient:
        owner = self.colleagues[self._owner_in_place_of(one.owner_id)]
        rooms = [room for room in (owner.room, self.capacity.get(one.owner_id)) if room is not None]
        return Recipient(
            subject=one.owner_id,
            weight=one.weight,
            load=owner.load,
            room=min(rooms) if rooms else None,
            regions=one.regions,
            absence=NotChosen.BARRED if owner.owner_id in barred else owner.absence,
        )

    def _owner_in_place_of(self, recipient_id: str) -> str:
        """Return who gets what the recipient would: their substitute, if the rule says so."""
        person = self.colleagues[recipient_id]
        if not self.rule.substitutes or person.absence is not NotChosen.ON_LEAVE:
            return recipient_id
        substitute = self.colleagues.get(person.substitute_id or "")
        if substitute is None or substitute.absence is not None:
            return recipient_id
        return substitute.owner_id


def rule_of(outcome: Mapping[str, Any]) -> AssignmentRule:
    """Return what the checked outcome of a row says."""
    pool_id = outcome.get("pool_id")
    return AssignmentRule(
        strategy=AssignmentStrategy(outcome["strategy"]),
        recipients=tuple(map(_recipient_of, outcome.get("recipients", ()))),
        substitutes=outcome.get("substitutes", False),
        pool_id=None if pool_id is None else UUID(pool_id),
    )


def _recipient_of(body: Mapping[str, Any]) -> RuleRecipient:
    first_day = body.get("first_day")
    return RuleRecipient(
        owner_id=body["owner_id"],
        weight=body.get("weight", 1),
        regions=tuple(body.get("regions", ())),
        monthly_capacity=body.get("monthly_capacity"),
        first_day=None if first_day is None else date.fromisoformat(first_day),
    )
