"""The price waterfall of a line: list -> tier -> manual discount -> net, then amounts and tax.

The tax here is that of the line alone; `taxes.py` has the policies of a whole document.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from kernel.decimals import EXACT_CONTEXT, SMALLEST_DECIMAL
from kernel.money import Money
from kernel.rate import Rate


@dataclass(frozen=True, kw_only=True)
class Tier:
    """From this quantity on, a unit costs this much."""

    from_quantity: Decimal
    unit_price: Money


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A product and its price in a price book; no list price means that the book has none."""

    product_id: UUID
    sku: str
    name: str
    unit: str
    active: bool
    list_price: Money | None
    tiers: tuple[Tier, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AskedLine:
    """So much of a product, at a discount; without a tax rate the tenant's default is due."""

    product_id: UUID
    quantity: Decimal
    discount_rate: Decimal = Decimal(0)
    tax_rate: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class QuoteLine:
    """A priced line. Prices are per unit, with up to six decimals; amounts are of the currency."""

    id: UUID
    line_no: int
    product_id: UUID
    sku: str
    name: str
    unit: str
    quantity: Decimal
    list_price: Money
    tier_price: Money
    discount_rate: Decimal
    net_price: Money
    net_amount: Money
    tax_rate: Decimal
    tax_amount: Money
    gross_amount: Money


def tier_price(list_price: Money, tiers: tuple[Tier, ...], quantity: Decimal) -> Money:
    """The unit price of the largest `from_quantity <= quantity`; below all tiers the list price."""
    reached = [tier for tier in tiers if tier.from_quantity <= quantity]
    best = max(reached, key=lambda tier: tier.from_quantity, default=None)
    return list_price if best is None else best.unit_price


def net_price(price: Money, discount_rate: Decimal) -> Money:
    """The unit price after a discount: price x (1 - rate), half up to six decimals."""
    exact = price.times(EXACT_CONTEXT.subtract(Decimal(1), discount_rate))
    # Rounding 1 of 3: unit prices end at six decimals, which is what they are stored and told with.
    return Money(EXACT_CONTEXT.quantize(exact.amount, SMALLEST_DECIMAL), exact.currency)


def price_line(
    asked: AskedLine,
    offer: Offer,
    list_price: Money,
    *,
    line_id: UUID,
    line_no: int,
    default_tax_rate: Decimal,
) -> QuoteLine:
    """The whole waterfall. Raises NumberTooLarge from 10**16 on."""
    by_tier = tier_price(list_price, offer.tiers, asked.quantity)
    net = net_price(by_tier, asked.discount_rate)
    tax_rate = default_tax_rate if asked.tax_rate is None else asked.tax_rate
    net_amount = net.times(asked.quantity).rounded()  # rounding 2 of 3: to the currency, half up
    tax_amount = Rate(tax_rate).tax_of_net(net_amount)  # rounding 3 of 3: the same
    return QuoteLine(
        id=line_id,
        line_no=line_no,
        product_id=offer.product_id,
        sku=offer.sku,
        name=offer.name,
        unit=offer.unit,
        quantity=asked.quantity,
        list_price=list_price,
        tier_price=by_tier,
        discount_rate=asked.discount_rate,
        net_price=net,
        net_amount=net_amount,
        tax_rate=tax_rate,
        tax_amount=tax_amount,
        gross_amount=net_amount + tax_amount,
    )
