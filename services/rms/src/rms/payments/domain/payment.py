"""A payment, and how it is allocated to receivables.

Allocations never exceed the payment or what a receivable owes. The status is derived from the
amounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from contracts.rms import events
from kernel.errors import Invalid, RuleBroken, Violation
from kernel.money import Money
from kernel.sums import MoneySum
from kernel.transitions import Transitions
from rms.payments.domain.allocations import OpenReceivable, RequestedAllocation
from rms.payments.domain.returns import MoneyReturn, returned_date_violations
from rms.receivables.domain import (
    AllocationLevel,
    allocation_level,
    ensure_allocatable,
    money_params,
)


class PaymentStatus(StrEnum):
    """How much of a payment is allocated, or that it was refunded or reversed."""

    UNALLOCATED = "UNALLOCATED"
    PARTLY_ALLOCATED = "PARTLY_ALLOCATED"
    ALLOCATED = "ALLOCATED"
    REFUNDED = "REFUNDED"
    REVERSED = "REVERSED"


class PaymentMove(StrEnum):
    """What can be done with a payment: to spend it is to allocate or to refund a part of it."""

    SPEND = "SPEND"
    REVERSE = "REVERSE"
    EDIT = "EDIT"


UNALLOCATED, PARTLY_ALLOCATED, ALLOCATED, REFUNDED, REVERSED = PaymentStatus
# The statuses that allow each move, and the error code that each other status answers.
PAYMENT_MOVES: Final = Transitions.derived(
    {
        PaymentMove.SPEND: {UNALLOCATED, PARTLY_ALLOCATED},
        PaymentMove.REVERSE: {UNALLOCATED, PARTLY_ALLOCATED, ALLOCATED},
        PaymentMove.EDIT: {UNALLOCATED, PARTLY_ALLOCATED, ALLOCATED, REFUNDED},
    }
)
PAYMENT_STATUS_ERRORS: Final = {
    PaymentStatus.ALLOCATED: "PAYMENT_FULLY_ALLOCATED",
    PaymentStatus.REFUNDED: "PAYMENT_REFUNDED",
    PaymentStatus.REVERSED: "PAYMENT_REVERSED",
}


PAYMENT_STATUSES: Final = {
    AllocationLevel.NONE: PaymentStatus.UNALLOCATED,
    AllocationLevel.PARTIAL: PaymentStatus.PARTLY_ALLOCATED,
    AllocationLevel.FULL: PaymentStatus.ALLOCATED,
}


def payment_status(
    amount: Money, allocated: Money, returned: Money, reversed_at: datetime | None
) -> PaymentStatus:
    """Derive the status; REFUNDED means that nothing is left and nothing is allocated."""
    if reversed_at is not None:
        return PaymentStatus.REVERSED
    level = allocation_level(amount - returned, allocated)
    if level is AllocationLevel.FULL and allocated.is_zero:
        return PaymentStatus.REFUNDED
    return PAYMENT_STATUSES[level]


@dataclass(frozen=True, kw_only=True)
class Payment:
    """Money received from a customer, once per bank reference.

    `returned` is the part that was refunded or reversed; every change derives `status` anew.
    """

    id: UUID
    document_no: str
    account_id: UUID
    account_name: str
    bank_reference: str
    amount: Money
    allocated: Money
    returned: Money
    received_date: date
    owner_id: str | None = None
    reversed_at: datetime | None = None
    note: str | None = None
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    status: PaymentStatus = PaymentStatus.UNALLOCATED
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @property
    def display_name(self) -> str:
        """The document number, by which people call the payment."""
        return self.document_no

    @property
    def unallocated(self) -> Money:
        """The amount available to allocate: amount - returned - allocated."""
        return self.amount - self.returned - self.allocated

    def allocated_event(
        self, allocations: tuple[events.Allocation, ...]
    ) -> events.PaymentAllocated:
        """The event that these parts of it were allocated."""
        return events.PaymentAllocated(payment=self.state(), allocations=allocations)

    def allocation_reversed_event(
        self, allocations: tuple[events.Allocation, ...], *, reason: str
    ) -> events.PaymentAllocationReversed:
        """The event that these allocations reversed earlier ones."""
        return events.PaymentAllocationReversed(
            payment=self.state(), allocations=allocations, reason=reason
        )

    def allocate(self, amount: Money, *, now: datetime) -> Payment:
        """Allocate `amount` more. Raises Conflict (STALE_WRITE) if less is unallocated."""
        return _with_amounts(self, now, allocated=self.allocated + amount)

    def release(self, amount: Money, *, now: datetime) -> Payment:
        """Make `amount` available again. Raises Conflict (STALE_WRITE) if less is allocated."""
        return _with_amounts(self, now, allocated=self.allocated - amount)

    def refund(self, refund: MoneyReturn, *, today: date) -> tuple[Payment, events.PaymentRefunded]:
        """Refund a part that is not allocated; returns the payment and its event.

        Raises RuleBroken (PAYMENT_FULLY_ALLOCATED, PAYMENT_REFUNDED, PAYMENT_REVERSED) and Invalid
        (CURRENCY_MISMATCH, AMOUNT_EXCEEDS_UNALLOCATED, DATE_TOO_EARLY, DATE_IN_FUTURE).
        """
        self.ensure_allows(PaymentMove.SPEND)
        violations = self._amount_violations(refund.amount)
        violations += returned_date_violations(
            refund.returned_date, received=self.received_date, today=today
        )
        if violations:
            raise Invalid(violations)
        payment = _with_amounts(self, refund.created_at, returned=self.returned + refund.amount)
        return payment, events.PaymentRefunded(payment=payment.state(), refund=refund.state())

    def reverse(self, returned_date: date, *, today: date, now: datetime) -> Payment:
        """Reverse a payment that the bank took back (bounced): all of it is returned.

        Nothing stays allocated. Raises RuleBroken (PAYMENT_REFUNDED) if a part was refunded before,
        RuleBroken (PAYMENT_REVERSED), and Invalid (DATE_TOO_EARLY, DATE_IN_FUTURE).
        """
        if not self.returned.is_zero:
            raise RuleBroken("PAYMENT_REFUNDED", document_no=self.document_no)
        self.ensure_allows(PaymentMove.REVERSE)
        violations = returned_date_violations(
            returned_date, received=self.received_date, today=today
        )
        if violations:
            raise Invalid(violations)
        zero = Money.zero(self.amount.currency)
        return _with_amounts(
            replace(self, reversed_at=now), now, allocated=zero, returned=self.amount
        )

    def reversed_event(
        self, reversal: MoneyReturn, allocations: tuple[events.Allocation, ...]
    ) -> events.PaymentReversed:
        """The event that it was reversed, with the reversals of its allocations."""
        return events.PaymentReversed(
            payment=self.state(), reversal=reversal.state(), allocations=allocations
        )

    def plan_requested(
        self, requested: Sequence[RequestedAllocation], receivables: Mapping[UUID, OpenReceivable]
    ) -> tuple[RequestedAllocation, ...]:
        """The allocations that the caller requested, if all of them are valid.

        `receivables` are those the caller sees, by id. Raises RuleBroken (PAYMENT_FULLY_ALLOCATED,
        PAYMENT_REFUNDED, PAYMENT_REVERSED) and Invalid with every violation
        (RECEIVABLE_REPEATED, RECEIVABLE_UNKNOWN, ACCOUNT_MISMATCH, CURRENCY_MISMATCH,
        AMOUNT_EXCEEDS_OPEN, AMOUNT_EXCEEDS_UNALLOCATED).
        """
        self.ensure_allows(PaymentMove.SPEND)
        violations = []
        seen: set[UUID] = set()
        for index, one in enumerate(requested):
            receivable = receivables.get(one.receivable_id)
            pointer = f"/lines/{index}"
            if one.receivable_id in seen:
                violations.append(Violation(f"{pointer}/receivable_id", "RECEIVABLE_REPEATED"))
            elif receivable is None:
                violations.append(Violation(f"{pointer}/receivable_id", "RECEIVABLE_UNKNOWN"))
            else:
                violations += self._line_violations(pointer, one, receivable)
            seen.add(one.receivable_id)
        violations += self._sum_violations("/lines", [one.amount for one in requested])
        if violations:
            raise Invalid(violations)
        return tuple(requested)

    def plan_oldest_first(
        self, receivables: Iterable[OpenReceivable], *, at_most: Money | None = None
    ) -> tuple[RequestedAllocation, ...]:
        """Allocations to the receivables in the sequence of due date, then id.

        Each receivable gets min(its open amount, what remains), until the unallocated amount, or
        `at_most` of it, is spent or the receivables end. Raises RuleBroken (NOTHING_OPEN,
        PAYMENT_FULLY_ALLOCATED, PAYMENT_REFUNDED, PAYMENT_REVERSED) and Invalid (CURRENCY_MISMATCH,
        AMOUNT_EXCEEDS_UNALLOCATED at `/amount`).
        """
        self.ensure_allows(PaymentMove.SPEND)
        remaining = self.unallocated if at_most is None else self._checked_limit(at_most)
        planned = []
        for receivable in sorted(receivables, key=lambda one: (one.due_date, one.id)):
            if remaining.is_zero:
                break
            amount = min(receivable.open, remaining)
            planned.append(RequestedAllocation(receivable.id, amount))
            remaining -= amount
        if not planned:
            raise RuleBroken("NOTHING_OPEN", currency=self.amount.currency)
        return tuple(planned)

    def state(self) -> events.PaymentState:
        """The payment as its events carry it."""
        return events.PaymentState.of(self, payment_id=self.id)

    def ensure_allows(self, move: PaymentMove) -> None:
        """Raise RuleBroken, with the code of the status, unless the status allows the move."""
        params = {"document_no": self.document_no}
        PAYMENT_MOVES.ensure_allowed(move, self.status, PAYMENT_STATUS_ERRORS, **params)

    def _checked_limit(self, at_most: Money) -> Money:
        violations = self._amount_violations(at_most)
        if violations:
            raise Invalid(violations)
        return at_most

    def _amount_violations(self, amount: Money) -> list[Violation]:
        mismatch = self._currency_violations("/amount/currency", amount)
        return mismatch or self._sum_violations("/amount", [amount])

    def _line_violations(
        self, pointer: str, requested: RequestedAllocation, receivable: OpenReceivable
    ) -> list[Violation]:
        amount, still_open = requested.amount, receivable.open
        violations = self._currency_violations(f"{pointer}/amount/currency", amount)
        if receivable.account_id != self.account_id:
            violations.append(Violation(f"{pointer}/receivable_id", "ACCOUNT_MISMATCH"))
        violations += self._currency_violations(f"{pointer}/receivable_id", still_open)
        if amount.currency == still_open.currency and amount > still_open:
            limit = money_params("open", still_open)
            violations.append(Violation(f"{pointer}/amount", "AMOUNT_EXCEEDS_OPEN", limit))
        return violations

    def _currency_violations(self, pointer: str, money: Money) -> list[Violation]:
        expected, actual = self.amount.currency, money.currency
        if expected == actual:
            return []
        params = {"expected": expected, "actual": actual}
        return [Violation(pointer, "CURRENCY_MISMATCH", params)]

    def _sum_violations(self, pointer: str, amounts: Sequence[Money]) -> list[Violation]:
        zero = MoneySum.zero(self.amount.currency)
        total = sum((one for one in amounts if one.currency == zero.currency), zero)
        if not total > self.unallocated:
            return []
        limit = money_params("unallocated", self.unallocated)
        return [Violation(pointer, "AMOUNT_EXCEEDS_UNALLOCATED", limit)]


def _with_amounts(
    payment: Payment,
    now: datetime,
    *,
    allocated: Money | None = None,
    returned: Money | None = None,
) -> Payment:
    allocated = payment.allocated if allocated is None else allocated
    returned = payment.returned if returned is None else returned
    ensure_allocatable(payment.amount - returned, allocated, table="payments", key=payment.id)
    status = payment_status(payment.amount, allocated, returned, payment.reversed_at)
    return replace(payment, allocated=allocated, returned=returned, status=status, updated_at=now)
