"""Money returned to the customer: refunds, and payments that the bank reversed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from contracts.rms import events
from kernel.errors import Violation
from kernel.money import Money


class ReturnKind(StrEnum):
    """Whether we refunded money, or the bank reversed (bounced) the whole payment."""

    REFUND = "REFUND"
    REVERSAL = "REVERSAL"


@dataclass(frozen=True, kw_only=True)
class MoneyReturn:
    """Money of a payment that was returned to the customer; it never changes."""

    id: UUID
    payment_id: UUID
    kind: ReturnKind
    amount: Money
    returned_date: date
    bank_reference: str | None = None
    reason: str
    created_at: datetime

    def state(self) -> events.MoneyReturn:
        """The return as events carry it."""
        return events.MoneyReturn.of(self, return_id=self.id)


def returned_date_violations(returned: date, *, received: date, today: date) -> list[Violation]:
    """Violations of: the return is on or after the day of receipt and not after today."""
    violations = []
    if returned < received:
        earliest = {"earliest": str(received)}
        violations.append(Violation("/returned_date", "DATE_TOO_EARLY", earliest))
    if returned > today:
        violations.append(Violation("/returned_date", "DATE_IN_FUTURE", {"today": str(today)}))
    return violations
