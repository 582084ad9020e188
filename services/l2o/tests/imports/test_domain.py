"""What words of files mean, by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from l2o.imports.domain import OpportunityRow, alike, stage_named, without_repeats
from l2o.imports.store import country_code
from l2o.opportunities.domain import CLOSED, Stage
from services.l2o.tests.factories import NOON, make_opportunity


@pytest.mark.parametrize(
    ("word", "stage"),
    [
        ("Prospecting", "FIRST_CONTACT"),
        ("WON", "WON"),
        ("won", "WON"),
        ("输单", "LOST"),
        ("?", "?"),
    ],
)
def test_stages(word: str, stage: str) -> None:
    assert stage_named(word) == stage


@pytest.mark.parametrize(
    ("name", "found"),
    [("GTXPro", "GTX Pro"), ("gtx  pro", "GTX Pro"), ("GTX", None), ("mg special", None)],
)
def test_names_that_differ_by_blanks_and_case(name: str, found: str | None) -> None:
    assert alike(name, ["GTX Pro", "GTX Plus Pro", "MG Special", "MGSpecial"]) == found


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("United States", "US"),
        ("usa", "US"),
        ("cn", "CN"),
        ("中国", "CN"),
        ("Korea", None),  # which one?
        ("Philipines", None),
        ("European Union", None),
    ],
)
def test_countries(name: str, code: str | None) -> None:
    assert country_code(name) == code


@given(st.lists(st.sampled_from("abcd")))
def test_no_opportunity_comes_twice_in_a_run(names: list[str]) -> None:
    rows = [OpportunityRow(external_id=name, account="x") for name in names]
    runs = without_repeats(rows)
    assert [row for run in runs for row in run] == rows
    for run in runs:
        assert len({row.external_id for row in run}) == len(run)


@given(st.lists(st.sampled_from(Stage)))
def test_whatever_files_say_a_stage_never_goes_back(told: list[Stage]) -> None:
    opportunity, order = make_opportunity(), list(Stage)
    for stage in told:
        before = opportunity.stage
        if opportunity.may_reach(stage):
            wanted = make_opportunity(opportunity_id=opportunity.id, stage=stage)
            opportunity, _ = opportunity.catch_up(wanted, now=NOON)
        assert order.index(opportunity.stage) >= order.index(before)
        assert before not in CLOSED or opportunity.stage is before
