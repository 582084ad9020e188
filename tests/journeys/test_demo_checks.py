"""The checks of the demo's report, with samples that must fail."""

from decimal import Decimal
from typing import Any

import pytest

from deploy.demo import funnels, imports, source
from deploy.demo.source import Expected


def test_expected_values_are_computed_from_the_file() -> None:
    """The numbers were counted with awk: rows with an account, and `close_value` of won rows."""
    assert source.expected() == {
        "seller": Expected(613, Decimal(1_153_214)),
        "manager": Expected(1_590, Decimal(2_251_930)),
    }


@pytest.mark.parametrize(
    ("views", "expected_result"),
    [
        (["a", "ab", "abc", "abc"], True),
        (["a", "ab", "abc", "ab"], False),  # the whole lacks a record that the director sees
        (["a", "a", "abc", "abc"], False),  # the manager sees no more than the seller
        (["ad", "ab", "abc", "abc"], False),  # the seller sees a record that the manager does not
    ],
)
def test_nested_views_are_recognized(views: list[str], *, expected_result: bool) -> None:
    assert funnels.nested([set(view) for view in views]) is expected_result


def run_of(**counts: int) -> dict[str, Any]:
    return {"counts": {"total": 3, "accepted": 2, "refused": 1, "unchanged": 2, **counts}}


@pytest.mark.parametrize(
    ("second", "events", "expected_result"),
    [
        (run_of(), 0, True),
        (run_of(), 1, False),
        (run_of(unchanged=1), 0, False),
        (run_of(accepted=1, refused=2, unchanged=1), 0, False),
    ],
)
def test_a_second_run_changes_nothing(
    second: dict[str, Any], events: int, *, expected_result: bool
) -> None:
    pair = {"first": run_of(unchanged=0), "second": second, "events_of_second": events}
    assert imports.unchanged(pair) is expected_result


STAGES = [
    {"stage": "WON", "count": 2, "amounts": [{"amount": {"amount": "7.00", "currency": "CNY"}}]},
    {"stage": "LOST", "count": 1, "amounts": []},
]


def make_funnels(*, seller: int = 1) -> dict[str, Any]:
    sees = {"seller": seller, "director": 3, "whole": 3}
    small = [{**STAGES[0], "count": 1}, {**STAGES[1], "count": 0}]
    stages = {"seller": small, "director": STAGES, "whole": STAGES}
    people = {name: {"stages": stages[name], "sees": sees[name]} for name in sees}
    return {"people": people, "nested": True}


def test_funnels_are_compared_with_lists_and_file() -> None:
    expected = {"seller": Expected(1, Decimal(7))}
    assert all(funnels.checks(make_funnels(), expected).values())
    failed = funnels.checks(make_funnels(seller=2), {"seller": Expected(2, Decimal(7))})
    assert [name for name, expected_result in failed.items() if not expected_result] == [
        "funnels_match_the_lists",
        "funnel_of_seller_matches_the_file",
    ]
