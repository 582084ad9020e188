"""A request for approval and its moves through the steps of its flow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from contracts.desk.events import ApprovalState
from desk.approvals.domain.seats import (
    Seat,
    SeatState,
    StepResult,
    merged,
    opened,
    result_of,
    with_added,
)
from desk.approvals.domain.statuses import (
    APPROVAL_MOVES,
    APPROVED,
    PENDING,
    REJECTED,
    SEAT_STATES,
    ApprovalStatus,
    Verdict,
)
from desk.flows.domain.approvers import Asked, Origin
from desk.flows.domain.flow import Plan, Step
from kernel.errors import RuleBroken
from kernel.personal import Personal


@dataclass(frozen=True, kw_only=True)
class Approval:
    """A request for approval of one version of a record.

    `id` was given by the asking service. `facts` and `lines` are what the record said when it was
    asked, and never change: every decision was made for them. `plan` are the steps of the flow's
    version `flow_version` (0 is the built-in flow), which later versions do not change. `step_no`
    is the position of the present step.
    """

    id: UUID
    kind: str
    resource: str
    record_id: UUID
    record_version: int
    record_name: Annotated[str, Personal("name")]
    facts: Mapping[str, Any] = field(default_factory=dict)
    lines: tuple[dict[str, Any], ...] = ()
    record_people: Mapping[str, str] = field(default_factory=dict)
    requested_by: str
    requested_at: datetime
    flow_version: int = 0
    plan: Plan
    status: ApprovalStatus = PENDING
    step_no: int = 0
    round: int = 1
    step_started_at: datetime | None = None
    late_times: int = 0
    ended_at: datetime | None = None
    ended_by: str | None = None
    reason: Annotated[str | None, Personal("text")] = None
    seats: tuple[Seat, ...] = ()
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @property
    def display_name(self) -> str:
        """The name or document number of the record."""
        return self.record_name

    @property
    def step(self) -> Step:
        """The present step."""
        return self.plan.steps[self.step_no]

    @property
    def present(self) -> tuple[Seat, ...]:
        """The seats of the present step in this round."""
        mine = (self.step_no, self.round)
        return tuple(seat for seat in self.seats if (seat.step_no, seat.round) == mine)

    @property
    def needs_approvers(self) -> bool:
        """Whether the present step has nobody to decide it yet."""
        is_open = any(seat.is_undecided for seat in self.present)
        return self.status is PENDING and not is_open

    def seat(self, seat_id: UUID) -> Seat:
        """Return a seat by its id. Raises KeyError if the request has none of that id."""
        return next(seat for seat in self.seats if seat.id == seat_id)

    @property
    def open_seats(self) -> tuple[Seat, ...]:
        """The seats of those whose turn it is."""
        return tuple(seat for seat in self.present if seat.state is SeatState.OPEN)

    def begin_step(
        self, asked: Sequence[Asked], *, make_id: Callable[[], UUID], now: datetime
    ) -> Approval:
        """Ask the people of the present step.

        Whoever has approved in an earlier step of this round is not asked again: their approval
        counts here, too. One that a time limit gave in their place does not.
        """
        earlier = {
            seat.person: seat
            for seat in self.seats
            if seat.round == self.round and seat.state is SeatState.APPROVED and seat.decided_by
        }
        seats = [
            self._new_seat(one, slot, earlier.get(one.person), make_id(), now)
            for slot, one in enumerate(asked)
        ]
        begun = replace(
            self,
            seats=(*self.seats, *opened(self.step.mode, seats, now=now)),
            step_started_at=now,
            late_times=0,
        )
        return begun.settled(by=None, now=now) if seats else begun

    def _new_seat(
        self, asked: Asked, slot: int, earlier: Seat | None, seat_id: UUID, now: datetime
    ) -> Seat:
        seat = Seat(
            id=seat_id,
            kind=self.kind,
            resource=self.resource,
            record_id=self.record_id,
            record_name=self.record_name,
            requested_by=self.requested_by,
            requested_at=self.requested_at,
            step_key=self.step.key,
            asked_at=now,
            step_no=self.step_no,
            round=self.round,
            slot=slot,
            position=0,
            person=asked.person,
            instead_of=asked.instead_of,
            origin=asked.origin,
        )
        if earlier is None:
            return seat
        decided = {"decided_at": earlier.decided_at, "decided_by": earlier.decided_by}
        return replace(seat, state=SeatState.APPROVED, **decided)  # type: ignore[arg-type]  # its own

    def decide(
        self, seat: Seat, verdict: Verdict, *, by: str | None, comment: str | None, now: datetime
    ) -> Approval:
        """Decide an open seat; `by` is None where a time limit decides.

        Raises RuleBroken (APPROVAL_ENDED, SEAT_NOT_OPEN, ASKER_MAY_NOT_APPROVE).
        """
        self.ensure_open(seat)
        if by is not None:
            self.ensure_not_asker(by)
        decided = seat.changed(
            state=SEAT_STATES[verdict], decided_at=now, decided_by=by, comment=comment
        )
        return self._with([decided]).settled(by=by, now=now)

    def settled(self, *, by: str | None, now: datetime) -> Approval:
        """Open whose turn is next, begin the next step, or end the request."""
        step, seats = self.step, self.present
        result = result_of(step.mode, step.needed, seats)
        if result is StepResult.OPEN:
            return self._with(opened(step.mode, seats, now=now))
        closed = self._closed()
        if result is StepResult.FAILED:
            return closed.ended_as(REJECTED, by=by, now=now)
        if self.step_no + 1 == len(self.plan.steps):
            return closed.ended_as(APPROVED, by=by, now=now)
        return replace(closed, step_no=self.step_no + 1, step_started_at=None)

    def hand_on(self, seat: Seat, to: str, *, now: datetime) -> Approval:
        """Give an open seat to somebody else for good. Raises what `ensure_may_join` raises."""
        self.ensure_open(seat)
        self.ensure_may_join(to)
        return self._with([seat.changed(person=to, instead_of=None, asked_at=now)])

    def delegate(self, seat: Seat, to: str, *, now: datetime) -> Approval:
        """Let somebody else decide an open seat; it can be taken back."""
        self.ensure_open(seat)
        self.ensure_may_join(to)
        principal = seat.instead_of or seat.person
        return self._with([seat.changed(person=to, instead_of=principal, asked_at=now)])

    def take_back(self, seat: Seat, *, now: datetime) -> Approval:
        """Give an open seat back to who was asked first. Raises RuleBroken (NOT_DELEGATED)."""
        self.ensure_open(seat)
        if seat.instead_of is None:
            raise RuleBroken("NOT_DELEGATED")
        return self._with([seat.changed(person=seat.instead_of, instead_of=None, asked_at=now)])

    def add_approver(
        self, seat: Seat, to: str, *, before: bool, seat_id: UUID, now: datetime
    ) -> Approval:
        """Ask somebody before an open seat decides, or after it has approved."""
        self.ensure_open(seat)
        self.ensure_may_join(to)
        asked = Asked(person=to)
        added = replace(self._new_seat(asked, seat.slot, None, seat_id, now), origin=Origin.ADDED)
        seats = with_added(self.present, seat, added, before=before)
        return self._with(opened(self.step.mode, seats, now=now))

    def send_back(self, seat: Seat, to_step: int, *, now: datetime) -> Approval:
        """Begin again with an earlier step. Raises RuleBroken (STEP_NOT_EARLIER)."""
        self.ensure_open(seat)
        if not 0 <= to_step < self.step_no:
            raise RuleBroken("STEP_NOT_EARLIER")
        closed = self._closed()
        return replace(closed, step_no=to_step, round=self.round + 1, step_started_at=None)

    def end(
        self, status: ApprovalStatus, *, by: str | None, reason: str | None, now: datetime
    ) -> Approval:
        """End the request without a vote: returned, withdrawn, void, or decided by a rule.

        Raises RuleBroken (APPROVAL_ENDED).
        """
        return replace(self._closed().ended_as(status, by=by, now=now), reason=reason)

    def replace_person(self, person: str, to: str | None, *, now: datetime) -> Approval:
        """Ask somebody else, whom no seat asks already, instead of a person who has left.

        Without anybody else the seats of the one who left are closed.
        """
        kept = {seat.person for seat in self.present if seat.state is not SeatState.CLOSED}
        changed = []
        for seat in self.present:
            if not seat.is_undecided or seat.person != person:
                continue
            is_new = to not in {None, self.requested_by} | kept
            changed.append(seat.changed(person=to, instead_of=None) if is_new else seat.closed())
        after = self._with(changed)
        if not any(seat.state is not SeatState.CLOSED for seat in after.present):
            return after  # nobody is left: the action asks the fallback
        return after.settled(by=None, now=now)

    def escalate(self, seat: Seat, to: str, *, now: datetime) -> Approval:
        """Give a late seat to somebody else, or leave it if they are asked already."""
        self.ensure_open(seat)
        if to in self.people_asked() or to == self.requested_by:
            return self
        return self._with([seat.changed(person=to, origin=Origin.ESCALATED, asked_at=now)])

    def ensure_open(self, seat: Seat) -> None:
        """Raise RuleBroken (APPROVAL_ENDED, SEAT_NOT_OPEN) unless the seat can be decided."""
        if self.status is not PENDING:
            raise RuleBroken("APPROVAL_ENDED", name=self.record_name, status=self.status)
        if seat.state is not SeatState.OPEN:
            raise RuleBroken("SEAT_NOT_OPEN", name=self.record_name)

    def ensure_not_asker(self, person: str) -> None:
        """Raise RuleBroken (ASKER_MAY_NOT_APPROVE) for who made the request."""
        if person == self.requested_by:
            raise RuleBroken("ASKER_MAY_NOT_APPROVE", name=self.record_name)

    def ensure_may_join(self, person: str) -> None:
        """Raise RuleBroken for the asker, and for who is asked already (APPROVER_ASKED_ALREADY)."""
        self.ensure_not_asker(person)
        if person in self.people_asked():
            raise RuleBroken("APPROVER_ASKED_ALREADY", name=self.record_name)

    def people_asked(self) -> frozenset[str | None]:
        """Whose seats this step has, also those decided or delegated: nobody counts twice in it."""
        kept = [seat for seat in self.present if seat.state is not SeatState.CLOSED]
        return frozenset(who for seat in kept for who in (seat.person, seat.instead_of))

    def _with(self, changed: Iterable[Seat]) -> Approval:
        return replace(self, seats=merged(self.seats, changed))

    def _closed(self) -> Approval:
        return replace(self, seats=tuple(seat.closed() for seat in self.seats))

    def ended_as(self, status: ApprovalStatus, *, by: str | None, now: datetime) -> Approval:
        params = {"name": self.record_name, "status": self.status}
        APPROVAL_MOVES.ensure_allowed(status, self.status, "APPROVAL_ENDED", **params)
        return replace(self, status=status, ended_at=now, ended_by=by, step_started_at=None)

    def state(self) -> ApprovalState:
        """Return the request as its events carry it."""
        return ApprovalState.of(
            self, approval_id=self.id, step=self._step_key, waits_for=self._waits_for
        )

    @property
    def _step_key(self) -> str | None:
        return self.step.key if self.status is PENDING and self.plan.steps else None

    @property
    def _waits_for(self) -> tuple[str, ...]:
        return tuple(seat.person for seat in self.open_seats) if self.status is PENDING else ()
