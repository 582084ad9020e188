"""Versions: drafts, publishing, rolling back, and differences by row."""

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.errors import Conflict
from libs.rules.tests.rule_samples import CATCH_ALL, compare, row, rules
from rules.versions import (
    ChangedRow,
    Draft,
    RuleDiff,
    RuleVersion,
    diff,
    draft_of,
    publish,
    roll_back,
)

LI, WANG = "li", "wang"
AT = datetime(2026, 11, 30, 9, tzinfo=UTC)
FEW, MANY = compare("visits", "LT", 3), compare("visits", "GTE", 3)
ONE, TWO = rules(row("a", FEW)), rules(row("a", FEW), row("b", CATCH_ALL))


def first() -> RuleVersion:
    return publish(None, Draft(content=ONE, based_on=0), by=LI, at=AT, note="first")


def test_versions_are_numbered_without_holes() -> None:
    one = first()
    assert (one.number, one.content, one.published_by, one.published_at) == (1, ONE, LI, AT)
    assert draft_of(one) == Draft(content=ONE, based_on=1)
    assert draft_of(None) == Draft(content={}, based_on=0)
    two = publish(one, Draft(content=TWO, based_on=1), by=WANG, at=AT)
    assert (two.number, two.note, two.restores) == (2, "", None)
    assert two.digest != one.digest
    assert len(one.digest) == 64


def test_a_draft_of_an_older_version_is_a_conflict() -> None:
    two = publish(first(), Draft(content=TWO, based_on=1), by=LI, at=AT)
    other = rules(row("c", MANY))
    with pytest.raises(Conflict) as stale:
        publish(two, Draft(content=other, based_on=1), by=WANG, at=AT)
    assert (stale.value.code, stale.value.params) == ("RULE_VERSION_STALE", {"version": 2})
    with pytest.raises(Conflict):
        publish(None, Draft(content=ONE, based_on=1), by=LI, at=AT)


def test_publishing_the_same_content_again_answers_the_version() -> None:
    one = first()
    reordered = {"rows": ONE["rows"], "hit_policy": "FIRST"}
    assert publish(one, Draft(content=reordered, based_on=0), by=WANG, at=AT) is one


def test_rolling_back_publishes_an_old_content_anew() -> None:
    one = first()
    two = publish(one, Draft(content=TWO, based_on=1), by=LI, at=AT)
    three = roll_back(two, one, expected=2, by=WANG, at=AT, note="too wide")
    assert (three.number, three.content, three.restores) == (3, ONE, 1)
    assert three.digest == one.digest
    assert roll_back(three, one, expected=2, by=WANG, at=AT) is three
    with pytest.raises(Conflict):
        roll_back(two, one, expected=1, by=WANG, at=AT)


def test_two_contents_differ_by_row() -> None:
    before = rules(row("a", FEW), row("b", MANY, name="Many"), row("c", CATCH_ALL))
    after = rules(
        row("d", MANY), row("b", MANY, name="Most", enabled=False), row("a", FEW), caps={}
    )
    assert diff(before, after) == RuleDiff(
        added=(row("d", MANY),),
        removed=(row("c", CATCH_ALL),),
        changed=(
            ChangedRow("b", before["rows"][1], after["rows"][1], members=("enabled", "name")),
        ),
        moved=("a",),
        settings={"caps": (None, {})},
    )
    assert diff(before, before) == RuleDiff()
    assert diff({}, ONE).added == (row("a", FEW),)


@settings(deadline=None)
@given(st.integers(0, 12), st.integers(0, 3), st.randoms(use_true_random=False))
def test_as_few_rows_as_possible_count_as_moved(count: int, moves: int, random: Random) -> None:
    before = [str(n) for n in range(count)]
    after = list(before)
    for _ in range(moves if count else 0):
        after.insert(random.randrange(count), after.pop(random.randrange(count)))
    rows = {each: row(each, CATCH_ALL) for each in before}
    moved = diff(rules(*rows.values()), rules(*(rows[each] for each in after))).moved
    assert len(moved) <= moves
    rest = [each for each in after if each not in moved]
    assert rest == sorted(rest, key=int)
