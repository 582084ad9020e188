"""What the lines of an amended order cost, by the policy that was kept on the order."""

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
    """Where tax is rounded: on every line, or once per rate of the document and then split."""

    LINE = "LINE"
    DOCUMENT = "DOCUMENT"


def of_quantity(line: OrderLine, quantity: Decimal) -> OrderLine:
    """The line with another quantity at its own unit price; the tax as if it stood alone.

    net = unit price x quantity, tax = net x rate, each rounded half up once.
    """
    net = line.unit_price.times(quantity).rounded()
    return _taxed(replace(line, quantity=quantity, net_amount=net), Rate(line.tax_rate).of(net))


def split_tax(lines: Sequence[OrderLine], rates: Collection[Decimal]) -> tuple[OrderLine, ...]:
    """The lines with the tax of these rates rounded once per rate and split over their lines.

    tax of a rate = sum of its nets x rate, rounded half up; each line's part by largest remainder
    in proportion to its net, so that the parts sum to exactly the document's tax.
    """
    taxes: dict[UUID, Money] = {}
    for rate in rates:
        same = [line for line in lines if line.tax_rate == rate]
        nets = [line.net_amount for line in same]
        total = sum(nets[1:], nets[0]) if nets else None
        if total is not None and not total.is_zero:
            parts = Rate(rate).of(total).split([net.amount for net in nets])
            taxes |= {line.id: part for line, part in zip(same, parts, strict=True)}
    return tuple(_taxed(line, taxes.get(line.id, line.tax_amount)) for line in lines)


# By policy: what becomes of the tax of lines whose rate is affected by an amendment.
RETAXED: Final = {
    TaxRounding.LINE: lambda lines, _rates: tuple(lines),
    TaxRounding.DOCUMENT: split_tax,
}


def _taxed(line: OrderLine, tax: Money) -> OrderLine:
    return replace(line, tax_amount=tax, gross_amount=line.net_amount + tax)
