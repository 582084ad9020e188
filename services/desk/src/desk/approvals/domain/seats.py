"""The seats of a step: who is asked, what they decided, and what the step comes to.

A step has slots, which its mode counts. A slot is approved when everybody in it has approved, one
after the other: adding an approver before or after somebody adds a seat to their slot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from desk.flows.domain.approvers import Origin
from desk.flows.domain.flow import StepMode
from kernel.personal import Personal


class SeatState(StrEnum):
    """What has become of a seat: CLOSED ones are not needed any more."""

    WAITING = "WAITING"
    OPEN = "OPEN"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    CLOSED = "CLOSED"


UNDECIDED: Final = frozenset({SeatState.WAITING, SeatState.OPEN})


class StepResult(StrEnum):
    """What a step comes to."""

    OPEN = "OPEN"
    PASSED = "PASSED"
    FAILED = "FAILED"


@dataclass(frozen=True, kw_only=True)
class Seat:
    """Somebody who is asked in a step.

    `person` decides; `instead_of` is who was asked first, where a substitute or a delegate decides.
    `decided_by` differs from `person` where somebody decided on their behalf. `round` counts how
    often the request was sent back to an earlier step, `step_key` is that of the step. What is
    asked (`kind`, record, by whom) is that of the request, for the to-do list. Since
    `asked_at` it is the turn of this person, or it is known that it will be.
    """

    id: UUID
    kind: str
    resource: str
    record_id: UUID
    record_name: Annotated[str, Personal("name")]
    requested_by: str
    requested_at: datetime
    step_no: int
    step_key: str
    round: int
    slot: int
    position: int
    person: str
    instead_of: str | None = None
    origin: Origin = Origin.FLOW
    state: SeatState = SeatState.WAITING
    asked_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = None
    comment: Annotated[str | None, Personal("text")] = None
    version: int = 1

    @property
    def is_undecided(self) -> bool:
        return self.state in UNDECIDED

    def is_of_flow_for(self, person: str) -> bool:
        """Return whether the flow asks this person here, be it that a substitute decides."""
        if self.origin is Origin.SUBSTITUTE:
            return self.instead_of == person
        return self.origin is Origin.FLOW and self.person == person and self.instead_of is None

    def changed(self, **values: object) -> Seat:
        """Return the seat with other values, as its next version."""
        return replace(self, **values, version=self.version + 1)  # type: ignore[arg-type]  # fields of its own

    def closed(self) -> Seat:
        """Return the seat, closed if nobody has decided yet."""
        return self.changed(state=SeatState.CLOSED) if self.is_undecided else self


def result_of(mode: StepMode, needed: int | None, seats: Sequence[Seat]) -> StepResult:
    """Return what the seats of a step come to.

    Under ONE_OF the first decision counts; under ALL_OF and IN_ORDER one rejection is enough; N_OF
    fails once the rest can no longer reach the number, which is at most that of the slots.
    """
    results = [_slot_result(slot) for slot in _slots(seats)]
    approved = results.count(StepResult.PASSED)
    rejected = results.count(StepResult.FAILED)
    if mode is StepMode.N_OF:
        goal = min(needed or 1, len(results))
        if approved >= goal:
            return StepResult.PASSED
        return StepResult.FAILED if len(results) - rejected < goal else StepResult.OPEN
    if rejected:
        return StepResult.FAILED
    goal = min(1, len(results)) if mode is StepMode.ONE_OF else len(results)
    return StepResult.PASSED if approved >= goal else StepResult.OPEN


def _slots(seats: Sequence[Seat]) -> list[list[Seat]]:
    """Return the seats of each slot in their order; closed ones do not count."""
    slots: dict[int, list[Seat]] = {}
    for seat in sorted(seats, key=lambda one: (one.slot, one.position)):
        if seat.state is not SeatState.CLOSED:
            slots.setdefault(seat.slot, []).append(seat)
    return list(slots.values())


def _slot_result(slot: Sequence[Seat]) -> StepResult:
    if any(seat.state is SeatState.REJECTED for seat in slot):
        return StepResult.FAILED
    if all(seat.state is SeatState.APPROVED for seat in slot):
        return StepResult.PASSED
    return StepResult.OPEN


def opened(mode: StepMode, seats: Sequence[Seat], *, now: datetime) -> tuple[Seat, ...]:
    """Return the seats of a step with exactly those open whose turn it is.

    Nobody else in the slot of a rejection is needed any more.
    """
    turn: set[UUID] = set()
    failed: set[int] = set()
    for slot in _slots(seats):
        if _slot_result(slot) is StepResult.FAILED:
            failed.add(slot[0].slot)
            continue
        waiting = next((seat for seat in slot if seat.is_undecided), None)
        if waiting is not None and not (turn and mode is StepMode.IN_ORDER):
            turn.add(waiting.id)
    needed = (seat.closed() if seat.slot in failed else seat for seat in seats)
    return tuple(_turned(seat, is_turn=seat.id in turn, now=now) for seat in needed)


def _turned(seat: Seat, *, is_turn: bool, now: datetime) -> Seat:
    if not seat.is_undecided or is_turn == (seat.state is SeatState.OPEN):
        return seat
    if is_turn:
        return seat.changed(state=SeatState.OPEN, asked_at=now)
    return seat.changed(state=SeatState.WAITING)


def with_added(seats: Iterable[Seat], beside: Seat, added: Seat, *, before: bool) -> list[Seat]:
    """Return the seats with one added to the slot of another, right before or after it."""
    position = beside.position if before else beside.position + 1
    new = replace(added, slot=beside.slot, position=position)
    moved = [
        seat.changed(position=seat.position + 1)
        if seat.slot == beside.slot and seat.position >= position
        else seat
        for seat in seats
    ]
    return [*moved, new]


def merged(all_seats: Sequence[Seat], changed: Iterable[Seat]) -> tuple[Seat, ...]:
    """Return all seats with some of them replaced by their ids; new ones come last."""
    by_id: Mapping[UUID, Seat] = {seat.id: seat for seat in changed}
    known = {seat.id for seat in all_seats}
    kept = [by_id.get(seat.id, seat) for seat in all_seats]
    return (*kept, *(seat for seat in by_id.values() if seat.id not in known))
