"""A payment, and how it is set against receivables: never more than it has, or than they owe.

Its status follows from its amounts; nobody types it in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from unicodedata import normalize
from uuid import UUID

from contracts.rms import events as facts
from kernel.decimals import plain_text
from kernel.errors import Conflict, Invalid, RuleBroken, Violation
from kernel.money import Money, precision
from rms.payments.domain.allocations import Owed, Wanted
from rms.payments.domain.returns import MoneyReturn, date_violations


class PaymentStatus(StrEnum):
    """How much of it is set against receivables."""

    UNALLOCATED = "UNALLOCATED"
    PARTLY_ALLOCATED = "PARTLY_ALLOCATED"
    ALLOCATED = "ALLOCATED"
    REFUNDED = "REFUNDED"
    REVERSED = "REVERSED"


# Before it, a slip of the pen.
EARLIEST_RECEIVED: Final = date(2000, 1, 1)

# The moves: where they may begin, and how the others refuse. Money is allocated and refunded while
# some of it is left; a payment bounces while none of it was refunded.
SPENDS_FROM: Final = frozenset({PaymentStatus.UNALLOCATED, PaymentStatus.PARTLY_ALLOCATED})
BOUNCES_FROM: Final = SPENDS_FROM | {PaymentStatus.ALLOCATED}
REFUSALS: Final = {
    PaymentStatus.ALLOCATED: "PAYMENT_FULLY_ALLOCATED",
    PaymentStatus.REFUNDED: "PAYMENT_REFUNDED",
    PaymentStatus.REVERSED: "PAYMENT_REVERSED",
}


def status_of(
    amount: Money, allocated: Money, returned: Money, reversed_at: datetime | None
) -> PaymentStatus:
    """The status these facts amount to; a refunded payment has nothing left and nothing settled."""
    if reversed_at is not None:
        return PaymentStatus.REVERSED
    spent = allocated + returned >= amount
    if allocated.is_zero:
        return PaymentStatus.REFUNDED if spent else PaymentStatus.UNALLOCATED
    return PaymentStatus.ALLOCATED if spent else PaymentStatus.PARTLY_ALLOCATED


@dataclass(frozen=True, kw_only=True)
class Payment:
    """Money received from a customer; the bank's reference is unique.

    `returned` is what of it went back; `status` is worked out by every move.
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
    def unallocated(self) -> Money:
        """What is left to allocate."""
        return self.amount - self.returned - self.allocated

    def received(self) -> facts.PaymentReceived:
        """The fact that it arrived."""
        return facts.PaymentReceived(payment=self.state())

    def was_allocated(self, allocations: tuple[facts.Allocation, ...]) -> facts.PaymentAllocated:
        """The fact that these parts of it were set against receivables."""
        return facts.PaymentAllocated(payment=self.state(), allocations=allocations)

    def was_freed(
        self, allocations: tuple[facts.Allocation, ...], *, reason: str
    ) -> facts.PaymentAllocationReversed:
        """The fact that these rows undid earlier allocations."""
        return facts.PaymentAllocationReversed(
            payment=self.state(), allocations=allocations, reason=reason
        )

    def allocate(self, amount: Money, *, now: datetime) -> Payment:
        """So much of it is set against receivables. Raises Conflict (STALE_WRITE) if not left."""
        return _holding(self, now, allocated=self.allocated + amount)

    def free(self, amount: Money, *, now: datetime) -> Payment:
        """So much of it is free again. Raises Conflict (STALE_WRITE) above what is allocated."""
        return _holding(self, now, allocated=self.allocated - amount)

    def refund(self, refund: MoneyReturn, *, today: date) -> tuple[Payment, facts.PaymentRefunded]:
        """A part that is not allocated goes back.

        Raises RuleBroken (PAYMENT_FULLY_ALLOCATED, PAYMENT_REFUNDED, PAYMENT_REVERSED) and Invalid
        (CURRENCY_MISMATCH, AMOUNT_EXCEEDS_UNALLOCATED, DATE_TOO_EARLY, DATE_IN_FUTURE).
        """
        self._ensure_in(SPENDS_FROM)
        violations = self._amount_violations(refund.amount)
        violations += date_violations(
            refund.returned_date, received=self.received_date, today=today
        )
        if violations:
            raise Invalid(violations)
        payment = _holding(self, refund.created_at, returned=self.returned + refund.amount)
        return payment, facts.PaymentRefunded(payment=payment.state(), refund=refund.state())

    def bounce(self, returned_date: date, *, today: date, now: datetime) -> Payment:
        """The bank took it back: nothing of it is allocated any more, and nothing is left.

        Raises RuleBroken (PAYMENT_REFUNDED) where a part went back already, and Invalid
        (DATE_TOO_EARLY, DATE_IN_FUTURE).
        """
        if not self.returned.is_zero:
            raise RuleBroken("PAYMENT_REFUNDED", document_no=self.document_no)
        self._ensure_in(BOUNCES_FROM)
        violations = date_violations(returned_date, received=self.received_date, today=today)
        if violations:
            raise Invalid(violations)
        zero = Money.zero(self.amount.currency)
        return _holding(replace(self, reversed_at=now), now, allocated=zero, returned=self.amount)

    def bounced(
        self, reversal: MoneyReturn, allocations: tuple[facts.Allocation, ...]
    ) -> facts.PaymentReversed:
        """The fact that it bounced, with the rows that undid its allocations."""
        return facts.PaymentReversed(
            payment=self.state(), reversal=reversal.state(), allocations=allocations
        )

    def chosen(
        self, wanted: Sequence[Wanted], receivables: Mapping[UUID, Owed]
    ) -> tuple[Wanted, ...]:
        """What goes where as the caller chose it, if everything about it is right.

        Raises RuleBroken (PAYMENT_FULLY_ALLOCATED, PAYMENT_REFUNDED, PAYMENT_REVERSED) and Invalid
        with every violation.
        """
        self._ensure_in(SPENDS_FROM)
        violations = []
        seen: set[UUID] = set()
        for place, one in enumerate(wanted):
            owed = receivables.get(one.receivable_id)
            pointer = f"/lines/{place}"
            if one.receivable_id in seen:
                violations.append(Violation(f"{pointer}/receivable_id", "RECEIVABLE_REPEATED"))
            elif owed is None:
                violations.append(Violation(f"{pointer}/receivable_id", "RECEIVABLE_UNKNOWN"))
            else:
                violations += self._line_violations(pointer, one, owed)
            seen.add(one.receivable_id)
        violations += self._sum_violations("/lines", [one.amount for one in wanted])
        if violations:
            raise Invalid(violations)
        return tuple(wanted)

    def oldest_first(
        self, receivables: Iterable[Owed], *, at_most: Money | None = None
    ) -> tuple[Wanted, ...]:
        """What goes where when the earliest due is settled first, the earlier made among equals.

        Ends where the money ends, or `at_most` of it, or the receivables. Raises RuleBroken
        (NOTHING_OPEN, and as `chosen`) and Invalid (CURRENCY_MISMATCH at `/amount`,
        AMOUNT_EXCEEDS_UNALLOCATED).
        """
        self._ensure_in(SPENDS_FROM)
        left = self.unallocated if at_most is None else self._within(at_most)
        parts = []
        for owed in sorted(receivables, key=lambda one: (one.due_date, one.id)):
            if left.is_zero:
                break
            part = min(owed.open, left)
            parts.append(Wanted(owed.id, part))
            left -= part
        if not parts:
            raise RuleBroken("NOTHING_OPEN", currency=self.amount.currency)
        return tuple(parts)

    def state(self) -> facts.PaymentState:
        return facts.PaymentState(
            payment_id=self.id,
            document_no=self.document_no,
            account_id=self.account_id,
            account_name=self.account_name,
            bank_reference=self.bank_reference,
            amount=self.amount,
            allocated=self.allocated,
            unallocated=self.unallocated,
            received_date=self.received_date,
            status=self.status,
            owner_id=self.owner_id,
            returned=self.returned,
            note=self.note,
            custom_fields=dict(self.custom_fields),
        )

    def _ensure_in(self, allowed: Collection[PaymentStatus]) -> None:
        if self.status not in allowed:
            raise RuleBroken(REFUSALS[self.status], document_no=self.document_no)

    def _within(self, at_most: Money) -> Money:
        violations = self._amount_violations(at_most)
        if violations:
            raise Invalid(violations)
        return at_most

    def _amount_violations(self, amount: Money) -> list[Violation]:
        mismatch = self._currency_violations("/amount/currency", amount)
        return mismatch or self._sum_violations("/amount", [amount])

    def _line_violations(self, pointer: str, one: Wanted, owed: Owed) -> list[Violation]:
        violations = self._currency_violations(f"{pointer}/amount/currency", one.amount)
        if owed.account_id != self.account_id:
            violations.append(Violation(f"{pointer}/receivable_id", "ACCOUNT_MISMATCH"))
        violations += self._currency_violations(f"{pointer}/receivable_id", owed.open)
        if one.amount.currency == owed.open.currency and one.amount > owed.open:
            limit = said("open", owed.open)
            violations.append(Violation(f"{pointer}/amount", "AMOUNT_EXCEEDS_OPEN", limit))
        return violations

    def _currency_violations(self, pointer: str, money: Money) -> list[Violation]:
        expected, actual = self.amount.currency, money.currency
        if expected == actual:
            return []
        params = {"expected": expected, "actual": actual}
        return [Violation(pointer, "CURRENCY_MISMATCH", params)]

    def _sum_violations(self, pointer: str, amounts: Sequence[Money]) -> list[Violation]:
        zero = Money.zero(self.amount.currency)
        total = sum((one for one in amounts if one.currency == zero.currency), zero)
        if total <= self.unallocated:
            return []
        limit = said("unallocated", self.unallocated)
        return [Violation(pointer, "AMOUNT_EXCEEDS_UNALLOCATED", limit)]


def _holding(
    payment: Payment,
    now: datetime,
    *,
    allocated: Money | None = None,
    returned: Money | None = None,
) -> Payment:
    allocated = payment.allocated if allocated is None else allocated
    returned = payment.returned if returned is None else returned
    if allocated.is_negative or allocated + returned > payment.amount:
        raise Conflict("STALE_WRITE", what="payments", key=str(payment.id))
    status = status_of(payment.amount, allocated, returned, payment.reversed_at)
    return replace(payment, allocated=allocated, returned=returned, status=status, updated_at=now)


def ensure_plausible(received_date: date, *, today: date, account_known: bool) -> None:
    """Raises Invalid (ACCOUNT_UNKNOWN, DATE_TOO_EARLY, DATE_IN_FUTURE)."""
    violations = []
    if not account_known:
        violations.append(Violation("/account_id", "ACCOUNT_UNKNOWN"))
    if received_date < EARLIEST_RECEIVED:
        earliest = {"earliest": str(EARLIEST_RECEIVED)}
        violations.append(Violation("/received_date", "DATE_TOO_EARLY", earliest))
    if received_date > today:
        violations.append(Violation("/received_date", "DATE_IN_FUTURE", {"today": str(today)}))
    if violations:
        raise Invalid(violations)


def reference_key(bank_reference: str) -> str:
    """What makes two bank references the same: case, blanks and widths do not count."""
    return "".join(normalize("NFKC", bank_reference).split()).casefold()


def said(name: str, money: Money) -> dict[str, Any]:
    """An amount among the params of an error."""
    return {name: plain_text(money.amount, precision(money.currency)), "currency": money.currency}
