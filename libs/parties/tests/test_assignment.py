"""Who gets the next record: turns, weights, loads, regions, and why the others do not."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from parties.assignment import NotChosen, Recipient, Strategy, choose

SIX = ["a", "b", "c", "d", "e", "f"]


def given_out(strategy: Strategy, recipients: Sequence[Recipient], count: int) -> list[str | None]:
    """Give out records one after the other."""
    earned: dict[str, Fraction] = {}
    subjects = []
    for _ in range(count):
        choice = choose(strategy, recipients, earned)
        subjects.append(choice.subject)
        earned = {**choice.earned}
    return subjects


def test_ten_records_among_three_present_people_of_five() -> None:
    """4, 3 and 3, and none for who is inactive or on leave."""
    people = [
        *(Recipient(subject=one) for one in "abc"),
        Recipient(subject="inactive", absence=NotChosen.INACTIVE),
        Recipient(subject="away", absence=NotChosen.ON_LEAVE),
    ]
    assert Counter(given_out(Strategy.TURN, people, 10)) == {"a": 4, "b": 3, "c": 3}
    choice = choose(Strategy.TURN, people, {})
    assert choice.subject == "a"
    assert choice.not_chosen == {
        "b": NotChosen.LATER_TURN,
        "c": NotChosen.LATER_TURN,
        "inactive": NotChosen.INACTIVE,
        "away": NotChosen.ON_LEAVE,
    }


def test_weights_of_three_two_and_one() -> None:
    people = [Recipient(subject=one, weight=n) for one, n in zip("abc", (3, 2, 1), strict=True)]
    assert Counter(given_out(Strategy.WEIGHT, people, 12)) == {"a": 6, "b": 4, "c": 2}
    assert Counter(given_out(Strategy.TURN, people, 12)) == {"a": 4, "b": 4, "c": 4}


def test_the_least_loaded_is_chosen_and_turns_are_not_touched() -> None:
    people = [Recipient(subject="a", load=3), Recipient(subject="b", load=1)]
    choice = choose(Strategy.LEAST_LOADED, people, {"a": Fraction(1, 2)})
    assert choice.subject == "b"
    assert choice.not_chosen == {"a": NotChosen.MORE_LOADED}
    assert choice.earned == {"a": Fraction(1, 2)}


def test_who_has_no_room_or_another_territory_is_passed_over() -> None:
    people = [
        Recipient(subject="full", room=0),
        Recipient(subject="beijing", regions=("110000",)),
        Recipient(subject="hangzhou", regions=("330100", "310000"), room=1),
    ]
    choice = choose(Strategy.TURN, people, {}, region="330106")
    assert choice.subject == "hangzhou"
    assert choice.not_chosen == {"full": NotChosen.NO_ROOM, "beijing": NotChosen.OTHER_REGION}
    nobody = choose(Strategy.TURN, people, {})  # the record has no region
    assert nobody.subject is None
    assert nobody.not_chosen["hangzhou"] is NotChosen.OTHER_REGION


def test_who_comes_back_gets_no_more_than_their_share() -> None:
    people = [Recipient(subject="a"), Recipient(subject="b")]
    away = [people[0], replace(people[1], absence=NotChosen.ON_LEAVE)]
    earned: dict[str, Fraction] = {}
    for _ in range(10):
        earned = {**choose(Strategy.TURN, away, earned).earned}
    received = []
    for _ in range(4):
        choice = choose(Strategy.TURN, people, earned)
        received.append(choice.subject)
        earned = {**choice.earned}
    assert Counter(received) == {"a": 2, "b": 2}


@given(st.lists(st.integers(1, 20), min_size=1, max_size=6), st.integers(1, 120))
def test_nobody_is_a_whole_record_ahead_or_behind(weights: list[int], count: int) -> None:
    people = [Recipient(subject=s, weight=w) for s, w in zip(SIX, weights, strict=False)]
    received: Counter[str | None] = Counter()
    for number, subject in enumerate(given_out(Strategy.WEIGHT, people, count), start=1):
        received[subject] += 1
        for person in people:
            share = Fraction(number * person.weight, sum(weights))
            assert abs(received[person.subject] - share) < 1


@given(st.lists(st.sets(st.sampled_from(SIX), max_size=5), min_size=1, max_size=60))
def test_what_was_earned_sums_to_nothing_whoever_is_away(absences: list[set[str]]) -> None:
    earned: dict[str, Fraction] = {}
    for away in absences:
        people = [
            Recipient(subject=one, absence=NotChosen.ON_LEAVE if one in away else None)
            for one in SIX
        ]
        earned = {**choose(Strategy.TURN, people, earned).earned}
        assert sum(earned.values()) == 0
        assert all(abs(one) < 2 for one in earned.values())
