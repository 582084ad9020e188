"""Distribution of leads by one rule: bulk as one by one, fair within one, absences, substitutes."""

from collections import Counter
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from mtl.assignments.domain import (
    AssignmentRule,
    AssignmentStrategy,
    Colleague,
    Distribution,
    RuleRecipient,
    rule_of,
)
from parties.assignment import NotChosen

NAMES = ("a", "b", "c", "d", "e")
WEIGHTS = st.lists(st.integers(1, 9), min_size=1, max_size=5)


def distribution(
    weights: list[int],
    earned: dict[str, Fraction] | None = None,
    strategy: AssignmentStrategy = AssignmentStrategy.WEIGHT,
) -> Distribution:
    names = NAMES[: len(weights)]
    recipients = tuple(
        RuleRecipient(owner_id=name, weight=weight)
        for name, weight in zip(names, weights, strict=True)
    )
    return Distribution(
        rule=AssignmentRule(strategy=strategy, recipients=recipients),
        colleagues={name: Colleague(owner_id=name, absence=None) for name in names},
        earned=earned or {},
        capacity={},
    )


@given(weights=WEIGHTS, split=st.lists(st.integers(1, 7), max_size=8))
def test_a_bulk_is_split_as_the_same_leads_in_any_portions(
    weights: list[int], split: list[int]
) -> None:
    together = distribution(weights)
    at_once = [together.give(None).owner_id for _ in range(sum(split))]
    portions: list[str | None] = []
    earned: dict[str, Fraction] = {}
    for portion in split:
        part = distribution(weights, earned)
        portions += [part.give(None).owner_id for _ in range(portion)]
        earned = dict(part.earned)
    assert portions == at_once


@given(weights=WEIGHTS, leads=st.integers(1, 200))
def test_everybody_gets_their_share_within_one(weights: list[int], leads: int) -> None:
    given_out = distribution(weights)
    got = Counter(given_out.give(None).owner_id for _ in range(leads))
    for name, weight in zip(NAMES, weights, strict=False):
        assert abs(got[name] - Fraction(leads * weight, sum(weights))) < 1


@given(leads=st.integers(1, 100), loads=st.lists(st.integers(0, 20), min_size=2, max_size=5))
def test_the_least_loaded_are_level_in_the_end(leads: int, loads: list[int]) -> None:
    by_load = distribution([1] * len(loads), strategy=AssignmentStrategy.LEAST_LOADED)
    for name, load in zip(NAMES, loads, strict=False):
        by_load.colleagues[name] = Colleague(owner_id=name, absence=None, load=load)
    for _ in range(leads):
        by_load.give(None)
    after = [one.load for one in by_load.colleagues.values()]
    assert sum(after) == sum(loads) + leads
    got = [last for last, first in zip(after, loads, strict=True) if last > first]
    assert max(got) - min(after) <= 1


def test_a_room_and_a_capacity_end_what_somebody_gets() -> None:
    limited = distribution([1, 1, 1])
    limited.colleagues["a"] = Colleague(owner_id="a", absence=None, room=1)
    limited.capacity["b"] = 2
    got = Counter(limited.give(None).owner_id for _ in range(10))
    assert got == {"a": 1, "b": 2, "c": 7}
    assert limited.choose(None).not_chosen == {"a": NotChosen.NO_ROOM, "b": NotChosen.NO_ROOM}


def test_a_substitute_stands_in_and_the_share_is_that_of_who_is_away() -> None:
    rule = AssignmentRule(
        strategy=AssignmentStrategy.TURN,
        recipients=(RuleRecipient(owner_id="a"), RuleRecipient(owner_id="b")),
        substitutes=True,
    )
    away = Colleague(owner_id="a", absence=NotChosen.ON_LEAVE, substitute_id="s")
    colleagues = {
        "a": away,
        "b": Colleague(owner_id="b", absence=None),
        "s": Colleague(owner_id="s", absence=None, room=2),
    }
    shared = Distribution(rule=rule, colleagues=colleagues, earned={}, capacity={})
    chosen = [shared.give(None) for _ in range(6)]
    assert Counter(one.owner_id for one in chosen) == {"s": 2, "b": 4}
    assert {one.recipient_id for one in chosen if one.owner_id == "s"} == {"a"}


def test_nobody_eligible_leaves_what_was_earned() -> None:
    empty = distribution([1])
    empty.colleagues["a"] = Colleague(owner_id="a")
    chosen = empty.give(None)
    assert (chosen.owner_id, chosen.not_chosen) == (None, {"a": NotChosen.INACTIVE})
    assert empty.earned == {}


def test_a_rule_is_read_from_its_outcome() -> None:
    rule = rule_of({"strategy": "TURN", "recipients": [{"owner_id": "a", "regions": ["330000"]}]})
    assert rule.recipients == (RuleRecipient(owner_id="a", regions=("330000",)),)
    assert (rule.substitutes, rule.pool_id) == (False, None)
