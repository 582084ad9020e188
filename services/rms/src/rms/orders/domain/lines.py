"""The lines of an order, and what a shipped part of one is worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from contracts.rms import events as facts
from kernel.decimals import EXACT
from kernel.money import Money


@dataclass(frozen=True, kw_only=True)
class Part:
    """What a shipment carries of a line; `amount` is gross."""

    line_id: UUID
    quantity: Decimal
    amount: Money

    def state(self) -> facts.ShipmentLine:
        return facts.ShipmentLine(line_id=self.line_id, quantity=self.quantity, amount=self.amount)


@dataclass(frozen=True, kw_only=True)
class OrderLine:
    """A product on an order, and how much of it was shipped."""

    id: UUID
    order_id: UUID
    line_no: int
    product_id: UUID
    sku: str
    name: str
    unit: str
    quantity: Decimal
    shipped_quantity: Decimal
    net_amount: Money
    tax_rate: Decimal
    tax_amount: Money
    gross_amount: Money
    shipped_amount: Money

    @property
    def open_quantity(self) -> Decimal:
        """What is left to ship."""
        return self.quantity - self.shipped_quantity

    def part(self, quantity: Decimal) -> Part:
        """So much more of this line, and what it is worth after all that went before."""
        until_then = worth(self.gross_amount, self.shipped_quantity + quantity, self.quantity)
        amount = until_then - self.shipped_amount
        return Part(line_id=self.id, quantity=quantity, amount=amount)

    def ship(self, part: Part) -> OrderLine:
        """The line once this part of it has left."""
        return replace(
            self,
            shipped_quantity=self.shipped_quantity + part.quantity,
            shipped_amount=self.shipped_amount + part.amount,
        )

    def state(self) -> facts.OrderLine:
        return facts.OrderLine(
            line_id=self.id,
            line_no=self.line_no,
            product_id=self.product_id,
            sku=self.sku,
            name=self.name,
            unit=self.unit,
            quantity=self.quantity,
            shipped_quantity=self.shipped_quantity,
            net_amount=self.net_amount,
            tax_rate=self.tax_rate,
            tax_amount=self.tax_amount,
            gross_amount=self.gross_amount,
            shipped_amount=self.shipped_amount,
        )


def worth(gross: Money, shipped: Decimal, quantity: Decimal) -> Money:
    """What the shipped part of a line is worth: gross x shipped / quantity, rounded half up.

    A shipment is worth the difference of two such sums. So all of them together are worth exactly
    the line's gross, however it was divided, and none is negative.
    """
    share = EXACT.divide(EXACT.multiply(gross.amount, shipped), quantity)
    return Money(share, gross.currency).rounded()
