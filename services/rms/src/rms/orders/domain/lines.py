"""The lines of an order, and the amounts of their shipped and cancelled parts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from contracts.rms import events
from kernel.decimals import EXACT_CONTEXT
from kernel.money import Money


@dataclass(frozen=True, kw_only=True)
class LinePart:
    """A quantity of an order line that is shipped or cancelled, and its gross amount."""

    line_id: UUID
    quantity: Decimal
    amount: Money


@dataclass(frozen=True, kw_only=True)
class OrderLine:
    """A product on an order, with the quantities shipped and cancelled so far.

    `discount_rate` and `tax_rate` are shares (0.13 is 13 %); `unit_price` is net, after discount;
    shipped and cancelled amounts are gross.
    """

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
        """The quantity that is neither shipped nor cancelled."""
        return self.quantity - self.closed_quantity

    @property
    def closed_quantity(self) -> Decimal:
        """The quantity that is shipped or cancelled."""
        return self.shipped_quantity + self.cancelled_quantity

    @property
    def closed_amount(self) -> Money:
        """The part of the gross amount that is shipped or cancelled."""
        return self.shipped_amount + self.cancelled_amount

    @property
    def is_cancelled(self) -> bool:
        """Whether its whole quantity is cancelled."""
        return self.cancelled_quantity == self.quantity

    def with_quantity(self, quantity: Decimal) -> OrderLine:
        """The line with another quantity at its unit price; its tax is not computed anew.

        The net amount = unit price x quantity, rounded half up to the currency's smallest unit.
        """
        if quantity == self.quantity:
            return self
        net = self.unit_price.times(quantity).rounded()
        return replace(self, quantity=quantity, net_amount=net)

    def taxed(self, tax: Money) -> OrderLine:
        """The line with this tax; gross = net + tax."""
        return replace(self, tax_amount=tax, gross_amount=self.net_amount + tax)

    def next_part(self, quantity: Decimal) -> LinePart:
        """The next `quantity` of the line to ship or cancel, and its gross amount.

        amount = prorated(gross, closed quantity + quantity) - closed amount. Shipped and cancelled
        parts share this running sum, so that together they have exactly the line's gross amount.
        """
        closed_quantity = self.closed_quantity + quantity
        closed_amount = prorated(self.gross_amount, closed_quantity, self.quantity)
        return LinePart(
            line_id=self.id, quantity=quantity, amount=closed_amount - self.closed_amount
        )

    def ship(self, part: LinePart) -> OrderLine:
        """The line after this part of it was shipped."""
        return replace(
            self,
            shipped_quantity=self.shipped_quantity + part.quantity,
            shipped_amount=self.shipped_amount + part.amount,
        )

    def cancel(self, part: LinePart) -> OrderLine:
        """The line after this part of it was cancelled."""
        return replace(
            self,
            cancelled_quantity=self.cancelled_quantity + part.quantity,
            cancelled_amount=self.cancelled_amount + part.amount,
        )

    def shipment_line(self, part: LinePart) -> events.ShipmentLine:
        """The part that was shipped last, as the shipment's event carries it.

        tax = tax of the closed amount - tax of the closed amount before this part; net = gross -
        tax. So all parts together have exactly the line's net and tax. The tax is prorated by the
        rounded gross amount, so that the net of a tiny part is not negative.
        """
        tax = self._tax(self.closed_amount) - self._tax(self.closed_amount - part.amount)
        return events.ShipmentLine(
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
        return prorated(self.tax_amount, gross.amount, self.gross_amount.amount)

    def state(self) -> events.OrderLine:
        """The line as events carry it."""
        return events.OrderLine.of(self, line_id=self.id)


def prorated(whole: Money, part: Decimal, total: Decimal) -> Money:
    """Pro rata share: whole x part / total, rounded half up to the currency's smallest unit.

    The amount of a shipped or cancelled part is the difference of two such running shares. So all
    parts together have exactly the line's amount, however it was divided, and none is negative.
    """
    share = EXACT_CONTEXT.divide(EXACT_CONTEXT.multiply(whole.amount, part), total)
    return Money(share, whole.currency).rounded()
