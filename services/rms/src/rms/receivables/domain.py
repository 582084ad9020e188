"""A receivable: a sum owed until a day, settled by what payments allocate to it.

A prepayment is owed before anything is shipped; where less will be shipped, a part is withdrawn.

What bounced or was allocated wrongly is taken back, and the sum is open again.

Its status follows from its amounts; nobody types it in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from contracts.rms import events as facts
from kernel.errors import Conflict
from kernel.money import Money


class ReceivableStatus(StrEnum):
    """How much of it is settled."""

    OPEN = "OPEN"
    PARTLY_SETTLED = "PARTLY_SETTLED"
    SETTLED = "SETTLED"


class ReceivableKind(StrEnum):
    """What it is owed for: what was shipped, or what is paid before."""

    SHIPMENT = "SHIPMENT"
    PREPAYMENT = "PREPAYMENT"


def status_of(amount: Money, allocated: Money) -> ReceivableStatus:
    """The status these amounts amount to; where nothing is owed, it is settled from the start."""
    if allocated >= amount:
        return ReceivableStatus.SETTLED
    if allocated.is_zero:
        return ReceivableStatus.OPEN
    return ReceivableStatus.PARTLY_SETTLED


@dataclass(frozen=True, kw_only=True)
class Receivable:
    """What a customer owes for one shipment or ahead of all, or an instalment of it.

    `status` is worked out by every move; `overdue_date` is the business day on which it was told
    to be overdue, once.
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
    def open(self) -> Money:
        """What is still owed."""
        return self.amount - self.withdrawn - self.allocated

    @property
    def may_become_overdue(self) -> bool:
        """Whether something is open and nobody was told yet that its day is over."""
        return self.overdue_date is None and self.status is not ReceivableStatus.SETTLED

    def is_overdue(self, today: date) -> bool:
        """Whether something is still owed after its day."""
        return self.due_date < today and self.status is not ReceivableStatus.SETTLED

    def allocate(self, amount: Money, *, now: datetime) -> Receivable:
        """So much more of it is settled. Raises Conflict (STALE_WRITE) if so much is not open."""
        return self._holding(now, allocated=self.allocated + amount)

    def reopen(self, amount: Money, *, now: datetime) -> Receivable:
        """So much of it is open again. Raises Conflict (STALE_WRITE) above what is settled."""
        return self._holding(now, allocated=self.allocated - amount)

    def withdraw(self, amount: Money, *, now: datetime) -> Receivable:
        """So much of it is not owed any more. Raises Conflict (STALE_WRITE) above what is open."""
        return self._holding(now, withdrawn=self.withdrawn + amount)

    def tell_overdue(self, today: date, *, now: datetime) -> Receivable:
        """As it is told to be overdue, once."""
        return replace(self, overdue_date=today, updated_at=now)

    def _holding(
        self, now: datetime, *, allocated: Money | None = None, withdrawn: Money | None = None
    ) -> Receivable:
        allocated = self.allocated if allocated is None else allocated
        withdrawn = self.withdrawn if withdrawn is None else withdrawn
        owed = self.amount - withdrawn
        if allocated.is_negative or allocated > owed:
            raise Conflict("STALE_WRITE", what="receivables", key=str(self.id))
        status = status_of(owed, allocated)
        return replace(
            self, allocated=allocated, withdrawn=withdrawn, status=status, updated_at=now
        )

    def assign(
        self, owner_id: str, *, actor: str, reason: str | None, now: datetime
    ) -> tuple[Receivable, facts.ReceivableAssigned]:
        """It has another owner from now on."""
        receivable = replace(self, owner_id=owner_id, updated_at=now)
        assigned = facts.ReceivableAssigned(
            receivable=receivable.state(),
            from_owner_id=self.owner_id,
            assigned_by=actor,
            reason=reason,
        )
        return receivable, assigned

    def created(self) -> facts.ReceivableCreated:
        """The fact of its creation."""
        return facts.ReceivableCreated(receivable=self.state())

    def was_allocated(
        self, amount: Money, *, allocation_id: UUID, payment_id: UUID
    ) -> facts.ReceivableAllocated:
        """The fact that so much of a payment was set against it."""
        return facts.ReceivableAllocated(
            receivable=self.state(),
            allocation_id=allocation_id,
            payment_id=payment_id,
            allocated_now=amount,
        )

    def was_reopened(
        self, amount: Money, *, allocation_id: UUID, reverses_id: UUID, payment_id: UUID
    ) -> facts.ReceivableReopened:
        """The fact that an allocation was undone by another."""
        return facts.ReceivableReopened(
            receivable=self.state(),
            allocation_id=allocation_id,
            reverses_id=reverses_id,
            payment_id=payment_id,
            reopened_now=amount,
        )

    def was_withdrawn(self, amount: Money) -> facts.ReceivableWithdrawn:
        """The fact that so much is not owed any more."""
        return facts.ReceivableWithdrawn(receivable=self.state(), withdrawn_now=amount)

    def became_overdue(self, today: date) -> facts.ReceivableOverdue:
        """The fact that its day is over."""
        return facts.ReceivableOverdue(receivable=self.state(), overdue_date=today)

    def state(self) -> facts.ReceivableState:
        return facts.ReceivableState(
            receivable_id=self.id,
            document_no=self.document_no,
            order_id=self.order_id,
            order_no=self.order_no,
            shipment_id=self.shipment_id or self.order_id,  # never null since the first release
            account_id=self.account_id,
            account_name=self.account_name,
            amount=self.amount,
            allocated=self.allocated,
            open=self.open,
            due_date=self.due_date,
            status=self.status,
            owner_id=self.owner_id,
            instalment=self.instalment,
            kind=self.kind,
            withdrawn=self.withdrawn,
            note=self.note,
            custom_fields=dict(self.custom_fields),
        )
