"""The lines of an order, and what a shipped or cancelled part of one is worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from contracts.rms import events as facts
from kernel.decimals import EXACT_CONTEXT
from kernel.money import Money


@dataclass(frozen=True, kw_only=True)
class Part:
    """What a shipment carries, or a cancellation takes, of a line; `amount` is gross."""

    line_id: UUID
    quantity: Decimal
    amount: Money


@dataclass(frozen=True, kw_only=True)
class OrderLine:
    """A product on an order, and how much of it was shipped or cancelled."""

    id: UUID
    order_id: UUID
    line_no: int
    product_id: UUID
    sku: str
    name: str
    unit: str
    quantity: Decimal
    shipped_quantity: Decimal
    cancelled_quantity: Decimal = Decimal(0)
    unit_price: Money
    discount_rate: Decimal
    net_amount: Money
    tax_rate: Decimal
    tax_amount: Money
    gross_amount: Money
    shipped_amount: Money
    cancelled_amount: Money

    @property
    def open_quantity(self) -> Decimal:
        """What is left to ship."""
        return self.quantity - self.gone_quantity

    @property
    def gone_quantity(self) -> Decimal:
        """What was shipped or cancelled."""
        return self.shipped_quantity + self.cancelled_quantity

    @property
    def gone_amount(self) -> Money:
        """The part of the gross amount that was shipped or cancelled."""
        return self.shipped_amount + self.cancelled_amount

    @property
    def is_cancelled(self) -> bool:
        """Whether nothing of it will ever be shipped."""
        return self.cancelled_quantity == self.quantity

    def part(self, quantity: Decimal) -> Part:
        """So much more of this line, and what it is worth after all that went before.

        Shipped and cancelled parts share one running sum: together they are worth the line.
        """
        until_then = worth(self.gross_amount, self.gone_quantity + quantity, self.quantity)
        return Part(line_id=self.id, quantity=quantity, amount=until_then - self.gone_amount)

    def ship(self, part: Part) -> OrderLine:
        """The line once this part of it has left."""
        return replace(
            self,
            shipped_quantity=self.shipped_quantity + part.quantity,
            shipped_amount=self.shipped_amount + part.amount,
        )

    def cancel(self, part: Part) -> OrderLine:
        """The line once this part of it is cancelled."""
        return replace(
            self,
            cancelled_quantity=self.cancelled_quantity + part.quantity,
            cancelled_amount=self.cancelled_amount + part.amount,
        )

    def posted(self, part: Part) -> facts.ShipmentLine:
        """The part that left last, as a shipment tells of it.

        Its tax is a difference of two sums as its gross is, its net what remains: all parts
        together have exactly the line's net and tax. The tax follows the rounded gross, so that
        the net of a tiny part is not negative.
        """
        tax = self._tax(self.gone_amount) - self._tax(self.gone_amount - part.amount)
        return facts.ShipmentLine(
            line_id=self.id,
            quantity=part.quantity,
            amount=part.amount,
            line_no=self.line_no,
            sku=self.sku,
            name=self.name,
            unit=self.unit,
            net_amount=part.amount - tax,
            tax_rate=self.tax_rate,
            tax_amount=tax,
        )

    def _tax(self, gross: Money) -> Money:
        if self.gross_amount.is_zero:
            return Money.zero(gross.currency)
        return worth(self.tax_amount, gross.amount, self.gross_amount.amount)

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
            unit_price=self.unit_price,
            discount_rate=self.discount_rate,
            net_amount=self.net_amount,
            tax_rate=self.tax_rate,
            tax_amount=self.tax_amount,
            gross_amount=self.gross_amount,
            shipped_amount=self.shipped_amount,
            cancelled_quantity=self.cancelled_quantity,
            cancelled_amount=self.cancelled_amount,
        )


def worth(whole: Money, shipped: Decimal, quantity: Decimal) -> Money:
    """What the shipped part of a line is worth: whole x shipped / quantity, rounded half up.

    A shipment is worth the difference of two such sums. So all of them together are worth exactly
    the line's gross (or tax), however it was divided, and none is negative.
    """
    share = EXACT_CONTEXT.divide(EXACT_CONTEXT.multiply(whole.amount, shipped), quantity)
    return Money(share, whole.currency).rounded()
