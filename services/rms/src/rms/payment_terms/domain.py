"""When an order is to be paid: in one or more instalments, each so long after a day.

Some may be due before anything is shipped: they are owed from the confirmation on. A term never
changes: orders carry theirs as it was agreed. Another agreement is another code.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from contracts.rms import events as facts
from kernel.errors import Invalid, RuleBroken, Violation
from kernel.money import Money


class Basis(StrEnum):
    """The day from which an instalment's days count; PREPAID is the order's confirmation."""

    SHIPMENT = "SHIPMENT"
    END_OF_MONTH = "END_OF_MONTH"
    PREPAID = "PREPAID"


@dataclass(frozen=True, kw_only=True)
class Instalment:
    """A share of the amount (0.3 is 30 %) that is due so many days after its basis."""

    share: Decimal
    basis: Basis
    days: int

    @property
    def is_prepaid(self) -> bool:
        """Whether it is owed before anything is shipped."""
        return self.basis is Basis.PREPAID

    def due_date(self, begin: date) -> date:
        """The last day on which it is paid in time, from the day shipped or confirmed."""
        if self.basis is Basis.END_OF_MONTH:
            begin = begin.replace(day=monthrange(begin.year, begin.month)[1])
        return begin + timedelta(days=self.days)

    def state(self) -> facts.Instalment:
        return facts.Instalment(share=self.share, basis=self.basis, days=self.days)


class Due(NamedTuple):
    """An amount and its last day; `place` is the instalment's, from 1 on."""

    place: int
    amount: Money
    due_date: date


@dataclass(frozen=True, kw_only=True)
class Term:
    """What an order keeps of its payment term."""

    code: str
    instalments: tuple[Instalment, ...]

    def prepaid(self, amount: Money) -> Money:
        """What of so much is owed ahead: amount x prepaid shares, rounded half up.

        Of what was shipped so far it is what was owed before: so shipments deduct, all together,
        exactly the prepayment, and none deducts more than it is worth.
        """
        shares = (one.share for one in self.instalments if one.is_prepaid)
        return amount.times(sum(shares, Decimal(0))).rounded()

    def prepaid_dues(self, amount: Money, confirmed_date: date) -> list[Due]:
        """When a prepayment of so much is due; the parts sum to exactly the amount."""
        return self._dues(amount, confirmed_date, prepaid=True)

    def dues(self, amount: Money, shipped_date: date) -> list[Due]:
        """What is due when for a shipment; the parts sum to exactly its amount.

        A part that is nothing is left out, but for the first where all of them are. There are
        none where all of the term is prepaid.
        """
        return self._dues(amount, shipped_date, prepaid=False)

    def _dues(self, amount: Money, begin: date, *, prepaid: bool) -> list[Due]:
        parts = [(n, i) for n, i in enumerate(self.instalments, 1) if i.is_prepaid is prepaid]
        if not parts:
            return []
        amounts = amount.split([one.share for _, one in parts])
        dues = [
            Due(place, part, one.due_date(begin))
            for (place, one), part in zip(parts, amounts, strict=True)
        ]
        return [due for due in dues if not due.amount.is_zero] or dues[:1]

    def state(self) -> facts.PaymentTerm:
        parts = tuple(one.state() for one in self.instalments)
        return facts.PaymentTerm(code=self.code, instalments=parts)


def net(days: int) -> Term:
    """All of it, so many days after the shipment."""
    only = Instalment(share=Decimal(1), basis=Basis.SHIPMENT, days=days)
    return Term(code=f"NET_{days}", instalments=(only,))


# What holds while a tenant has said nothing else.
BUILT_IN: Final = net(30)


@dataclass(frozen=True, kw_only=True)
class PaymentTerm:
    """A tenant's payment term; the default one is what new orders get."""

    id: UUID
    code: str
    name: str
    instalments: tuple[Instalment, ...]
    is_default: bool = False
    active: bool = True
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @property
    def term(self) -> Term:
        return Term(code=self.code, instalments=self.instalments)

    def renamed(self, name: str, *, now: datetime) -> PaymentTerm:
        """By another name. Raises RuleBroken (PAYMENT_TERM_INACTIVE)."""
        if not self.active:
            raise RuleBroken("PAYMENT_TERM_INACTIVE", term=self.code)
        return replace(self, name=name, updated_at=now)

    def make_default(self, *, now: datetime) -> PaymentTerm:
        """What new orders get from now on. Raises RuleBroken (PAYMENT_TERM_INACTIVE)."""
        if not self.active:
            raise RuleBroken("PAYMENT_TERM_INACTIVE", term=self.code)
        return replace(self, is_default=True, updated_at=now)

    def deactivate(self, *, now: datetime) -> PaymentTerm:
        """No order gets it any more. Raises RuleBroken (PAYMENT_TERM_DEFAULT)."""
        if self.is_default:
            raise RuleBroken("PAYMENT_TERM_DEFAULT", term=self.code)
        return replace(self, active=False, updated_at=now)


def ensure_whole(instalments: Sequence[Instalment]) -> None:
    """Raises Invalid (SHARES_NOT_WHOLE) unless the shares sum to 1."""
    total = sum((one.share for one in instalments), Decimal(0))
    if total != 1:
        raise Invalid([Violation("/instalments", "SHARES_NOT_WHOLE", {"total": str(total)})])
