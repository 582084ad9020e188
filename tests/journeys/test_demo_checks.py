"""The checks of the demo's report, with samples that must fail."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from deploy.demo import funnels, grading, imports, market, market_stage, source
from deploy.demo.grading import Graded
from deploy.demo.leads_file import LeadsFile, as_capture, as_source
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


def scored(*pairs: tuple[int, bool]) -> list[Graded]:
    return [Graded(score, "A" if score >= 80 else "D", converted) for score, converted in pairs]


def test_area_under_the_curve_is_counted_by_pairs() -> None:
    """Of six pairs of a converted and a lost lead four are in order, and one is equal."""
    leads = scored((90, True), (70, True), (20, False), (70, False), (80, False))
    assert grading.auc(leads) == 0.75
    assert grading.auc(scored((1, True), (2, True))) is None
    assert grading.auc(scored((90, True), (10, False))) == 1


def test_grades_have_the_share_that_converted() -> None:
    leads = scored((90, True), (85, False), (10, False))
    assert grading.shares(leads) == [
        {"grade": "A", "leads": 2, "share": 0.5},
        {"grade": "D", "leads": 1, "share": 0.0},
    ]


def make_stage(**changed: Any) -> dict[str, Any]:
    shares = [{"grade": "A", "leads": 5, "share": 0.8}, {"grade": "D", "leads": 5, "share": 0.1}]
    totals = {"leads": 10}
    stage = {
        "capture": {"outcomes": {"ACCEPTED": 402}, "new": 402, "sent_again": 20, "sent": 422},
        "grading": {"auc_unseen": 0.8, "unseen": shares},
        "model": {"converted": 160},
        "recycling": {"due": 3, "recycled": 3},
        "distribution": {name: {"A": 4, "B": 3} for name in market.TEAM},
        "metrics": {
            "charts": {
                "conversion_by_grade": {"totals": totals, "rows": [totals]},
                "stock": {"totals": {"leads": 4}},
            },
            "listed": 10,
            "listed_open": 4,
        },
    }
    return {**stage, **changed}


def test_stage_from_market_to_lead_is_checked() -> None:
    assert all(market_stage.checks(make_stage()).values())
    unfair = {market.TEAM[0]: {"A": 4}, market.TEAM[1]: {"B": 2}}
    failed = market_stage.checks(
        make_stage(
            capture={"outcomes": {"ACCEPTED": 400}, "new": 402, "sent_again": 20, "sent": 422},
            distribution=unfair,
            recycling={"due": 3, "recycled": 2},
            grading={"auc_unseen": 0.6, "unseen": []},
            metrics={**make_stage()["metrics"], "listed": 11},
        )
    )
    assert [name for name, holds in failed.items() if not holds] == [
        "every_capture_has_an_outcome",
        "grades_tell_who_converts",
        "good_leads_go_by_turn",
        "clock_takes_all_that_lay",
        "charts_count_what_lists_hold",
    ]


def test_leads_are_read_in_the_order_in_which_they_came() -> None:
    made = LeadsFile.read(Path("/no/such/file"))
    numbers = [int(row["Lead Number"]) for row in made.rows]
    assert numbers == sorted(numbers)
    parts = (made.history, made.waiting, made.captured)
    assert sum(map(len, parts)) == len(made.rows)
    assert sum(row["Converted"] == "1" for row in made.history) == 200
    later = {"Converted", "Tags", "Lead Quality", "Last Activity"}
    header = as_source(made.captured, "x.csv").content.decode().splitlines()[0].split(",")
    assert not later & set(header)
    payload = as_capture(made.captured[0])["payload"]
    assert not any(name in str(payload) for name in later)
