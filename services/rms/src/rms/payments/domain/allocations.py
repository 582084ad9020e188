"""Allocations: which part of a payment settles which receivable, and their reversals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from contracts.rms import events
from kernel.errors import RuleBroken
from kernel.money import Money


@dataclass(frozen=True, kw_only=True)
class OpenReceivable:
    """The fields of a receivable that an allocation needs; `open` is the amount still owed."""

    id: UUID
    document_no: str
    account_id: UUID
    open: Money
    due_date: date


class RequestedAllocation(NamedTuple):
    """The amount of a payment that shall settle a receivable."""

    receivable_id: UUID
    amount: Money


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """A part of a payment that settles one receivable; it never changes.

    A reversal is an allocation of the negative amount with the original's id in `reverses_id`.
    """

    id: UUID
    payment_id: UUID
    receivable_id: UUID
    amount: Money
    reverses_id: UUID | None = None
    reason: str | None = None
    created_at: datetime

    def reversal(self, reversal_id: UUID, *, reason: str, now: datetime) -> Allocation:
        """The allocation that reverses this one. Raises RuleBroken (ALLOCATION_IS_REVERSAL)."""
        if self.reverses_id is not None:
            raise RuleBroken("ALLOCATION_IS_REVERSAL")
        return Allocation(
            id=reversal_id,
            payment_id=self.payment_id,
            receivable_id=self.receivable_id,
            amount=-self.amount,
            reverses_id=self.id,
            reason=reason,
            created_at=now,
        )

    def state(self, receivable_no: str) -> events.Allocation:
        """The allocation as events carry it, with the receivable's document number."""
        return events.Allocation.of(self, allocation_id=self.id, receivable_no=receivable_no)
