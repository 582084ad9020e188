"""When a shipment is to be paid: in one or more instalments, each so long after a day.

A term never changes: orders carry theirs as it was agreed. Another agreement is another code.
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
    """The day from which an instalment's days count."""

    SHIPMENT = "SHIPMENT"
    END_OF_MONTH = "END_OF_MONTH"


@dataclass(frozen=True, kw_only=True)
class Instalment:
    """A share of the amount (0.3 is 30 %) that is due so many days after its basis."""

    share: Decimal
    basis: Basis
    days: int

    def due_date(self, shipped_date: date) -> date:
        """The last day on which it is paid in time."""
        begin = shipped_date
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

    def dues(self, amount: Money, shipped_date: date) -> list[Due]:
        """What is due when for a shipment; the parts sum to exactly its amount.

        A part that is nothing is left out, but for the first where all of them are.
        """
        amounts = amount.split([one.share for one in self.instalments])
        dues = [
            Due(place, part, one.due_date(shipped_date))
            for place, (one, part) in enumerate(zip(self.instalments, amounts, strict=True), 1)
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
