"""A shipment: the parts of an order's lines that are delivered together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from contracts.rms import events
from kernel.money import Money
from rms.orders.domain.lines import LinePart, OrderLine


@dataclass(frozen=True, kw_only=True)
class Shipment:
    """One delivery of a part of an order; it never changes.

    `amount` is gross; `deducted` is the part of it that the customer already owes as a prepayment.
    `receivable_id` is the first receivable of the shipment, or the prepayment where it owes
    nothing more.
    """

    id: UUID
    document_no: str
    order_id: UUID
    shipped_date: date
    amount: Money
    deducted: Money
    receivable_id: UUID
    lines: tuple[LinePart, ...]
    created_at: datetime

    def state(
        self, lines: Sequence[OrderLine], receivable_ids: Sequence[UUID] = ()
    ) -> events.Shipment:
        """The shipment as events carry it; `lines` are the order's lines after the shipment."""
        by_id = {line.id: line for line in lines}
        return events.Shipment.of(
            self,
            shipment_id=self.id,
            lines=tuple(by_id[part.line_id].shipment_line(part) for part in self.lines),
            receivable_ids=tuple(receivable_ids) or (self.receivable_id,),
        )
