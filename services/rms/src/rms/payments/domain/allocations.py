"""What of a payment goes to which receivable; undone by a row of its negative amount."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from contracts.rms import events as facts
from kernel.errors import RuleBroken
from kernel.money import Money


@dataclass(frozen=True, kw_only=True)
class Owed:
    """What a payment must know of a receivable."""

    id: UUID
    document_no: str
    account_id: UUID
    open: Money
    due_date: date


class Wanted(NamedTuple):
    """How much of a payment should go to a receivable."""

    receivable_id: UUID
    amount: Money


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """What of a payment went to one receivable; it never changes.

    One with `reverses_id` has the negative amount of that one and undoes it.
    """

    id: UUID
    payment_id: UUID
    receivable_id: UUID
    amount: Money
    reverses_id: UUID | None = None
    reason: str | None = None
    created_at: datetime

    def reversed(self, reversal_id: UUID, *, reason: str, now: datetime) -> Allocation:
        """The row that undoes it. Raises RuleBroken (ALLOCATION_IS_REVERSAL)."""
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

    def state(self, receivable_no: str) -> facts.Allocation:
        return facts.Allocation(
            allocation_id=self.id,
            receivable_id=self.receivable_id,
            receivable_no=receivable_no,
            amount=self.amount,
            reverses_id=self.reverses_id,
        )
