"""A receivable: an amount that a customer owes until a due date, settled by payments.

A prepayment is owed before anything is shipped; a part of it is withdrawn where the order shrinks.
An allocation that is reversed opens the receivable again. The status is derived from the amounts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from contracts.rms import events
from kernel.decimals import plain_text
from kernel.errors import Conflict
from kernel.money import Money, precision


class ReceivableStatus(StrEnum):
    """How much of a receivable is settled."""

    OPEN = "OPEN"
    PARTLY_SETTLED = "PARTLY_SETTLED"
    SETTLED = "SETTLED"


class ReceivableKind(StrEnum):
    """Whether a receivable is owed for a shipment or in advance of all shipments."""

    SHIPMENT = "SHIPMENT"
    PREPAYMENT = "PREPAYMENT"


class AllocationLevel(StrEnum):
    """How much of an amount is allocated: of what a receivable owes, or of a payment's money."""

    NONE = "NONE"
    PARTIAL = "PARTIAL"
    FULL = "FULL"


def allocation_level(available: Money, allocated: Money) -> AllocationLevel:
    """The rule from which receivables and payments derive their status.

    FULL as soon as nothing of `available` is left, also where `available` is zero; else NONE where
    nothing is allocated; else PARTIAL.
    """
    if allocated >= available:
        return AllocationLevel.FULL
    return AllocationLevel.NONE if allocated.is_zero else AllocationLevel.PARTIAL


def ensure_allocatable(available: Money, allocated: Money, *, table: str, key: UUID) -> None:
    """Raise Conflict (STALE_WRITE) unless 0 <= allocated <= available.

    Amounts are validated before; a violation here means that another transaction was faster.
    """
    if allocated.is_negative or allocated > available:
        raise Conflict("STALE_WRITE", what=table, key=str(key))


def money_params(name: str, money: Money) -> dict[str, Any]:
    """The params of an error that names an amount: the plain amount and its currency."""
    return {name: plain_text(money.amount, precision(money.currency)), "currency": money.currency}


RECEIVABLE_STATUSES: Final = {
    AllocationLevel.NONE: ReceivableStatus.OPEN,
    AllocationLevel.PARTIAL: ReceivableStatus.PARTLY_SETTLED,
    AllocationLevel.FULL: ReceivableStatus.SETTLED,
}


def receivable_status(owed: Money, allocated: Money) -> ReceivableStatus:
    """The status of a receivable of which `owed` is due; one that owes nothing is SETTLED."""
    return RECEIVABLE_STATUSES[allocation_level(owed, allocated)]


@dataclass(frozen=True, kw_only=True)
class Receivable:
    """An amount a customer owes for one shipment, or as a prepayment, or one instalment of it.

    Every change derives `status` anew. `withdrawn` is the part of a prepayment that is no longer
    owed. `instalment` counts from 1. `overdue_date` is the business day on which the receivable was
    first reported overdue.
    """

    id: UUID
    document_no: str
    order_id: UUID
    order_no: str
    kind: ReceivableKind = ReceivableKind.SHIPMENT
    shipment_id: UUID | None
    account_id: UUID
    account_name: str
    amount: Money
    allocated: Money
    withdrawn: Money
    due_date: date
    owner_id: str | None = None
    instalment: int = 1
    overdue_date: date | None = None
    note: str | None = None
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    status: ReceivableStatus = ReceivableStatus.OPEN
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @property
    def display_name(self) -> str:
        """The document number, by which people call the receivable."""
        return self.document_no

    @property
    def open(self) -> Money:
        """The amount still owed: amount - withdrawn - allocated."""
        return self.amount - self.withdrawn - self.allocated

    @property
    def may_become_overdue(self) -> bool:
        """Whether it is not settled and was not reported overdue yet."""
        return self.overdue_date is None and self.status is not ReceivableStatus.SETTLED

    def is_overdue(self, today: date) -> bool:
        """Whether it is not settled and its due date lies before `today`, a business day."""
        return self.due_date < today and self.status is not ReceivableStatus.SETTLED

    def allocate(self, amount: Money, *, now: datetime) -> Receivable:
        """Settle `amount` more. Raises Conflict (STALE_WRITE) if less is open."""
        return self._with_amounts(now, allocated=self.allocated + amount)

    def reopen(self, amount: Money, *, now: datetime) -> Receivable:
        """Open `amount` again. Raises Conflict (STALE_WRITE) if less is settled."""
        return self._with_amounts(now, allocated=self.allocated - amount)

    def withdraw(self, amount: Money, *, now: datetime) -> Receivable:
        """Stop claiming `amount`. Raises Conflict (STALE_WRITE) if less is open."""
        return self._with_amounts(now, withdrawn=self.withdrawn + amount)

    def mark_overdue(self, today: date, *, now: datetime) -> Receivable:
        """Record the business day on which it is reported overdue."""
        return replace(self, overdue_date=today, updated_at=now)

    def _with_amounts(
        self, now: datetime, *, allocated: Money | None = None, withdrawn: Money | None = None
    ) -> Receivable:
        allocated = self.allocated if allocated is None else allocated
        withdrawn = self.withdrawn if withdrawn is None else withdrawn
        owed = self.amount - withdrawn
        ensure_allocatable(owed, allocated, table="receivables", key=self.id)
        status = receivable_status(owed, allocated)
        return replace(
            self, allocated=allocated, withdrawn=withdrawn, status=status, updated_at=now
        )

    def allocated_event(
        self, amount: Money, *, allocation_id: UUID, payment_id: UUID
    ) -> events.ReceivableAllocated:
        """The event that `amount` of a payment was allocated to it."""
        return events.ReceivableAllocated(
            receivable=self.state(),
            allocation_id=allocation_id,
            payment_id=payment_id,
            allocated_now=amount,
        )

    def reopened_event(
        self, amount: Money, *, allocation_id: UUID, reverses_id: UUID, payment_id: UUID
    ) -> events.ReceivableReopened:
        """The event that an allocation was reversed and `amount` is open again."""
        return events.ReceivableReopened(
            receivable=self.state(),
            allocation_id=allocation_id,
            reverses_id=reverses_id,
            payment_id=payment_id,
            reopened_now=amount,
        )

    def withdrawn_event(self, amount: Money) -> events.ReceivableWithdrawn:
        """The event that `amount` of a prepayment is no longer owed."""
        return events.ReceivableWithdrawn(receivable=self.state(), withdrawn_now=amount)

    def overdue_event(self, today: date) -> events.ReceivableOverdue:
        """The event that it is overdue since `today`."""
        return events.ReceivableOverdue(receivable=self.state(), overdue_date=today)

    def state(self) -> events.ReceivableState:
        """The receivable as its events carry it."""
        return events.ReceivableState.of(
            self,
            receivable_id=self.id,
            shipment_id=self.shipment_id or self.order_id,  # v1 has no null
        )
