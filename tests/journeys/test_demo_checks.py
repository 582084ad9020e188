"""What the demo holds its report against, with samples that must fail."""

from decimal import Decimal
from typing import Any

import pytest

from deploy.demo import funnels, imports, source
from deploy.demo.source import Expected


def test_what_is_expected_is_counted_in_the_file() -> None:
    """By awk over the two files: rows with an account, and `close_value` of those won."""
    assert source.expected() == {
        "seller": Expected(613, Decimal(1_153_214)),
        "manager": Expected(1_590, Decimal(2_251_930)),
    }


@pytest.mark.parametrize(
    ("views", "holds"),
    [
        (["a", "ab", "abc", "abc"], True),
        (["a", "ab", "abc", "ab"], False),  # the whole misses what the director sees
        (["a", "a", "abc", "abc"], False),  # the manager sees no more than the seller
        (["ad", "ab", "abc", "abc"], False),  # the seller sees what the manager does not
    ],
)
def test_views_nest(views: list[str], *, holds: bool) -> None:
    assert funnels.nested([set(view) for view in views]) is holds


def run_of(**counts: int) -> dict[str, Any]:
    return {"counts": {"total": 3, "accepted": 2, "refused": 1, "unchanged": 2, **counts}}


@pytest.mark.parametrize(
    ("second", "facts", "holds"),
    [
        (run_of(), 0, True),
        (run_of(), 1, False),
        (run_of(unchanged=1), 0, False),
        (run_of(accepted=1, refused=2, unchanged=1), 0, False),
    ],
)
def test_a_second_run_changes_nothing(second: dict[str, Any], facts: int, *, holds: bool) -> None:
    pair = {"first": run_of(unchanged=0), "second": second, "facts_of_second": facts}
    assert imports.unchanged(pair) is holds


STAGES = [
    {"stage": "WON", "count": 2, "amounts": [{"amount": {"amount": "7.00", "currency": "CNY"}}]},
    {"stage": "LOST", "count": 1, "amounts": []},
]


def found(*, seller: int = 1) -> dict[str, Any]:
    sees = {"seller": seller, "director": 3, "whole": 3}
    small = [{**STAGES[0], "count": 1}, {**STAGES[1], "count": 0}]
    stages = {"seller": small, "director": STAGES, "whole": STAGES}
    people = {name: {"stages": stages[name], "sees": sees[name]} for name in sees}
    return {"people": people, "nested": True}


def test_the_funnels_are_held_against_lists_and_file() -> None:
    expected = {"seller": Expected(1, Decimal(7))}
    assert all(funnels.checks(found(), expected).values())
    failed = funnels.checks(found(seller=2), {"seller": Expected(2, Decimal(7))})
    assert [name for name, holds in failed.items() if not holds] == [
        "funnels_count_what_the_lists_hold",
        "funnel_of_seller_is_the_files",
    ]
