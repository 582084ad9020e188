"""A request behaves like a plain model of steps, modes and people, whatever is done with it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from desk.approvals.domain.approval import Approval
from desk.approvals.domain.seats import SeatState
from desk.approvals.domain.statuses import ApprovalStatus, Verdict
from desk.flows.domain.approvers import Asked
from desk.flows.domain.flow import Approver, ApproverSource, Plan, Step, StepMode
from kernel.errors import RuleBroken
from kernel.ids import new_id

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
PEOPLE = ("a", "b", "c", "d", "e", "f")
MODES = st.tuples(
    st.sampled_from(StepMode), st.integers(1, 3), st.lists(st.sampled_from(PEOPLE[:4]), min_size=1)
)
ANY = Approver(source=ApproverSource.PERSON, name="a")


class PlainStep:
    """A step as people would say it: queues of names, and how many queues must be emptied."""

    def __init__(self, mode: StepMode, needed: int, people: list[str], approved: set[str]) -> None:
        self.mode, self.goal = mode, self._goal(mode, needed, len(people))
        self.queues = [[] if one in approved else [one] for one in people]
        self.refused = 0
        self.known = set(people)  # nobody counts twice
        self.count = len(people)

    @staticmethod
    def _goal(mode: StepMode, needed: int, count: int) -> int:
        goals = {StepMode.ONE_OF: 1, StepMode.N_OF: min(needed, count)}
        return goals.get(mode, count)

    def turns(self) -> list[int]:
        waiting = [n for n, queue in enumerate(self.queues) if queue]
        return waiting[:1] if self.mode is StepMode.IN_ORDER else waiting

    def outcome(self) -> bool | None:
        done = sum(not queue for queue in self.queues)
        if self.mode is not StepMode.N_OF and self.refused:
            return False
        if done >= self.goal:
            return True
        return False if self.count - self.refused < self.goal else None


class ApprovalMachine(RuleBasedStateMachine):
    @initialize(steps=st.lists(MODES, min_size=1, max_size=3))
    def start(self, steps: list[tuple[StepMode, int, list[str]]]) -> None:
        self.people = [list(dict.fromkeys(people)) for _, _, people in steps]
        self.modes = [(mode, needed) for mode, needed, _ in steps]
        planned = tuple(
            Step(
                key=str(n),
                name=str(n),
                approvers=(ANY,),
                mode=mode,
                needed=needed if mode is StepMode.N_OF else None,
            )
            for n, (mode, needed) in enumerate(self.modes)
        )
        self.real = Approval(
            id=new_id(),
            kind="cpq.quote_discount",
            resource="cpq.quote",
            record_id=new_id(),
            record_version=1,
            record_name="Q",
            requested_by="asker",
            requested_at=NOW,
            plan=Plan(branch="main", steps=planned),
            created_at=NOW,
            updated_at=NOW,
        )
        self.at, self.outcome, self.approved = 0, "PENDING", set[str]()
        self.plain = self._plain()
        self._advance()

    def _plain(self) -> PlainStep:
        mode, needed = self.modes[self.at]
        return PlainStep(mode, needed, self.people[self.at], self.approved)

    def _advance(self) -> None:
        """Settle the plain step as often as it passes, and let the real one ask its people."""
        while self.outcome == "PENDING" and (passed := self.plain.outcome()) is not None:
            if not passed:
                self.outcome = "REJECTED"
            elif self.at + 1 == len(self.modes):
                self.outcome = "APPROVED"
            else:
                self.at += 1
                self.plain = self._plain()
        while self.real.needs_approvers:
            asked = [Asked(person=one) for one in self.people[self.real.step_no]]
            self.real = self.real.begin_step(asked, make_id=new_id, now=NOW)

    @property
    def is_open(self) -> bool:
        return self.outcome == "PENDING"

    def _turn(self, data: Any) -> tuple[int, Any]:
        queue = data.draw(st.sampled_from(self.plain.turns()))
        person = self.plain.queues[queue][0]
        return queue, next(one for one in self.real.open_seats if one.person == person)

    @precondition(lambda self: self.is_open)
    @rule(data=st.data(), verdict=st.sampled_from(Verdict))
    def decide(self, data: Any, verdict: Verdict) -> None:
        queue, seat = self._turn(data)
        self.real = self.real.decide(seat, verdict, by=seat.person, comment=None, now=NOW)
        if verdict is Verdict.APPROVE:
            self.approved.add(self.plain.queues[queue].pop(0))
        else:
            self.plain.refused += 1
            self.plain.queues[queue] = []
            # A refused queue is empty without being done: it counts on the other side.
            self.plain.queues.pop(queue)
        self._advance()

    @precondition(lambda self: self.is_open)
    @rule(data=st.data(), to=st.sampled_from(PEOPLE), before=st.booleans())
    def add(self, data: Any, to: str, before: bool) -> None:
        queue, seat = self._turn(data)
        if to in self.plain.known:
            return
        self.real = self.real.add_approver(seat, to, before=before, seat_id=new_id(), now=NOW)
        self.plain.queues[queue].insert(0 if before else 1, to)
        self.plain.known.add(to)

    @precondition(lambda self: self.is_open)
    @rule(data=st.data(), to=st.sampled_from(PEOPLE))
    def hand_on(self, data: Any, to: str) -> None:
        queue, seat = self._turn(data)
        if to in self.plain.known:
            return
        self.real = self.real.hand_on(seat, to, now=NOW)
        self.plain.known ^= {seat.person, to}  # who gave it away may be asked again
        self.plain.queues[queue][0] = to

    @precondition(lambda self: self.is_open and self.at > 0)
    @rule(data=st.data())
    def send_back(self, data: Any) -> None:
        _, seat = self._turn(data)
        self.real = self.real.send_back(seat, 0, now=NOW)
        self.at, self.approved = 0, set()
        self.plain = self._plain()
        self._advance()

    @precondition(lambda self: self.is_open)
    @rule()
    def withdraw(self) -> None:
        self.real = self.real.end(ApprovalStatus.WITHDRAWN, by="asker", reason=None, now=NOW)
        self.outcome = "WITHDRAWN"

    @precondition(lambda self: not self.is_open)
    @rule(data=st.data(), verdict=st.sampled_from(Verdict))
    def decide_late(self, data: Any, verdict: Verdict) -> None:
        seat = data.draw(st.sampled_from(self.real.seats))
        with pytest.raises(RuleBroken, match="APPROVAL_ENDED"):
            self.real.decide(seat, verdict, by=seat.person, comment=None, now=NOW)

    @invariant()
    def they_agree(self) -> None:
        assert self.real.status == self.outcome
        if self.is_open:
            assert self.real.step_no == self.at
            turns = [self.plain.queues[n][0] for n in self.plain.turns()]
            assert sorted(one.person for one in self.real.open_seats) == sorted(turns)
        else:
            assert not any(seat.is_undecided for seat in self.real.seats)

    @invariant()
    def the_asker_decides_nothing(self) -> None:
        decided = (SeatState.APPROVED, SeatState.REJECTED)
        assert all(one.person != "asker" for one in self.real.seats if one.state in decided)


TestApproval = ApprovalMachine.TestCase
TestApproval.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
