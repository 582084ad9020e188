"""Lets substitutes decide for people on leave, in the step that is present."""

from __future__ import annotations

from dataclasses import replace

from desk.approvals.domain.approval import Approval
from desk.approvals.domain.seats import Seat, merged
from desk.flows.domain.approvers import Origin


def stand_in(approval: Approval, person: str, to: str) -> Approval:
    """Let a substitute decide for a person on leave; with `to` the same person, end that.

    Only undecided seats to which the flow has brought the person change hands, and not to the asker
    or to somebody whom this step asks anyway.
    """
    if to != person and to in approval.people_asked() | {approval.requested_by}:
        return approval
    changed = [
        _given(seat, person, to)
        for seat in approval.present
        if seat.is_undecided and seat.is_of_flow_for(person) and seat.person != to
    ]
    return replace(approval, seats=merged(approval.seats, changed)) if changed else approval


def _given(seat: Seat, person: str, to: str) -> Seat:
    if to == person:
        return seat.changed(person=to, instead_of=None, origin=Origin.FLOW)
    return seat.changed(person=to, instead_of=person, origin=Origin.SUBSTITUTE)
