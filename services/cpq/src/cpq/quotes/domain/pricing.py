"""The price of a quote line: list price, quantity tier, manual discount, net price, amounts, tax.

The tax of a line alone is replaced by `with_taxes`, which rounds the tax of a whole document.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from kernel.decimals import EXACT_CONTEXT, SMALLEST_DECIMAL
from kernel.money import Money
from kernel.rate import Rate
from kernel.taxes import TaxRounding, taxes_of


@dataclass(frozen=True, kw_only=True)
class QuantityTier:
    """The unit price from the quantity `from_quantity` on."""

    from_quantity: Decimal
    unit_price: Money


@dataclass(frozen=True, kw_only=True)
class ProductPrice:
    """A product with its unit prices in one price book; `list_price` is None if it has none."""

    product_id: UUID
    sku: str
    name: str
    unit: str
    active: bool
    list_price: Money | None
    tiers: tuple[QuantityTier, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RequestedLine:
    """A quantity of a product in its unit, with a manual discount.

    Rates are fractions: 0.13 is 13 %. Without a tax rate the tenant's default applies.
    """

    product_id: UUID
    quantity: Decimal
    discount_rate: Decimal = Decimal(0)
    tax_rate: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class QuoteLine:
    """A priced line.

    Prices are per unit, with up to six decimals. Amounts are rounded to the currency's precision.
    """

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


def tier_price(list_price: Money, tiers: tuple[QuantityTier, ...], quantity: Decimal) -> Money:
    """Return the unit price for a quantity, by volume pricing.

    The tier with the largest `from_quantity <= quantity` prices the whole quantity, not only the
    part above its threshold. Below all tiers the list price applies.
    """
    reached = [tier for tier in tiers if tier.from_quantity <= quantity]
    largest = max(reached, key=lambda tier: tier.from_quantity, default=None)
    return list_price if largest is None else largest.unit_price


def net_price(price: Money, discount_rate: Decimal) -> Money:
    """Return the unit price after a discount: price x (1 - rate), half up to six decimals."""
    exact = price.times(EXACT_CONTEXT.subtract(Decimal(1), discount_rate))
    # Rounding 1 of 3: unit prices are stored and published with six decimals.
    return Money(EXACT_CONTEXT.quantize(exact.amount, SMALLEST_DECIMAL), exact.currency)


def price_line(
    requested: RequestedLine,
    product: ProductPrice,
    list_price: Money,
    *,
    line_id: UUID,
    line_no: int,
    default_tax_rate: Decimal,
) -> QuoteLine:
    """Price a line: net amount = quantity x net price, tax = net amount x rate, gross = net + tax.

    The net amount and the tax are each rounded half up to the currency's precision.
    Raises NumberTooLarge for amounts of 10**16 and more.
    """
    unit_price = tier_price(list_price, product.tiers, requested.quantity)
    discounted_price = net_price(unit_price, requested.discount_rate)
    tax_rate = default_tax_rate if requested.tax_rate is None else requested.tax_rate
    net_amount = discounted_price.times(requested.quantity).rounded()  # rounding 2 of 3
    tax_amount = Rate(tax_rate).tax_of_net(net_amount)  # rounding 3 of 3
    return QuoteLine(
        id=line_id,
        line_no=line_no,
        product_id=product.product_id,
        sku=product.sku,
        name=product.name,
        unit=product.unit,
        quantity=requested.quantity,
        list_price=list_price,
        tier_price=unit_price,
        discount_rate=requested.discount_rate,
        net_price=discounted_price,
        net_amount=net_amount,
        tax_rate=tax_rate,
        tax_amount=tax_amount,
        gross_amount=net_amount + tax_amount,
    )


def with_taxes(lines: Sequence[QuoteLine], rounding: TaxRounding) -> tuple[QuoteLine, ...]:
    """Return the lines with tax and gross amount computed anew.

    Raises NumberTooLarge for amounts of 10**16 and more.
    """
    nets = [line.net_amount for line in lines]
    taxes = taxes_of(nets, [line.tax_rate for line in lines], rounding)
    return tuple(
        replace(line, tax_amount=tax, gross_amount=line.net_amount + tax)
        for line, tax in zip(lines, taxes, strict=True)
    )
