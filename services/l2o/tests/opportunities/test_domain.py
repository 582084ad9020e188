"""Stage moves of opportunities, and the events they publish."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from contracts.l2o.events import OpportunityLost, OpportunityStageMoved, OpportunityWon
from kernel.errors import RuleBroken
from kernel.ids import new_id
from l2o.opportunities.domain import STAGE_MOVES, Opportunity, Stage
from services.l2o.tests.factories import NOON, TODAY, cny, make_opportunity

LATER = NOON + timedelta(hours=1)

# Rows: from; columns: to. `x` is allowed, `.` is not. Written by hand, not derived from the code.
TABLE = """
               FIRST_CONTACT SOLUTION QUOTATION BIDDING NEGOTIATION SIGNING WON LOST
FIRST_CONTACT  .             x        x         x       x           x       x   x
SOLUTION       x             .        x         x       x           x       x   x
QUOTATION      .             x        .         x       x           x       x   x
BIDDING        .             .        x         .       x           x       x   x
NEGOTIATION    .             .        .         x       .           x       x   x
SIGNING        .             .        .         .       x           .       x   x
WON            .             .        .         .       .           .       .   .
LOST           .             .        .         .       .           .       .   .
"""
HEADER, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
ALLOWED = {
    (row[0], to): cell == "x" for row in ROWS for to, cell in zip(HEADER, row[1:], strict=True)
}


def make_move(opportunity: Opportunity, to: Stage) -> Opportunity:
    """Make a move by the method that stands for it."""
    if to is Stage.WON:
        return opportunity.win(now=LATER, today=TODAY)[0]
    if to is Stage.LOST:
        return opportunity.lose("预算被砍", now=LATER, today=TODAY)[0]
    return opportunity.move(to, now=LATER)[0]


@pytest.mark.parametrize(("start", "to"), list(product(Stage, Stage)), ids=str)
def test_only_the_moves_of_the_table_are_allowed(start: Stage, to: Stage) -> None:
    opportunity = make_opportunity(stage=start)
    if ALLOWED[start, to]:
        assert make_move(opportunity, to).stage is to
        assert STAGE_MOVES.allows(to, start)
        return
    with pytest.raises(RuleBroken) as refused:
        make_move(opportunity, to)
    assert refused.value.code == "STAGE_MOVE_FORBIDDEN"
    assert refused.value.params == {"from_stage": start, "to_stage": to}


def test_a_move_publishes_the_previous_stage() -> None:
    opportunity = make_opportunity(stage=Stage.SOLUTION, amount=cny("120000.00"))
    moved, event = opportunity.move(Stage.BIDDING, now=LATER)
    assert moved == replace(opportunity, stage=Stage.BIDDING, updated_at=LATER)
    assert event == OpportunityStageMoved(opportunity=moved.state(), from_stage="SOLUTION")
    assert (event.opportunity.stage, event.opportunity.amount) == ("BIDDING", cny("120000.00"))


def test_a_win_sets_the_closing_date() -> None:
    opportunity = make_opportunity(stage=Stage.SIGNING)
    won, event = opportunity.win(now=LATER, today=TODAY)
    assert won == replace(
        opportunity, stage=Stage.WON, closed_at=LATER, closed_date=TODAY, updated_at=LATER
    )
    assert event == OpportunityWon(opportunity=won.state(), order_id=None, won_at=LATER)


def test_a_loss_sets_its_reason() -> None:
    opportunity = make_opportunity(stage=Stage.QUOTATION)
    lost, event = opportunity.lose("价格高于对手", now=LATER, today=TODAY)
    assert (lost.stage, lost.lost_reason, lost.closed_at) == (Stage.LOST, "价格高于对手", LATER)
    assert event == OpportunityLost(opportunity=lost.state(), reason="价格高于对手", lost_at=LATER)


@pytest.mark.parametrize("start", [stage for stage in Stage if stage is not Stage.WON])
def test_an_order_wins_an_opportunity_at_any_other_stage(start: Stage) -> None:
    reason = "客户不回复" if start is Stage.LOST else None
    opportunity = make_opportunity(stage=start, lost_reason=reason)
    order_id = new_id()
    result = opportunity.win_by_order(
        order_id, "SO-1", confirmed_at=NOON, confirmed_on=TODAY, now=LATER
    )
    assert result is not None
    won, event = result
    assert won == replace(
        opportunity,
        stage=Stage.WON,
        lost_reason=None,
        order_id=order_id,
        order_no="SO-1",
        closed_date=TODAY,
        closed_at=NOON,  # when the order was confirmed, not when the event arrived
        updated_at=LATER,
    )
    assert event == OpportunityWon(opportunity=won.state(), order_id=order_id, won_at=NOON)


def test_an_order_does_not_change_a_won_opportunity() -> None:
    won = make_opportunity(stage=Stage.WON, order_id=new_id())
    again = won.win_by_order(new_id(), "SO-1", confirmed_at=NOON, confirmed_on=TODAY, now=LATER)
    assert again is None
