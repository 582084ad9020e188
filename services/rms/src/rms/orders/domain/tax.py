"""Net, tax and gross amounts of amended order lines, by the tax rounding of the order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from kernel.money import Money
from kernel.rate import Rate
from rms.orders.domain.lines import OrderLine


class TaxRounding(StrEnum):
    """Whether tax is rounded on every line, or once per rate of the document and then split."""

    LINE = "LINE"
    DOCUMENT = "DOCUMENT"


def with_quantity(line: OrderLine, quantity: Decimal) -> OrderLine:
    """The line with another quantity at its unit price, taxed on its own.

    net = unit price x quantity; tax = net x tax rate; gross = net + tax. Net and tax are each
    rounded half up once to the currency's smallest unit.
    """
    net = line.unit_price.times(quantity).rounded()
    return _taxed(replace(line, quantity=quantity, net_amount=net), Rate(line.tax_rate).of(net))


def split_tax(lines: Sequence[OrderLine], rates: Collection[Decimal]) -> tuple[OrderLine, ...]:
    """The lines with the tax of `rates` rounded once per rate and split over the rate's lines.

    The tax of a rate is the sum of its net amounts x rate, rounded half up to the currency's
    smallest unit. It is split in proportion to the net amounts by largest remainder (Hamilton's
    method, see `Money.split`), so that the parts sum to exactly the document's tax.
    """
    taxes: dict[UUID, Money] = {}
    for rate in rates:
        taxed_lines = [line for line in lines if line.tax_rate == rate]
        nets = [line.net_amount for line in taxed_lines]
        total = sum(nets[1:], nets[0]) if nets else None
        if total is not None and not total.is_zero:
            parts = Rate(rate).of(total).split([net.amount for net in nets])
            taxes |= {line.id: part for line, part in zip(taxed_lines, parts, strict=True)}
    return tuple(_taxed(line, taxes.get(line.id, line.tax_amount)) for line in lines)


# How each policy taxes the lines whose rate an amendment affects.
TAX_POLICIES: Final = {
    TaxRounding.LINE: lambda lines, _rates: tuple(lines),
    TaxRounding.DOCUMENT: split_tax,
}


def _taxed(line: OrderLine, tax: Money) -> OrderLine:
    return replace(line, tax_amount=tax, gross_amount=line.net_amount + tax)
