"""A shipment: what left the house at once, and what is owed for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from contracts.rms import events as facts
from kernel.money import Money
from rms.orders.domain.lines import Part


@dataclass(frozen=True, kw_only=True)
class Shipment:
    """One delivery of a part of an order; it never changes."""

    id: UUID
    document_no: str
    order_id: UUID
    shipped_date: date
    amount: Money
    receivable_id: UUID
    lines: tuple[Part, ...]
    created_at: datetime

    def state(self) -> facts.Shipment:
        return facts.Shipment(
            shipment_id=self.id,
            document_no=self.document_no,
            shipped_date=self.shipped_date,
            lines=tuple(part.state() for part in self.lines),
            amount=self.amount,
            receivable_id=self.receivable_id,
        )
