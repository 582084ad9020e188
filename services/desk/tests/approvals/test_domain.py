"""The moves of a request through its steps, worked out by hand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from desk.approvals.domain.approval import Approval
from desk.approvals.domain.seats import Seat, SeatState
from desk.approvals.domain.statuses import ApprovalStatus, Verdict
from desk.flows.domain.approvers import Asked
from desk.flows.domain.flow import Approver, ApproverSource, Plan, Step, StepMode
from kernel.errors import RuleBroken
from kernel.ids import new_id

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
YES, NO = Verdict.APPROVE, Verdict.REJECT


def step(key: str, mode: StepMode = StepMode.ONE_OF, needed: int | None = None) -> Step:
    one = Approver(source=ApproverSource.PERSON, name="a")
    return Step(key=key, name=key, approvers=(one,), mode=mode, needed=needed)


def request(*steps: Step) -> Approval:
    return Approval(
        id=new_id(),
        kind="cpq.quote_discount",
        resource="cpq.quote",
        record_id=new_id(),
        record_version=3,
        record_name="Q-2026-000001",
        requested_by="seller",
        requested_at=NOW,
        plan=Plan(branch="main", steps=steps),
        created_at=NOW,
        updated_at=NOW,
    )


def begun(approval: Approval, *people: str) -> Approval:
    return approval.begin_step([Asked(person=one) for one in people], make_id=new_id, now=NOW)


def seat_of(approval: Approval, person: str) -> Seat:
    return next(one for one in approval.present if one.person == person and one.is_undecided)


def decide(approval: Approval, person: str, verdict: Verdict) -> Approval:
    seat = seat_of(approval, person)
    return approval.decide(seat, verdict, by=person, comment=None, now=NOW)


def waiting_for(approval: Approval) -> Sequence[str]:
    return [seat.person for seat in approval.open_seats]


def test_one_of_several_decides() -> None:
    asked = begun(request(step("one")), "a", "b")
    approved = decide(asked, "b", YES)
    assert approved.status is ApprovalStatus.APPROVED
    assert [seat.state for seat in approved.seats] == [SeatState.CLOSED, SeatState.APPROVED]
    assert decide(asked, "a", NO).status is ApprovalStatus.REJECTED


def test_all_of_several_must_approve() -> None:
    asked = begun(request(step("all", StepMode.ALL_OF)), "a", "b")
    half = decide(asked, "b", YES)
    assert (half.status, waiting_for(half)) == (ApprovalStatus.PENDING, ["a"])
    assert decide(half, "a", YES).status is ApprovalStatus.APPROVED
    assert decide(half, "a", NO).status is ApprovalStatus.REJECTED


def test_two_of_three_fail_when_two_have_refused() -> None:
    asked = begun(request(step("two", StepMode.N_OF, 2)), "a", "b", "c")
    once = decide(asked, "a", NO)
    assert once.status is ApprovalStatus.PENDING
    assert decide(once, "b", NO).status is ApprovalStatus.REJECTED
    assert decide(decide(once, "b", YES), "c", YES).status is ApprovalStatus.APPROVED


def test_who_was_added_after_a_refusal_is_not_asked_any_more() -> None:
    asked = begun(request(step("one", StepMode.N_OF, 2)), "a", "b", "c")
    seat = seat_of(asked, "c")
    added = asked.add_approver(seat, "d", before=False, seat_id=new_id(), now=NOW)
    refused = decide(added, "c", NO)
    assert waiting_for(refused) == ["a", "b"]
    assert [one.state for one in refused.present if one.person == "d"] == [SeatState.CLOSED]
    again = refused.add_approver(seat_of(refused, "a"), "d", before=True, seat_id=new_id(), now=NOW)
    assert waiting_for(again) == ["b", "d"]


def test_fewer_people_than_needed_must_all_approve() -> None:
    asked = begun(request(step("three", StepMode.N_OF, 3)), "a", "b")
    assert decide(decide(asked, "a", YES), "b", YES).status is ApprovalStatus.APPROVED


def test_in_order_one_after_the_other_is_asked() -> None:
    asked = begun(request(step("order", StepMode.IN_ORDER)), "a", "b")
    assert waiting_for(asked) == ["a"]
    with pytest.raises(RuleBroken, match="SEAT_NOT_OPEN"):
        decide(asked, "b", YES)
    assert waiting_for(decide(asked, "a", YES)) == ["b"]


def test_an_approval_counts_in_later_steps() -> None:
    second = decide(begun(request(step("one"), step("two", StepMode.ALL_OF)), "a"), "a", YES)
    assert (second.step_no, second.needs_approvers) == (1, True)
    asked = begun(second, "a", "b")
    assert waiting_for(asked) == ["b"]
    assert begun(second, "a").status is ApprovalStatus.APPROVED  # nobody else is to be asked


def test_an_approval_by_a_time_limit_counts_in_its_step_alone() -> None:
    asked = begun(request(step("one"), step("all", StepMode.ALL_OF)), "a")
    passed = asked.decide(seat_of(asked, "a"), YES, by=None, comment=None, now=NOW)
    assert waiting_for(begun(passed, "a", "b")) == ["a", "b"]


def test_the_asker_decides_nothing() -> None:
    asked = begun(request(step("one")), "a")
    seat = seat_of(asked, "a")
    with pytest.raises(RuleBroken, match="ASKER_MAY_NOT_APPROVE"):
        asked.decide(seat, YES, by="seller", comment=None, now=NOW)
    for join in (asked.hand_on, asked.delegate):
        with pytest.raises(RuleBroken, match="ASKER_MAY_NOT_APPROVE"):
            join(seat, "seller", now=NOW)


def test_added_approvers_come_before_or_after() -> None:
    asked = begun(request(step("one")), "a")
    seat = seat_of(asked, "a")
    before = asked.add_approver(seat, "x", before=True, seat_id=new_id(), now=NOW)
    assert waiting_for(before) == ["x"]
    assert waiting_for(decide(before, "x", YES)) == ["a"]
    assert decide(before, "x", NO).status is ApprovalStatus.REJECTED
    after = asked.add_approver(seat, "x", before=False, seat_id=new_id(), now=NOW)
    assert waiting_for(after) == ["a"]
    own = decide(after, "a", YES)
    assert (own.status, waiting_for(own)) == (ApprovalStatus.PENDING, ["x"])
    assert decide(own, "x", YES).status is ApprovalStatus.APPROVED
    with pytest.raises(RuleBroken, match="APPROVER_ASKED_ALREADY"):
        after.add_approver(seat, "x", before=True, seat_id=new_id(), now=NOW)


def test_a_seat_is_handed_on_delegated_and_taken_back() -> None:
    asked = begun(request(step("one")), "a")
    assert waiting_for(asked.hand_on(seat_of(asked, "a"), "x", now=NOW)) == ["x"]
    delegated = asked.delegate(seat_of(asked, "a"), "x", now=NOW)
    seat = seat_of(delegated, "x")
    assert (seat.instead_of, waiting_for(delegated)) == ("a", ["x"])
    assert waiting_for(delegated.take_back(seat, now=NOW)) == ["a"]
    with pytest.raises(RuleBroken, match="NOT_DELEGATED"):
        asked.take_back(seat_of(asked, "a"), now=NOW)


def test_nobody_counts_twice_in_a_step() -> None:
    three = begun(request(step("two", StepMode.N_OF, 2)), "a", "b", "c")
    decided = decide(three, "a", YES)
    delegated = three.delegate(seat_of(three, "a"), "x", now=NOW)
    for asked in (decided, delegated):  # a has approved, or can take the seat back
        seat = seat_of(asked, "b")
        for join in (asked.hand_on, asked.delegate):
            with pytest.raises(RuleBroken, match="APPROVER_ASKED_ALREADY"):
                join(seat, "a", now=NOW)
        assert asked.escalate(seat, "a", now=NOW) is asked


def test_sending_back_to_a_step_asks_everybody_again() -> None:
    second = begun(decide(begun(request(step("one"), step("two")), "a"), "a", YES), "b")
    back = second.send_back(seat_of(second, "b"), 0, now=NOW)
    assert (back.step_no, back.round, back.needs_approvers) == (0, 2, True)
    assert waiting_for(begun(back, "a")) == ["a"]  # the approval of the first round is void
    with pytest.raises(RuleBroken, match="STEP_NOT_EARLIER"):
        second.send_back(seat_of(second, "b"), 1, now=NOW)


def test_an_ended_request_takes_no_decision() -> None:
    asked = begun(request(step("one")), "a")
    ended = asked.end(ApprovalStatus.WITHDRAWN, by="seller", reason="too late", now=NOW)
    assert (ended.status, ended.reason, waiting_for(ended)) == ("WITHDRAWN", "too late", [])
    asked_seat = ended.seats[0]
    with pytest.raises(RuleBroken, match="APPROVAL_ENDED"):
        ended.decide(asked_seat, YES, by="a", comment=None, now=NOW)
    with pytest.raises(RuleBroken, match="APPROVAL_ENDED"):
        ended.end(ApprovalStatus.VOID, by=None, reason=None, now=NOW)


def test_a_decision_that_crossed_a_withdrawal_came_too_late() -> None:
    approved = decide(begun(request(step("one")), "a"), "a", YES)
    withdrawn = approved.end(ApprovalStatus.WITHDRAWN, by="seller", reason=None, now=NOW)
    assert withdrawn.status is ApprovalStatus.WITHDRAWN
    with pytest.raises(RuleBroken, match="APPROVAL_ENDED"):
        approved.end(ApprovalStatus.REJECTED, by="a", reason=None, now=NOW)


def test_who_has_left_is_replaced_or_their_seat_closed() -> None:
    both = begun(request(step("all", StepMode.ALL_OF)), "a", "b")
    assert waiting_for(both.replace_person("a", "x", now=NOW)) == ["x", "b"]
    assert waiting_for(both.replace_person("a", "b", now=NOW)) == ["b"]
    assert waiting_for(both.replace_person("a", "seller", now=NOW)) == ["b"]
    alone = begun(request(step("one")), "a").replace_person("a", None, now=NOW)
    assert alone.needs_approvers
    assert waiting_for(begun(alone, "z")) == ["z"]
    half = decide(both, "b", YES).replace_person("a", None, now=NOW)
    assert half.status is ApprovalStatus.APPROVED  # all who are left have approved


def test_what_was_asked_does_not_change() -> None:
    asked = begun(replace(request(step("one")), facts={"amount": "600000"}), "a")
    assert decide(asked, "a", YES).facts == {"amount": "600000"}
