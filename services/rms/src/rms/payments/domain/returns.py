"""Money that goes back: a part that is refunded, or all of a payment that bounced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from contracts.rms import events as facts
from kernel.errors import Violation
from kernel.money import Money


class ReturnKind(StrEnum):
    """Why money goes back: we gave it, or the bank took it."""

    REFUND = "REFUND"
    REVERSAL = "REVERSAL"


@dataclass(frozen=True, kw_only=True)
class MoneyReturn:
    """Money of a payment that went back to the customer; it never changes."""

    id: UUID
    payment_id: UUID
    kind: ReturnKind
    amount: Money
    returned_date: date
    bank_reference: str | None = None
    reason: str
    created_at: datetime

    def state(self) -> facts.MoneyReturn:
        return facts.MoneyReturn(
            return_id=self.id,
            kind=self.kind,
            amount=self.amount,
            returned_date=self.returned_date,
            reason=self.reason,
            bank_reference=self.bank_reference,
        )


def date_violations(returned: date, *, received: date, today: date) -> list[Violation]:
    """Money goes back on or after the day it came, and never after today."""
    violations = []
    if returned < received:
        earliest = {"earliest": str(received)}
        violations.append(Violation("/returned_date", "DATE_TOO_EARLY", earliest))
    if returned > today:
        violations.append(Violation("/returned_date", "DATE_IN_FUTURE", {"today": str(today)}))
    return violations
