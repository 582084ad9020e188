"""Payment terms: the instalments in which an order is paid, and when each is due.

Prepaid instalments are owed from the order's confirmation, before anything is shipped. The
instalments of a term never change, because orders carry the term they were agreed with; another
agreement gets another code.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from contracts.rms import events
from kernel.decimals import plain_text
from kernel.errors import Invalid, RuleBroken, Violation
from kernel.money import Money
from kernel.records import StoredRecord


class Basis(StrEnum):
    """The day from which an instalment's days count.

    SHIPMENT is the shipped date, END_OF_MONTH the last day of its month, PREPAID the day on which
    the order was confirmed.
    """

    SHIPMENT = "SHIPMENT"
    END_OF_MONTH = "END_OF_MONTH"
    PREPAID = "PREPAID"


@dataclass(frozen=True, kw_only=True)
class Instalment:
    """A share of the amount (0.3 is 30 %), due a number of calendar days after its basis."""

    share: Decimal
    basis: Basis
    days: int

    @property
    def is_prepaid(self) -> bool:
        """Whether it is owed in advance of all shipments."""
        return self.basis is Basis.PREPAID

    def due_date(self, basis_date: date) -> date:
        """The last day of payment, from the shipped date or (PREPAID) the day of confirmation."""
        if self.basis is Basis.END_OF_MONTH:
            last_day = monthrange(basis_date.year, basis_date.month)[1]
            basis_date = basis_date.replace(day=last_day)
        return basis_date + timedelta(days=self.days)

    def state(self) -> events.Instalment:
        """The instalment as events carry it."""
        return events.Instalment.of(self)


class DueAmount(NamedTuple):
    """An amount and its due date; `instalment_no` counts the instalments of the term from 1."""

    instalment_no: int
    amount: Money
    due_date: date


@dataclass(frozen=True, kw_only=True)
class AgreedTerm:
    """The code and instalments of a payment term, as an order carries them once agreed."""

    code: str
    instalments: tuple[Instalment, ...]

    def prepaid_amount(self, amount: Money) -> Money:
        """The prepaid part of an amount: amount x sum of the prepaid shares, rounded half up.

        Shipments deduct the prepayment by the same rule: each deducts prepaid_amount(shipped total
        after it) - prepaid_amount(shipped total before it). So all of them together deduct exactly
        the prepayment of the order, and none deducts more than its own amount.
        """
        shares = (one.share for one in self.instalments if one.is_prepaid)
        return amount.times(sum(shares, Decimal(0))).rounded()

    def prepayment_instalments(self, amount: Money, confirmed_date: date) -> list[DueAmount]:
        """Split a prepayment over the prepaid instalments; the parts sum to exactly `amount`."""
        return self._instalments_due(amount, confirmed_date, prepaid=True)

    def shipment_instalments(self, amount: Money, shipped_date: date) -> list[DueAmount]:
        """Split a shipment's amount over the other instalments; the parts sum to exactly `amount`.

        Empty if the whole term is prepaid.
        """
        return self._instalments_due(amount, shipped_date, prepaid=False)

    def _instalments_due(
        self, amount: Money, basis_date: date, *, prepaid: bool
    ) -> list[DueAmount]:
        """Split in proportion to the shares, by largest remainder (see `Money.split`).

        Instalments of zero are left out; if all are zero, the first stays.
        """
        numbered = [(n, i) for n, i in enumerate(self.instalments, 1) if i.is_prepaid is prepaid]
        if not numbered:
            return []
        amounts = amount.split([instalment.share for _, instalment in numbered])
        dues = [
            DueAmount(number, part, instalment.due_date(basis_date))
            for (number, instalment), part in zip(numbered, amounts, strict=True)
        ]
        return [due for due in dues if not due.amount.is_zero] or dues[:1]

    def state(self) -> events.PaymentTerm:
        """The term as events carry it."""
        instalments = tuple(one.state() for one in self.instalments)
        return events.PaymentTerm.of(self, instalments=instalments)


def net_days(days: int) -> AgreedTerm:
    """The term "net n": the whole amount is due n days after the shipment."""
    only = Instalment(share=Decimal(1), basis=Basis.SHIPMENT, days=days)
    return AgreedTerm(code=f"NET_{days}", instalments=(only,))


# The term of new orders while the tenant has no default of its own.
BUILT_IN_TERM: Final = net_days(30)


@dataclass(frozen=True, kw_only=True)
class PaymentTerm(StoredRecord):
    """A payment term in the tenant's catalog; new orders get the default one."""

    code: str
    name: str
    instalments: tuple[Instalment, ...]
    is_default: bool = False
    active: bool = True

    @property
    def agreed_term(self) -> AgreedTerm:
        """The copy that an order keeps."""
        return AgreedTerm(code=self.code, instalments=self.instalments)

    def ensure_same_agreement(self, edited: PaymentTerm) -> None:
        """Refuse another code or other instalments. Raises Invalid (PAYMENT_TERM_FIXED)."""
        fixed = ("code", "instalments")
        changed = [name for name in fixed if getattr(self, name) != getattr(edited, name)]
        if changed:
            raise Invalid([Violation(f"/{name}", "PAYMENT_TERM_FIXED") for name in changed])

    def ensure_active(self) -> None:
        """Refuse a change of an inactive term. Raises RuleBroken (PAYMENT_TERM_INACTIVE)."""
        if not self.active:
            raise RuleBroken("PAYMENT_TERM_INACTIVE", term=self.code)

    def ensure_not_default(self) -> None:
        """Refuse to withdraw the default term. Raises RuleBroken (PAYMENT_TERM_DEFAULT)."""
        if self.is_default:
            raise RuleBroken("PAYMENT_TERM_DEFAULT", term=self.code)

    def state(self) -> events.PaymentTermState:
        """The term in the form that its own events carry."""
        instalments = tuple(one.state() for one in self.instalments)
        return events.PaymentTermState.of(self, payment_term_id=self.id, instalments=instalments)


def ensure_shares_sum_to_one(instalments: Sequence[Instalment]) -> None:
    """Raise Invalid (SHARES_NOT_WHOLE) unless the shares sum to exactly 1."""
    total = sum((one.share for one in instalments), Decimal(0))
    if total != 1:
        raise Invalid([Violation("/instalments", "SHARES_NOT_WHOLE", {"total": plain_text(total)})])
