"""A shipment: what left the house at once, and what is owed for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from contracts.rms import events as facts
from kernel.money import Money
from rms.orders.domain.lines import OrderLine, Part


@dataclass(frozen=True, kw_only=True)
class Shipment:
    """One delivery of a part of an order; it never changes.

    `deducted` is what of its amount was owed before, as a prepayment.
    """

    id: UUID
    document_no: str
    order_id: UUID
    shipped_date: date
    amount: Money
    deducted: Money
    receivable_id: UUID
    lines: tuple[Part, ...]
    created_at: datetime

    def state(
        self, lines: Sequence[OrderLine], receivable_ids: Sequence[UUID] = ()
    ) -> facts.Shipment:
        """The shipment with what the order's lines, as they are after it, know of its parts."""
        by_id = {line.id: line for line in lines}
        return facts.Shipment(
            shipment_id=self.id,
            document_no=self.document_no,
            shipped_date=self.shipped_date,
            lines=tuple(by_id[part.line_id].posted(part) for part in self.lines),
            amount=self.amount,
            receivable_id=self.receivable_id,
            receivable_ids=tuple(receivable_ids) or (self.receivable_id,),
            deducted=self.deducted,
        )
