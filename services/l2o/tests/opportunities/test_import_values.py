"""The values of a row: names of stages, repeated opportunities, and the order of stages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.files.imports.target import Cells
from l2o.opportunities.domain import CLOSED_STAGES, Stage
from l2o.opportunities.imports.rows import (
    OpportunityRow,
    parse_opportunity_row,
    split_at_repeats,
    stage_code,
)
from services.l2o.tests.factories import NOON, make_opportunity


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("Prospecting", "FIRST_CONTACT"),
        ("WON", "WON"),
        ("won", "WON"),
        ("输单", "LOST"),
        ("?", "?"),
    ],
)
def test_a_stage_is_recognized_by_its_code_or_name(name: str, stage: str) -> None:
    assert stage_code(name) == stage


@pytest.mark.parametrize("card", ["378282246310005", "6222020200112230", "6221261234567890129"])
def test_a_card_number_in_a_row_is_no_amount(card: str) -> None:
    cells = Cells({"account": "Acme", "external_id": "1", "amount": card}, {}, {})
    [error] = parse_opportunity_row(cells).errors
    assert (error.code, error.field) == ("CARD_NUMBER", "amount")


@given(st.lists(st.sampled_from("abcd")))
def test_no_external_id_occurs_twice_in_a_part(external_ids: list[str]) -> None:
    rows = [OpportunityRow(external_id=external_id, account="x") for external_id in external_ids]
    parts = split_at_repeats(rows)
    assert [row for part in parts for row in part] == rows
    for part in parts:
        assert len({row.external_id for row in part}) == len(part)


@given(st.lists(st.sampled_from(Stage)))
def test_an_imported_stage_never_moves_an_opportunity_back(imported: list[Stage]) -> None:
    opportunity, order = make_opportunity(), list(Stage)
    for stage in imported:
        before = opportunity.stage
        if opportunity.is_before(stage):
            updated = make_opportunity(opportunity_id=opportunity.id, stage=stage)
            opportunity, _ = opportunity.update_from_system(updated, now=NOON)
        assert order.index(opportunity.stage) >= order.index(before)
        assert before not in CLOSED_STAGES or opportunity.stage is before
